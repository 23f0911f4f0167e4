package future

import (
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/enginetest/rig"
	"github.com/plimsoll-dev/plimsoll/model"
)

// java.util.concurrent's order: core threads, then the queue, then threads up to
// the maximum, then refusal. (Tomcat's grows before it queues: engine/thread.)
func TestExecutorGrowsOnlyWhenItsQueueIsFull(t *testing.T) {
	rig.Silence(t)
	first, then := rig.NewGate(t), rig.NewGate(t)
	first.Open()
	r := serve(t, "future:max=20,executor=2,executor-queue=3,executor-max=4", awaitThenCall(first, then))
	var clients []*rig.Conn
	for n, want := range []struct{ threads, queued int }{
		{1, 0}, {2, 0}, // core
		{2, 1}, {2, 2}, {2, 3}, // queue
		{3, 3}, {4, 3}, // up to the maximum
	} {
		clients = append(clients, r.Get("/"))
		rig.Eventually(t, fmt.Sprintf("with %d continuations %d threads, %d queued", n+1, want.threads, want.queued), func() bool {
			p := r.Stats().Pools[0]
			return p.Threads == want.threads && p.Busy == want.threads && p.Queued == want.queued && then.Now() == want.threads
		})
	}
	if p := r.Stats().Pools[0]; p.Name != engine.PoolExecutor || p.Size != 4 || p.Rejected != 0 {
		t.Errorf("%+v", p)
	}
	// The eighth: refused, and all others are served.
	res, _ := r.Get("/").Answer()
	if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" {
		t.Errorf("answered %d, Retry-After %q", res.StatusCode, res.Header.Get("Retry-After"))
	}
	if s := r.Stats(); s.Rejected != 1 || s.Pools[0].Rejected != 1 || s.Panics != 0 {
		t.Errorf("%d rejected, %d by the executor, %d panics", s.Rejected, s.Pools[0].Rejected, s.Panics)
	}
	then.Open()
	rig.Expect(clients, http.StatusOK)
	r.Get("/").Expect(http.StatusOK)
}

// A branch that the executor has no room for fails the request, after the others
// have come to their end, and the handler's deferred functions have run.
func TestARejectedBranchIsAnswered503(t *testing.T) {
	rig.Silence(t)
	first, then := rig.NewGate(t), rig.NewGate(t)
	var unwound atomic.Int64
	r := serve(t, "future:max=20,executor=1,executor-queue=0,executor-max=1", func(_ http.ResponseWriter, req *http.Request) {
		if req.URL.Path != "/" {
			return
		}
		defer unwound.Add(1)
		branch := func(task engine.Task) error {
			return errors.Join(task.Await("first", first.Pass), task.Call("then", then.Pass))
		}
		_ = engine.TaskOf(req.Context()).All("all", branch, branch, branch)
	})
	c := r.Get("/")
	first.Holds(t, 3)
	first.Open()
	rig.Eventually(t, "one has the executor, two were refused", func() bool { return then.Now() == 1 && r.Stats().Pools[0].Rejected == 2 })
	then.Open()
	c.Expect(http.StatusServiceUnavailable)
	if unwound.Load() != 1 {
		t.Error("the handler was not unwound")
	}
	r.Get("/other").Expect(http.StatusOK)
}

// The first function of All is the caller's, and begins last: one of the others that
// calls keeps it from beginning, and it does not keep them.
func TestTheCallersOwnBranchBeginsLast(t *testing.T) {
	for first, both := range map[string]bool{"call": true, "await": false} {
		t.Run(first+" first", func(t *testing.T) {
			called, awaited := rig.NewGate(t), rig.NewGate(t)
			var begun atomic.Bool
			r := serve(t, "future:max=1", func(_ http.ResponseWriter, req *http.Request) {
				call := func(t engine.Task) error { return t.Call("called", called.Pass) }
				await := func(t engine.Task) error {
					begun.Store(true)
					return t.Await("awaited", awaited.Pass)
				}
				branches := []func(engine.Task) error{call, await}
				if first == "await" {
					slices.Reverse(branches)
				}
				_ = engine.TaskOf(req.Context()).All("all", branches...)
			})
			c := r.Get("/")
			called.Holds(t, 1)
			if both {
				awaited.Holds(t, 1)
			} else if n := awaited.Now(); n > 0 || begun.Load() {
				t.Errorf("the await has begun, %d wait", n)
			}
			called.Open()
			awaited.Holds(t, 1)
			awaited.Open()
			c.Expect(http.StatusOK)
		})
	}
}

// With executor=direct a continuation that blocks keeps the client's loop: what
// others await arrives, and they do not go on. With an executor they do.
func TestABlockingContinuationStallsTheCompletionsOfOthers(t *testing.T) {
	rig.Silence(t)
	for text, stalls := range map[string]bool{"future:max=4": true, "future:max=4,executor=8": false} {
		t.Run(text, func(t *testing.T) {
			slow, quick := rig.NewGate(t), rig.NewGate(t)
			inside, leave := make(chan bool), make(chan bool)
			var went atomic.Int64
			r := serve(t, text, func(w http.ResponseWriter, req *http.Request) {
				switch req.URL.Path {
				case "/slow":
					slow.Await(w, req)
					_ = engine.TaskOf(req.Context()).Block("render", func() error { inside <- true; <-leave; return nil })
				case "/quick":
					quick.Await(w, req)
					went.Add(1)
				}
			})
			blocks, waits := r.Get("/slow"), r.Get("/quick")
			rig.Eventually(t, "both await", func() bool { return slow.Now() == 1 && quick.Now() == 1 })
			slow.Open()
			<-inside
			quick.Open()
			quick.Holds(t, 0)
			if stalls {
				plain := r.Dial()
				for range 100 { // what does not await goes on
					plain.Send("/").Expect(http.StatusOK)
				}
				if went.Load() != 0 {
					t.Error("a continuation ran beside one that blocks the client's loop")
				}
			} else {
				rig.Eventually(t, "the other one goes on", func() bool { return went.Load() == 1 })
				waits.Expect(http.StatusOK)
			}
			since := time.Now()
			rig.Eventually(t, "the block is long enough to be named", func() bool { return time.Since(since) > 2*stallFrom })
			leave <- true
			blocks.Expect(http.StatusOK)
			if stalls {
				waits.Expect(http.StatusOK)
			}
			s := r.Stats()
			named := slices.ContainsFunc(s.Stalls, func(s engine.StallStats) bool {
				return s.Op == "render" && s.Verb == model.Block.String() && s.Count == 1 && s.Max >= int64(2*stallFrom)
			})
			if named != stalls || (s.Loops[0].StalledNanos >= int64(2*stallFrom)) != stalls {
				t.Errorf("stalls %+v, loop %+v; want %v", s.Stalls, s.Loops, stalls)
			}
		})
	}
}

// Each await suspends again, and on an executor each continuation is one task.
func TestEveryAwaitSuspends(t *testing.T) {
	const awaits = 4
	gates := [awaits]*rig.Gate{}
	for i := range gates {
		gates[i] = rig.NewGate(t)
	}
	r := serve(t, "future:max=1,executor=1", func(w http.ResponseWriter, req *http.Request) {
		for _, g := range gates {
			g.Await(w, req)
		}
	})
	c := r.Get("/")
	for i, g := range gates {
		rig.Eventually(t, fmt.Sprintf("it is at await %d, and on no thread", i+1), func() bool {
			s := r.Stats()
			return g.Now() == 1 && s.Busy == 0 && s.Pools[0].Busy == 0 && s.Pools[0].Done == uint64(i)
		})
		g.Open()
	}
	c.Expect(http.StatusOK)
}

func TestAPanicInAContinuationIsAnswered500(t *testing.T) {
	rig.Silence(t)
	for _, text := range []string{"future:max=2", "future:max=2,executor=2"} {
		t.Run(text, func(t *testing.T) {
			g := rig.NewGate(t)
			g.Open()
			r := serve(t, text, func(w http.ResponseWriter, req *http.Request) {
				task := engine.TaskOf(req.Context())
				switch req.URL.Path {
				case "/inside": // of the await
					_ = task.Await("gate", func(task engine.Task) error { _ = g.Pass(task); panic("boom") })
				case "/after":
					g.Await(w, req)
					panic("boom")
				case "/exit":
					g.Await(w, req)
					runtime.Goexit()
				}
			})
			r.Get("/inside").Expect(http.StatusInternalServerError)
			r.Get("/after").Expect(http.StatusInternalServerError)
			exits := r.Get("/exit")
			if _, err := exits.R.ReadByte(); err == nil {
				t.Error("an answer of a handler that ended its goroutine")
			}
			for range 4 { // more than max: none was lost
				r.Get("/").Expect(http.StatusOK)
			}
			rig.Eventually(t, "nothing under way", func() bool { s := r.Stats(); return s.InFlight == 0 && s.Busy == 0 && s.Panics == 2 })
		})
	}
}

// A handler that hijacks the connection in a continuation goes on where it is,
// and Serve waits for it.
func TestHijackInAContinuation(t *testing.T) {
	g, after := rig.NewGate(t), rig.NewGate(t)
	r := serve(t, "future:max=1", func(w http.ResponseWriter, req *http.Request) {
		g.Await(w, req)
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		after.Await(w, req)
		_, _ = conn.Write([]byte("x"))
	})
	c := r.Get("/")
	g.Open()
	rig.Eventually(t, "it is hijacked, and awaits", func() bool { return r.Stats().Connections == 0 && after.Now() == 1 })
	r.Cancel()
	rig.Eventually(t, "draining", r.container.Draining)
	after.Open()
	if b, err := c.R.ReadByte(); b != 'x' {
		t.Errorf("%q %v", b, err)
	}
	r.Stop()
}

// The time in the executor's queue is the request's, and no lack of CPU time.
func TestTheExecutorsQueueIsAccounted(t *testing.T) {
	first, then := rig.NewGate(t), rig.NewGate(t)
	first.Open()
	r := serve(t, "future:max=4,executor=1", awaitThenCall(first, then))
	clients := r.Ask(2, "/")
	rig.Eventually(t, "one calls, one is queued", func() bool { return then.Now() == 1 && r.Stats().Pools[0].Queued == 1 })
	const pause = 20 * time.Millisecond
	since := time.Now()
	rig.Eventually(t, "time has passed", func() bool { return time.Since(since) > pause })
	then.Open()
	rig.Expect(clients, http.StatusOK)
	rig.Eventually(t, "both are accounted", func() bool { return r.Stats().InFlight == 0 })
	s := r.Stats()
	for _, state := range []model.State{model.Queued, model.Calling} {
		if got := time.Duration(s.Residence[state]); got < pause {
			t.Errorf("%v: %v, want %v and more", state, got, pause)
		}
	}
	if p := s.Pools[0]; p.QueuedNanos < int64(pause) || p.BusyNanos < int64(pause) {
		t.Errorf("%+v", p)
	}
}

// awaitThenCall has its call in a continuation.
func awaitThenCall(first, then *rig.Gate) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		t := engine.TaskOf(r.Context())
		if err := t.Await("first", first.Pass); err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		then.Call(w, r)
	}
}
