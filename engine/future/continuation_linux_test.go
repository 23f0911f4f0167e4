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
	"github.com/plimsoll-dev/plimsoll/model"
)

// java.util.concurrent's order: core threads, then the queue, then threads up to
// the maximum, then refusal. (Tomcat's grows before it queues: engine/thread.)
func TestExecutorGrowsOnlyWhenItsQueueIsFull(t *testing.T) {
	silence(t)
	first, then := newGate(t), newGate(t)
	first.release()
	r := serve(t, "future:max=20,executor=2,executor-queue=3,executor-max=4", awaitThenCall(first, then))
	var clients []*httpConn
	for n, want := range []struct{ threads, queued int }{
		{1, 0}, {2, 0}, // core
		{2, 1}, {2, 2}, {2, 3}, // queue
		{3, 3}, {4, 3}, // up to the maximum
	} {
		clients = append(clients, connectTo(t, r.address).send("/"))
		await(t, fmt.Sprintf("with %d continuations %d threads, %d queued", n+1, want.threads, want.queued), func() bool {
			p := r.Stats().Pools[0]
			return p.Threads == want.threads && p.Busy == want.threads && p.Queued == want.queued && then.now() == int64(want.threads)
		})
	}
	if p := r.Stats().Pools[0]; p.Name != engine.PoolExecutor || p.Size != 4 || p.Rejected != 0 {
		t.Errorf("%+v", p)
	}
	// The eighth: refused, and all others are served.
	res := connectTo(t, r.address).send("/").expect(http.StatusServiceUnavailable)
	if res.Header.Get("Retry-After") == "" {
		t.Error("the client is not told when to come back")
	}
	if s := r.Stats(); s.Rejected != 1 || s.Pools[0].Rejected != 1 || s.Panics != 0 {
		t.Errorf("%d rejected, %d by the executor, %d panics", s.Rejected, s.Pools[0].Rejected, s.Panics)
	}
	then.release()
	expect(clients, http.StatusOK)
	connectTo(t, r.address).send("/").expect(http.StatusOK)
}

// A branch that the executor has no room for fails the request, after the others
// have come to their end, and the handler's deferred functions have run.
func TestARejectedBranchIsAnswered503(t *testing.T) {
	silence(t)
	first, then := newGate(t), newGate(t)
	var unwound atomic.Int64
	r := serve(t, "future:max=20,executor=1,executor-queue=0,executor-max=1", func(_ http.ResponseWriter, req *http.Request) {
		if req.URL.Path != "/" {
			return
		}
		defer unwound.Add(1)
		branch := func(task engine.Task) error {
			return errors.Join(task.Await("first", first.pass), task.Call("then", then.pass))
		}
		_ = engine.TaskOf(req.Context()).All("all", branch, branch, branch)
	})
	c := connectTo(t, r.address).send("/")
	await(t, "three branches await", func() bool { return first.now() == 3 })
	first.release()
	await(t, "one has the executor, two were refused", func() bool { return then.now() == 1 && r.Stats().Pools[0].Rejected == 2 })
	then.release()
	c.expect(http.StatusServiceUnavailable)
	if unwound.Load() != 1 {
		t.Error("the handler was not unwound")
	}
	connectTo(t, r.address).send("/other").expect(http.StatusOK)
}

// With executor=direct a continuation that blocks keeps the client's loop: what
// others await arrives, and they do not go on. With an executor they do.
func TestABlockingContinuationStallsTheCompletionsOfOthers(t *testing.T) {
	silence(t)
	for text, stalls := range map[string]bool{"future:max=4": true, "future:max=4,executor=8": false} {
		t.Run(text, func(t *testing.T) {
			slow, quick := newGate(t), newGate(t)
			inside, leave := make(chan bool), make(chan bool)
			var went atomic.Int64
			r := serve(t, text, func(w http.ResponseWriter, req *http.Request) {
				switch req.URL.Path {
				case "/slow":
					awaiting(slow)(w, req)
					_ = engine.TaskOf(req.Context()).Block("render", func() error { inside <- true; <-leave; return nil })
				case "/quick":
					awaiting(quick)(w, req)
					went.Add(1)
				}
			})
			blocks, waits := connectTo(t, r.address).send("/slow"), connectTo(t, r.address).send("/quick")
			await(t, "both await", func() bool { return slow.now() == 1 && quick.now() == 1 })
			slow.release()
			<-inside
			quick.release()
			await(t, "the upstream has answered", func() bool { return quick.now() == 0 })
			if stalls {
				plain := connectTo(t, r.address)
				for range 100 { // what does not await goes on
					plain.send("/").expect(http.StatusOK)
				}
				if went.Load() != 0 {
					t.Error("a continuation ran beside one that blocks the client's loop")
				}
			} else {
				await(t, "the other one goes on", func() bool { return went.Load() == 1 })
				waits.expect(http.StatusOK)
			}
			since := time.Now()
			await(t, "the block is long enough to be named", func() bool { return time.Since(since) > 2*stallFrom })
			leave <- true
			blocks.expect(http.StatusOK)
			if stalls {
				waits.expect(http.StatusOK)
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
	gates := [awaits]*gate{}
	for i := range gates {
		gates[i] = newGate(t)
	}
	r := serve(t, "future:max=1,executor=1", func(w http.ResponseWriter, req *http.Request) {
		for _, g := range gates {
			awaiting(g)(w, req)
		}
	})
	c := connectTo(t, r.address).send("/")
	for i, g := range gates {
		await(t, fmt.Sprintf("it is at await %d, and on no thread", i+1), func() bool {
			s := r.Stats()
			return g.now() == 1 && s.Busy == 0 && s.Pools[0].Busy == 0 && s.Pools[0].Done == uint64(i)
		})
		g.release()
	}
	c.expect(http.StatusOK)
}

func TestAPanicInAContinuationIsAnswered500(t *testing.T) {
	silence(t)
	for _, text := range []string{"future:max=2", "future:max=2,executor=2"} {
		t.Run(text, func(t *testing.T) {
			g := newGate(t)
			g.release()
			r := serve(t, text, func(w http.ResponseWriter, req *http.Request) {
				task := engine.TaskOf(req.Context())
				switch req.URL.Path {
				case "/inside": // of the await
					_ = task.Await("gate", func(task engine.Task) error { _ = g.pass(task); panic("boom") })
				case "/after":
					awaiting(g)(w, req)
					panic("boom")
				case "/exit":
					awaiting(g)(w, req)
					runtime.Goexit()
				}
			})
			connectTo(t, r.address).send("/inside").expect(http.StatusInternalServerError)
			connectTo(t, r.address).send("/after").expect(http.StatusInternalServerError)
			exits := connectTo(t, r.address).send("/exit")
			if _, err := exits.r.ReadByte(); err == nil {
				t.Error("an answer of a handler that ended its goroutine")
			}
			for range 4 { // more than max: none was lost
				connectTo(t, r.address).send("/").expect(http.StatusOK)
			}
			await(t, "nothing under way", func() bool { s := r.Stats(); return s.InFlight == 0 && s.Busy == 0 && s.Panics == 2 })
		})
	}
}

// A handler that hijacks the connection in a continuation goes on where it is,
// and Serve waits for it.
func TestHijackInAContinuation(t *testing.T) {
	g, after := newGate(t), newGate(t)
	r := serve(t, "future:max=1", func(w http.ResponseWriter, req *http.Request) {
		awaiting(g)(w, req)
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		awaiting(after)(w, req)
		_, _ = conn.Write([]byte("x"))
	})
	c := connectTo(t, r.address).send("/")
	g.release()
	await(t, "it is hijacked, and awaits", func() bool { return r.Stats().Connections == 0 && after.now() == 1 })
	r.cancel()
	await(t, "draining", r.container.Draining)
	after.release()
	if b, err := c.r.ReadByte(); b != 'x' {
		t.Errorf("%q %v", b, err)
	}
	r.stop(t)
}

// The time in the executor's queue is the request's, and no lack of CPU time.
func TestTheExecutorsQueueIsAccounted(t *testing.T) {
	first, then := newGate(t), newGate(t)
	first.release()
	r := serve(t, "future:max=4,executor=1", awaitThenCall(first, then))
	clients := ask(t, r.address, 2, "/")
	await(t, "one calls, one is queued", func() bool { return then.now() == 1 && r.Stats().Pools[0].Queued == 1 })
	const pause = 20 * time.Millisecond
	since := time.Now()
	await(t, "time has passed", func() bool { return time.Since(since) > pause })
	then.release()
	expect(clients, http.StatusOK)
	await(t, "both are accounted", func() bool { return r.Stats().InFlight == 0 })
	s := r.Stats()
	for _, state := range []model.State{model.Queued, model.Calling} {
		if got := time.Duration(s.Residence[state]); got < pause {
			t.Errorf("%v: %v, want %v and more", state, got, pause)
		}
	}
	if got := time.Duration(s.Residence[model.Runnable]); got >= pause {
		t.Errorf("%v runnable: that is a lack of CPU time", got)
	}
	if p := s.Pools[0]; p.QueuedNanos < int64(pause) || p.BusyNanos < int64(pause) {
		t.Errorf("%+v", p)
	}
}
