package vthread

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/enginetest/rig"
)

func TestOnlyAsManyBlockAtOnceAsThereAreCarriers(t *testing.T) {
	for _, row := range []struct {
		plant Plant
		want  int
	}{{Plant{}, 3}, {Plant{Carriers: 1}, 4}} {
		g := rig.NewGate(t)
		r := planted(t, "vthread:carriers=3", row.plant, func(_ http.ResponseWriter, req *http.Request) {
			must(engine.TaskOf(req.Context()).Block("native", g.Wait))
		})
		r.send("/", 10)
		rig.Eventually(t, "every carrier is pinned", func() bool { return g.Now() == row.want && r.pool().Pinned == row.want })
		for range 10 { // one goes, one comes
			g.Let()
		}
		r.all.Wait()
		if n := g.Peak(); n != row.want {
			t.Errorf("planted %+v: %d at once, want %d", row.plant, n, row.want)
		}
		if p := r.pool(); p.Pins != 10 || p.PinnedNanos == 0 {
			t.Errorf("%+v", p)
		}
	}
}

// What waits inside a block or, with JDK 21, inside a monitor, pins: a third
// request finds no carrier until one of two comes back.
func TestWhatPinsAWait(t *testing.T) {
	call := func(up *rig.Gate) func(engine.Task) error {
		return func(t engine.Task) error { return t.Call("upstream", up.Pass) }
	}
	monitor := func(t engine.Task, f func(engine.Task) error) error {
		return t.Hold(engine.NewResource("own", 1, engine.Monitor), f)
	}
	for _, row := range []struct {
		name         string
		jdk21, jdk24 bool // it pins
		wait         func(engine.Task, *rig.Gate) error
	}{
		{"a call", false, false, func(t engine.Task, up *rig.Gate) error { return call(up)(t) }},
		{"a call in a slot of a resource", false, false, func(t engine.Task, up *rig.Gate) error {
			return t.Hold(engine.NewResource("own", 1), call(up))
		}},
		{"a call in a monitor", true, false, func(t engine.Task, up *rig.Gate) error { return monitor(t, call(up)) }},
		{"an await in a monitor", true, false, func(t engine.Task, up *rig.Gate) error {
			return monitor(t, func(t engine.Task) error { return t.Await("upstream", up.Pass) })
		}},
		{"a call after a monitor", false, false, func(t engine.Task, up *rig.Gate) error {
			if err := monitor(t, func(engine.Task) error { return nil }); err != nil {
				return err
			}
			return call(up)(t)
		}},
		{"a call in a block", true, true, func(t engine.Task, up *rig.Gate) error {
			return t.Block("native", func() error { return call(up)(t) })
		}},
		{"a branch that a monitor starts", false, false, func(t engine.Task, up *rig.Gate) error {
			return t.All("fork", func(engine.Task) error { return nil }, func(t engine.Task) error { return call(up)(t) })
		}},
	} {
		for pinning, pins := range map[string]bool{"jdk21": row.jdk21, "jdk24": row.jdk24} {
			t.Run(row.name+", "+pinning, func(t *testing.T) {
				up := rig.NewGate(t)
				var beside atomic.Int64 // how many waited when the third ran
				r := serve(t, "vthread:carriers=2,pinning="+pinning, func(_ http.ResponseWriter, req *http.Request) {
					if req.URL.Path == "/" {
						must(row.wait(engine.TaskOf(req.Context()), up))
						return
					}
					beside.Store(int64(up.Now()))
				})
				r.send("/", 2)
				up.Holds(t, 2)
				if pins {
					rig.Eventually(t, "both carriers are pinned", func() bool { return r.pool().Pinned == 2 })
					r.send("/other", 1)
				} else {
					r.want("/other")
					if p := r.pool(); p.Pins != 0 {
						t.Errorf("%+v", p)
					}
				}
				up.Open()
				r.all.Wait()
				if n := beside.Load(); (n == 2) == pins {
					t.Errorf("the third ran while %d waited", n)
				}
			})
		}
	}
}

func TestEnteringATakenMonitorPinsWithJDK21(t *testing.T) {
	for _, pinning := range []string{"jdk21", "jdk24"} {
		up := rig.NewGate(t)
		lock := engine.NewResource("lock", 1, engine.Monitor)
		r := serve(t, "vthread:carriers=3,pinning="+pinning, func(_ http.ResponseWriter, req *http.Request) {
			if req.URL.Path == "/" {
				must(engine.TaskOf(req.Context()).Hold(lock, func(t engine.Task) error { return t.Call("upstream", up.Pass) }))
			}
		})
		r.send("/", 3)
		rig.Eventually(t, "one has the lock and two wait", func() bool { return up.Now() == 1 && lock.Stats().Waiting == 2 })
		if want := map[string]int{"jdk21": 3, "jdk24": 0}[pinning]; want > 0 {
			rig.Eventually(t, "the carriers are pinned", func() bool { return r.pool().Pinned == want })
		} else {
			r.want("/other")
			if p := r.pool(); p.Pins != 0 {
				t.Errorf("%s: %+v", pinning, p)
			}
		}
		up.Open()
		r.all.Wait()
	}
}

func TestCarriersAreAddedForPinnedOnesAndTakenBack(t *testing.T) {
	g := rig.NewGate(t)
	r := serve(t, "vthread:carriers=1,compensate=2", func(_ http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/" {
			must(engine.TaskOf(req.Context()).Block("native", g.Wait))
		}
	})
	r.send("/", 2)
	g.Holds(t, 2)
	r.want("/other") // there is one more
	r.send("/", 2)
	g.Holds(t, 3)
	if p := r.pool(); p.Threads != 3 || p.Size != 3 || p.Pinned != 3 {
		t.Errorf("%+v", p)
	}
	g.Open()
	r.all.Wait()
	r.want("/other")
	rig.Eventually(t, "there is one carrier again", func() bool { return r.pool().Threads == 1 })
	if n := g.Peak(); n != 3 {
		t.Errorf("%d blocked at once", n)
	}
}

// In a block, waiting for another thread does not keep that from running.
func TestAWaitForAThreadInsideABlockLendsACarrier(t *testing.T) {
	up := rig.NewGate(t)
	lock := engine.NewResource("lock", 1)
	r := serve(t, "vthread:carriers=1", func(_ http.ResponseWriter, req *http.Request) {
		task := engine.TaskOf(req.Context())
		if req.URL.Path == "/owner" {
			must(task.Hold(lock, func(t engine.Task) error { return t.Call("upstream", up.Pass) }))
			return
		}
		must(task.Block("native", func() error {
			return task.All("fork", func(t engine.Task) error { return t.Hold(lock, func(engine.Task) error { return nil }) },
				func(t engine.Task) error { t.Sleep(time.Microsecond); return nil })
		}))
	})
	r.send("/owner", 1)
	up.Holds(t, 1)
	r.send("/", 1)
	rig.Eventually(t, "the other waits for it", func() bool { return lock.Stats().Waiting == 1 })
	up.Open()
	r.all.Wait()
	r.want("/owner")
	rig.Eventually(t, "there is one carrier again", func() bool { return r.pool().Threads == 1 })
}

func TestLongPinsAreNamed(t *testing.T) {
	r := serve(t, "vthread:carriers=1,slow=2ms", func(_ http.ResponseWriter, req *http.Request) {
		must(engine.TaskOf(req.Context()).Block(req.URL.Path, func() error {
			if req.URL.Path == "/long" {
				for began := time.Now(); time.Since(began) < 2*time.Millisecond; {
				}
			}
			return nil
		}))
	})
	r.want("/long")
	r.want("/long")
	r.want("/short")
	stalls := r.Stats().Stalls
	if len(stalls) == 0 || stalls[0].Op != "/long" || stalls[0].Verb != "block" || stalls[0].Count != 2 ||
		stalls[0].Nanos < int64(4*time.Millisecond) || stalls[0].Max < int64(2*time.Millisecond) {
		t.Errorf("%+v", stalls)
	}
}

// What a panic leaves behind is a thread that waits as threads do.
func TestAPanicUnpins(t *testing.T) {
	up := rig.NewGate(t)
	up.Open()
	lock := engine.NewResource("lock", 1, engine.Monitor)
	r := serve(t, "vthread:carriers=1,pinning=jdk21", func(_ http.ResponseWriter, req *http.Request) {
		task := engine.TaskOf(req.Context())
		switch req.URL.Path {
		case "/block":
			_ = task.Block("native", func() error { panic(http.ErrAbortHandler) })
		case "/monitor":
			_ = task.Hold(lock, func(engine.Task) error { panic(http.ErrAbortHandler) })
		default:
			must(task.Call("upstream", up.Pass))
		}
	})
	for _, path := range []string{"/block", "/monitor", "/block"} {
		if res, err := r.http.Get("http://" + r.Address + path); err == nil {
			t.Errorf("%s: %d", path, res.StatusCode)
			res.Body.Close()
		}
	}
	pins := r.pool().Pins
	r.want("/")
	if p := r.pool(); p.Pins != pins || p.Pinned != 0 {
		t.Errorf("%+v, with %d pins before", p, pins)
	}
}
