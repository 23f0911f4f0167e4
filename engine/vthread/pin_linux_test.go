package vthread

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
)

func TestOnlyAsManyBlockAtOnceAsThereAreCarriers(t *testing.T) {
	for _, row := range []struct {
		plant Plant
		want  int64
	}{{Plant{}, 3}, {Plant{Carriers: 1}, 4}} {
		g := newGate(t)
		r := planted(t, "vthread:carriers=3", row.plant, func(_ http.ResponseWriter, req *http.Request) {
			must(engine.TaskOf(req.Context()).Block("native", g.pass))
		})
		r.send("/", 10)
		await(t, "every carrier is pinned", func() bool { return g.now.Load() == row.want && int64(r.pool().Pinned) == row.want })
		for range 10 { // one goes, one comes
			g.through <- struct{}{}
		}
		r.all.Wait()
		if n := g.max.Load(); n != row.want {
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
	call := func(up *upstream) func(engine.Task) error {
		return func(t engine.Task) error { return t.Call("upstream", up.ask) }
	}
	monitor := func(t engine.Task, f func(engine.Task) error) error {
		return t.Hold(engine.NewResource("own", 1, engine.Monitor), f)
	}
	for _, row := range []struct {
		name         string
		jdk21, jdk24 bool // it pins
		wait         func(engine.Task, *upstream) error
	}{
		{"a call", false, false, func(t engine.Task, up *upstream) error { return call(up)(t) }},
		{"a call in a slot of a resource", false, false, func(t engine.Task, up *upstream) error {
			return t.Hold(engine.NewResource("own", 1), call(up))
		}},
		{"a call in a monitor", true, false, func(t engine.Task, up *upstream) error { return monitor(t, call(up)) }},
		{"an await in a monitor", true, false, func(t engine.Task, up *upstream) error {
			return monitor(t, func(t engine.Task) error { return t.Await("upstream", up.ask) })
		}},
		{"a call after a monitor", false, false, func(t engine.Task, up *upstream) error {
			if err := monitor(t, func(engine.Task) error { return nil }); err != nil {
				return err
			}
			return call(up)(t)
		}},
		{"a call in a block", true, true, func(t engine.Task, up *upstream) error {
			return t.Block("native", func() error { return call(up)(t) })
		}},
		{"a branch that a monitor starts", false, false, func(t engine.Task, up *upstream) error {
			return t.All("fork", func(engine.Task) error { return nil }, func(t engine.Task) error { return call(up)(t) })
		}},
	} {
		for pinning, pins := range map[string]bool{"jdk21": row.jdk21, "jdk24": row.jdk24} {
			t.Run(row.name+", "+pinning, func(t *testing.T) {
				up := newUpstream(t)
				var beside atomic.Int64 // how many waited when the third ran
				r := serve(t, "vthread:carriers=2,pinning="+pinning, func(_ http.ResponseWriter, req *http.Request) {
					if req.URL.Path == "/" {
						must(row.wait(engine.TaskOf(req.Context()), up))
						return
					}
					beside.Store(up.held.Load())
				})
				r.send("/", 2)
				await(t, "both wait", func() bool { return up.held.Load() == 2 })
				if pins {
					await(t, "both carriers are pinned", func() bool { return r.pool().Pinned == 2 })
					r.send("/other", 1)
				} else {
					r.get("/other")
					if p := r.pool(); p.Pins != 0 {
						t.Errorf("%+v", p)
					}
				}
				up.open()
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
		up := newUpstream(t)
		lock := engine.NewResource("lock", 1, engine.Monitor)
		r := serve(t, "vthread:carriers=3,pinning="+pinning, func(_ http.ResponseWriter, req *http.Request) {
			if req.URL.Path == "/" {
				must(engine.TaskOf(req.Context()).Hold(lock, func(t engine.Task) error { return t.Call("upstream", up.ask) }))
			}
		})
		r.send("/", 3)
		await(t, "one has the lock and two wait", func() bool { return up.held.Load() == 1 && lock.Stats().Waiting == 2 })
		if want := map[string]int{"jdk21": 3, "jdk24": 0}[pinning]; want > 0 {
			await(t, "the carriers are pinned", func() bool { return r.pool().Pinned == want })
		} else {
			r.get("/other")
			if p := r.pool(); p.Pins != 0 {
				t.Errorf("%s: %+v", pinning, p)
			}
		}
		up.open()
		r.all.Wait()
	}
}

func TestCarriersAreAddedForPinnedOnesAndTakenBack(t *testing.T) {
	g := newGate(t)
	r := serve(t, "vthread:carriers=1,compensate=2", func(_ http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/" {
			must(engine.TaskOf(req.Context()).Block("native", g.pass))
		}
	})
	r.send("/", 2)
	await(t, "two block", func() bool { return g.now.Load() == 2 })
	r.get("/other") // there is one more
	r.send("/", 2)
	await(t, "three block", func() bool { return g.now.Load() == 3 })
	if p := r.pool(); p.Threads != 3 || p.Size != 3 || p.Pinned != 3 {
		t.Errorf("%+v", p)
	}
	g.open()
	r.all.Wait()
	r.get("/other")
	await(t, "there is one carrier again", func() bool { return r.pool().Threads == 1 })
	if n := g.max.Load(); n != 3 {
		t.Errorf("%d blocked at once", n)
	}
}

// In a block, waiting for another thread does not keep that from running.
func TestAWaitForAThreadInsideABlockLendsACarrier(t *testing.T) {
	up := newUpstream(t)
	lock := engine.NewResource("lock", 1)
	r := serve(t, "vthread:carriers=1", func(_ http.ResponseWriter, req *http.Request) {
		task := engine.TaskOf(req.Context())
		if req.URL.Path == "/owner" {
			must(task.Hold(lock, func(t engine.Task) error { return t.Call("upstream", up.ask) }))
			return
		}
		must(task.Block("native", func() error {
			return task.All("fork", func(t engine.Task) error { return t.Hold(lock, func(engine.Task) error { return nil }) },
				func(t engine.Task) error { t.Sleep(time.Microsecond); return nil })
		}))
	})
	r.send("/owner", 1)
	await(t, "it has the lock", func() bool { return up.held.Load() == 1 })
	r.send("/", 1)
	await(t, "the other waits for it", func() bool { return lock.Stats().Waiting == 1 })
	up.open()
	r.all.Wait()
	r.get("/owner")
	await(t, "there is one carrier again", func() bool { return r.pool().Threads == 1 })
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
	r.get("/long")
	r.get("/long")
	r.get("/short")
	stalls := r.Stats().Stalls
	if len(stalls) == 0 || stalls[0].Op != "/long" || stalls[0].Verb != "block" || stalls[0].Count != 2 ||
		stalls[0].Nanos < int64(4*time.Millisecond) || stalls[0].Max < int64(2*time.Millisecond) {
		t.Errorf("%+v", stalls)
	}
}

// What a panic leaves behind is a thread that waits as threads do.
func TestAPanicUnpins(t *testing.T) {
	up := newUpstream(t)
	up.open()
	lock := engine.NewResource("lock", 1, engine.Monitor)
	r := serve(t, "vthread:carriers=1,pinning=jdk21", func(_ http.ResponseWriter, req *http.Request) {
		task := engine.TaskOf(req.Context())
		switch req.URL.Path {
		case "/block":
			_ = task.Block("native", func() error { panic(http.ErrAbortHandler) })
		case "/monitor":
			_ = task.Hold(lock, func(engine.Task) error { panic(http.ErrAbortHandler) })
		default:
			must(task.Call("upstream", up.ask))
		}
	})
	for _, path := range []string{"/block", "/monitor", "/block"} {
		if res, err := r.http.Get(r.url + path); err == nil {
			t.Errorf("%s: %d", path, res.StatusCode)
			res.Body.Close()
		}
	}
	pins := r.pool().Pins
	r.get("/")
	if p := r.pool(); p.Pins != pins || p.Pinned != 0 {
		t.Errorf("%+v, with %d pins before", p, pins)
	}
}
