package vthread

import (
	"net/http"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/enginetest/rig"
	"github.com/plimsoll-dev/plimsoll/internal/fiber"
)

// What separates virtual threads from coroutines: a call is as good as an
// await.
func TestAwaitsAndCallsScalePastCarriers(t *testing.T) {
	verbs := map[string]func(engine.Task, string, func(engine.Task) error) error{
		"await": engine.Task.Await,
		"call":  engine.Task.Call,
		"plain": func(t engine.Task, _ string, f func(engine.Task) error) error { return f(t) },
	}
	for name, verb := range verbs {
		t.Run(name, func(t *testing.T) {
			const requests, branches = 50, 100 // 5,000 threads on few connections of ours
			up := rig.NewGate(t)
			r := serve(t, "vthread:carriers=2", func(_ http.ResponseWriter, req *http.Request) {
				fs := make([]func(engine.Task) error, branches)
				for i := range fs {
					fs[i] = func(t engine.Task) error { return verb(t, "upstream", up.Pass) }
				}
				must(engine.TaskOf(req.Context()).All("fan out", fs...))
			})
			r.send("/", requests)
			rig.Eventually(t, "the upstream has 5,000 at once", func() bool { return up.Now() == requests*branches })
			rig.Eventually(t, "no carrier has anything to do", func() bool { return r.pool().Busy == 0 })
			if p := r.pool(); p.Threads != 2 || p.Pinned != 0 || p.Pins != 0 {
				t.Errorf("while 5,000 wait: %+v", p)
			}
			up.Open()
			r.all.Wait()
		})
	}
}

func TestAThreadGoesOnOnAnotherCarrier(t *testing.T) {
	up, g := rig.NewGate(t), rig.NewGate(t)
	number := func() int64 { return int64(seatOf(fiber.Current()).carrier.Number()) }
	var before, after, blocked atomic.Int64
	before.Store(-1)
	blocked.Store(-1)
	r := serve(t, "vthread:carriers=2", func(_ http.ResponseWriter, req *http.Request) {
		task := engine.TaskOf(req.Context())
		if req.URL.Path == "/block" {
			if number() == before.Load() {
				must(task.Block("native", func() error { blocked.Store(number()); return g.Wait() }))
				return
			}
			task.Compute("until the other is pinned", func() {
				for blocked.Load() < 0 && req.Context().Err() == nil {
					runtime.Gosched()
				}
			})
			return
		}
		must(task.Call("upstream", func(t engine.Task) error {
			before.Store(number())
			return up.Pass(t)
		}))
		after.Store(number())
	})
	r.send("/wait", 1)
	up.Holds(t, 1)
	r.send("/block", 2) // one for each carrier
	rig.Eventually(t, "its carrier is pinned, the other free", func() bool { return blocked.Load() == before.Load() && r.Stats().Responses == 1 })
	up.Open()
	rig.Eventually(t, "it is answered", func() bool { return r.Stats().Responses == 2 })
	if after.Load() == before.Load() {
		t.Error("it went on on the carrier that is pinned")
	}
	if p := r.pool(); p.Remounts == 0 || p.Pinned != 1 {
		t.Errorf("%+v", p)
	}
	g.Open()
	r.all.Wait()
}

// Held across a wait, a lock of Go's could stop the engine; a Hold does not.
func TestALockHeldAcrossAWaitStopsNobody(t *testing.T) {
	for _, pinning := range []string{"jdk21", "jdk24"} {
		up := rig.NewGate(t)
		up.Open()
		lock := engine.NewResource("lock", 1)
		r := serve(t, "vthread:carriers=2,pinning="+pinning, func(_ http.ResponseWriter, req *http.Request) {
			must(engine.TaskOf(req.Context()).Hold(lock, func(t engine.Task) error { return t.Call("upstream", up.Pass) }))
		})
		r.send("/", 40)
		r.all.Wait()
		if n := up.Peak(); n != 1 {
			t.Errorf("%s: %d held the lock at once", pinning, n)
		}
		if p := r.pool(); p.Pins != 0 {
			t.Errorf("%s: %+v", pinning, p)
		}
	}
}
