package future

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/enginetest/rig"
	machine "github.com/plimsoll-dev/plimsoll/internal/host" // host is a type of this package
)

// The gate holds a thousand, and of ten container threads none is busy. Nine
// thousand is what internal/engines tries in a soak.
func TestAThousandAwaitOnTenThreads(t *testing.T) {
	const n = 1000
	if err := machine.EnsureDescriptors(4*n + 500); err != nil {
		t.Skip(err)
	}
	for _, text := range []string{"future:max=10", "future:max=10,executor=8"} {
		t.Run(text, func(t *testing.T) {
			g := rig.NewGate(t)
			r := serve(t, text, g.Await)
			clients := r.Ask(n, "/")
			g.Holds(t, n)
			rig.Eventually(t, "no thread is busy", func() bool {
				s := r.Stats()
				return s.InFlight == n && s.Busy == 0 && s.Queued == 0 && s.Threads <= 10
			})
			if tasks, err := filepath.Glob("/proc/self/task/*"); err != nil || len(tasks) > 500 {
				t.Errorf("%d threads in this process, %v", len(tasks), err)
			}
			g.Open()
			rig.Expect(clients, http.StatusOK)
		})
	}
}

// A call keeps the thread: max is the wall, and as many threads sleep in
// read(2).
func TestCallStopsAtMax(t *testing.T) {
	g := rig.NewGate(t)
	r := serve(t, "future:max=8,spare=2", g.Call)
	clients := r.Ask(12, "/")
	rig.Eventually(t, "8 at the upstream, 4 queued", func() bool { return g.Now() == 8 && r.Stats().Queued == 4 })
	rig.Eventually(t, "8 threads in a blocking read", func() bool { return rig.InSyscall("", unix.SYS_READ) == 8 })
	if s := r.Stats(); s.Threads != 8 || s.Busy != 8 || s.InFlight != 8 {
		t.Errorf("stats %+v, want 8 threads, all busy, 8 in flight", s)
	}
	g.Open()
	rig.Expect(clients, http.StatusOK)
}

// Whatever is inside a call, a computation or a block keeps the thread, awaits
// and holds too.
func TestInsideWhatKeepsTheThreadEverythingDoes(t *testing.T) {
	outer := map[string]func(r *http.Request, f func(engine.Task) error) error{
		"call": func(r *http.Request, f func(engine.Task) error) error {
			return engine.TaskOf(r.Context()).Call("outer", f)
		},
		"block": func(r *http.Request, f func(engine.Task) error) error {
			return engine.TaskOf(r.Context()).Block("outer", func() error { return f(engine.TaskOf(r.Context())) })
		},
		"compute": func(r *http.Request, f func(engine.Task) error) (err error) {
			engine.TaskOf(r.Context()).Compute("outer", func() { err = f(engine.TaskOf(r.Context())) })
			return err
		},
	}
	for name, step := range outer {
		t.Run(name, func(t *testing.T) {
			g := rig.NewGate(t)
			one := engine.NewResource("one", 1)
			r := serve(t, "future:max=2", func(_ http.ResponseWriter, req *http.Request) {
				err := step(req, func(task engine.Task) error {
					return task.Hold(one, func(task engine.Task) error { return task.Await("gate", g.Pass) })
				})
				if err != nil {
					t.Error(err)
				}
			})
			clients := r.Ask(3, "/")
			rig.Eventually(t, "one awaits and one waits for it, each with a thread; the third is queued", func() bool {
				s := r.Stats()
				return g.Now() == 1 && one.Stats().Waiting == 1 && s.Busy == 2 && s.Queued == 1
			})
			g.Open()
			rig.Expect(clients, http.StatusOK)
		})
	}
}

// A call before the first await is the container's, one after it is not.
func TestCallInAContinuationLeavesTheContainerAlone(t *testing.T) {
	first, then := rig.NewGate(t), rig.NewGate(t)
	r := serve(t, "future:max=8,executor=3", awaitThenCall(first, then))
	first.Open()
	clients := r.Ask(5, "/")
	rig.Eventually(t, "3 in a call on the executor, 2 queued for it", func() bool {
		p := r.Stats().Pools[0]
		return then.Now() == 3 && p.Busy == 3 && p.Queued == 2 && rig.InSyscall("", unix.SYS_READ) == 3
	})
	rig.Eventually(t, "the container is idle", func() bool { s := r.Stats(); return s.Busy == 0 && s.Queued == 0 && s.InFlight == 5 })
	then.Open()
	rig.Expect(clients, http.StatusOK)
}

// Completion is dispatched back: with the only container thread in a call the
// handler has returned and the response waits.
func TestAContainerThreadWritesTheResponse(t *testing.T) {
	for _, text := range []string{"future:max=1", "future:max=1,executor=2"} {
		t.Run(text, func(t *testing.T) {
			awaited, called := rig.NewGate(t), rig.NewGate(t)
			var returned atomic.Int64
			r := serve(t, text, func(w http.ResponseWriter, req *http.Request) {
				if req.URL.Path == "/call" {
					called.Call(w, req)
					return
				}
				awaited.Await(w, req)
				returned.Add(1)
			})
			waits := r.Get("/")
			rig.Eventually(t, "it awaits", func() bool { return awaited.Now() == 1 && r.Stats().Busy == 0 })
			holds := r.Get("/call")
			rig.Eventually(t, "the only thread is in a call", func() bool { return called.Now() == 1 && r.Stats().Busy == 1 })
			awaited.Open()
			rig.Eventually(t, "the handler has returned, its response is queued", func() bool { return returned.Load() == 1 && r.Stats().Queued == 1 })
			if s := r.Stats(); s.Responses != 0 || s.InFlight != 2 {
				t.Errorf("%d responses, %d in flight", s.Responses, s.InFlight)
			}
			called.Open()
			holds.Expect(http.StatusOK)
			waits.Expect(http.StatusOK)
		})
	}
}

// What a handler reads from its client in a continuation it reads on a container
// thread: a slow client keeps nobody from what they await.
func TestASlowClientDoesNotKeepTheLoop(t *testing.T) {
	for _, text := range []string{"future:max=2", "future:max=2,executor=1"} {
		t.Run(text, func(t *testing.T) {
			g := rig.NewGate(t)
			g.Open()
			r := serve(t, text, func(w http.ResponseWriter, req *http.Request) {
				g.Await(w, req)
				b, err := io.ReadAll(req.Body)
				g.Await(w, req)
				_, _ = fmt.Fprint(w, len(b), err)
			})
			slow := r.Dial()
			if _, err := io.WriteString(slow, "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\n\r\n1"); err != nil {
				t.Fatal(err)
			}
			rig.Eventually(t, "a container thread reads", func() bool {
				return r.Stats().Busy == 1 && rig.InSyscall("", unix.SYS_READ)+rig.InSyscall("", unix.SYS_RECVFROM) == 1
			})
			quick := r.Dial()
			for range 20 {
				quick.Send("/").Expect(http.StatusOK)
			}
			if _, err := io.WriteString(slow, "2"); err != nil {
				t.Fatal(err)
			}
			slow.Expect(http.StatusOK)
		})
	}
}

// The client's end is seen though no thread is with its request.
func TestContextEndsWhenTheClientGoesAway(t *testing.T) {
	g := rig.NewGate(t)
	ended := make(chan error, 1)
	r := serve(t, "future:max=1", func(_ http.ResponseWriter, req *http.Request) {
		stop := context.AfterFunc(req.Context(), func() { ended <- req.Context().Err() })
		defer stop()
		_ = engine.TaskOf(req.Context()).Await("gate", g.Pass)
	})
	c := r.Get("/")
	rig.Eventually(t, "it awaits", func() bool { return g.Now() == 1 && r.Stats().Busy == 0 })
	c.Close()
	select {
	case err := <-ended:
		if err != context.Canceled {
			t.Errorf("the context ended with %v", err)
		}
	case <-time.After(rig.Patience):
		t.Fatal("the context has not ended")
	}
	g.Open()
}

// A full queue refuses what is new, and not what comes back.
func TestCompletionPassesAFullQueue(t *testing.T) {
	awaited, called := rig.NewGate(t), rig.NewGate(t)
	r := serve(t, "future:max=1,queue=0", func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/call" {
			called.Call(w, req)
			return
		}
		awaited.Await(w, req)
	})
	waits := r.Get("/")
	rig.Eventually(t, "it awaits", func() bool { return awaited.Now() == 1 && r.Stats().Busy == 0 })
	holds := r.Get("/call")
	called.Holds(t, 1)
	r.Get("/").Expect(http.StatusServiceUnavailable)
	awaited.Open()
	rig.Eventually(t, "the response is queued", func() bool { return r.Stats().Queued == 1 })
	called.Open()
	holds.Expect(http.StatusOK)
	waits.Expect(http.StatusOK)
}

func TestHoldAndSleepGiveTheThreadBack(t *testing.T) {
	g := rig.NewGate(t)
	one := engine.NewResource("one", 1)
	var rested atomic.Bool
	defer rested.Store(true) // also if the test fails
	r := serve(t, "future:max=2", func(_ http.ResponseWriter, req *http.Request) {
		task := engine.TaskOf(req.Context())
		if req.URL.Path == "/sleep" {
			for !rested.Load() { // however long it takes all six to come
				task.Sleep(10 * time.Millisecond)
			}
			return
		}
		if err := task.Hold(one, func(task engine.Task) error { return task.Await("gate", g.Pass) }); err != nil {
			t.Error(err)
		}
	})
	clients := r.Ask(6, "/")
	rig.Eventually(t, "one holds, five wait, no thread does", func() bool {
		s := r.Stats()
		return one.Stats().Waiting == 5 && g.Now() == 1 && s.Busy == 0 && s.InFlight == 6
	})
	sleeps := r.Ask(6, "/sleep")
	rig.Eventually(t, "six sleep on two threads", func() bool { s := r.Stats(); return s.InFlight == 12 && s.Busy == 0 })
	rested.Store(true)
	rig.Expect(sleeps, http.StatusOK)
	g.Open()
	rig.Expect(clients, http.StatusOK)
}

// The waits of branches overlap, and hold no thread.
func TestBranchesAwaitTogether(t *testing.T) {
	for _, text := range []string{"future:max=1", "future:max=1,executor=1"} {
		t.Run(text, func(t *testing.T) {
			g := rig.NewGate(t)
			r := serve(t, text, func(_ http.ResponseWriter, req *http.Request) {
				branch := func(task engine.Task) error { return task.Await("gate", g.Pass) }
				if err := engine.TaskOf(req.Context()).All("all", branch, branch, branch, branch); err != nil {
					t.Error(err)
				}
			})
			clients := r.Ask(3, "/")
			rig.Eventually(t, "12 at the upstream", func() bool { return g.Now() == 12 && r.Stats().Busy == 0 })
			g.Open()
			rig.Expect(clients, http.StatusOK)
		})
	}
}

// At the end everything that was received is answered, wherever it was.
func TestDrainAnswersWhatAwaits(t *testing.T) {
	for _, text := range []string{"future:max=2", "future:max=2,executor=2"} {
		t.Run(text, func(t *testing.T) {
			first, then := rig.NewGate(t), rig.NewGate(t)
			r := serve(t, text, func(w http.ResponseWriter, req *http.Request) {
				first.Await(w, req)
				then.Await(w, req)
			})
			clients := r.Ask(20, "/")
			first.Holds(t, 20)
			r.Cancel()
			rig.Eventually(t, "draining", r.container.Draining)
			first.Open()
			then.Holds(t, 20)
			if !r.Serving() {
				t.Fatal("Serve returned with 20 requests unanswered")
			}
			then.Open()
			for _, c := range clients {
				c.Expect(http.StatusOK)
				c.End()
			}
			r.Stop()
			if s := r.Stats(); s.Responses != 20 || s.InFlight != 0 || s.Threads != 0 {
				t.Errorf("after Serve: %+v", s)
			}
		})
	}
}
