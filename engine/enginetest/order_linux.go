package enginetest

import (
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
)

// An order is that in which requests come somewhere.
type order struct {
	mu    sync.Mutex
	paths []string
}

func (o *order) add(path string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.paths = append(o.paths, path)
}

func (o *order) want(t testing.TB, paths ...string) {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	if !slices.Equal(o.paths, paths) {
		t.Errorf("served in the order %v; expected %v", o.paths, paths)
	}
}

// lined is the row about the queue in front of a configuration's only thread
// for a verb.
func lined(name, source, config, verb string) modelRow {
	return modelRow{row{name: name, source: source, run: func(t testing.TB, h *harness) {
		const k = 5
		g := newGate(t)
		var served order
		h.serve(func(_ http.ResponseWriter, r *http.Request) {
			pass := func() { served.add(r.URL.Path); g.pass() } //nolint:errcheck // the end, as good
			task := engine.TaskOf(r.Context())
			if verb == "compute" {
				task.Compute("pass", pass)
				return
			}
			task.Call("pass", func(engine.Task) error { pass(); return nil }) //nolint:errcheck // nil
		})
		t.Cleanup(g.end)
		all := []*client{}
		for i := range k {
			c := h.dial()
			c.send("GET %s HTTP/1.1\nHost: a\n\n", numbered(i))
			h.eventually("it waits, and all before it", func() bool { return g.now.Load() == 1 && waiting(h.engine.Stats()) == i })
			all = append(all, c)
		}
		g.open(k)
		for _, c := range all {
			c.want(http.StatusOK, "")
		}
		served.want(t, "/0", "/1", "/2", "/3", "/4")
	}}, config}
}

// readied is the row about the order in which requests go on that have waited,
// where one thread is all they can go on on.
func readied(source, config string) modelRow {
	return modelRow{row{name: "who is ready first goes on first (" + config + ")", source: source, run: func(t testing.TB, h *harness) {
		const k = 4
		g := newGate(t)
		var slots [k]*engine.Resource
		for i := range slots {
			slots[i] = engine.NewResource("slot", 1)
			slots[i].Acquire(nil) // free, so nobody parks
		}
		var gone order
		h.serve(func(_ http.ResponseWriter, r *http.Request) {
			task := engine.TaskOf(r.Context())
			if r.URL.Path == "/stall" {
				// In a continuation, where that is something else than a handler's start.
				task.Await("first", func(t engine.Task) error { t.Sleep(time.Microsecond); return nil }) //nolint:errcheck // nil
				g.pass()                                                                                 //nolint:errcheck // the end, as good
				return
			}
			task.Hold(slots[r.URL.Path[1]-'0'], func(engine.Task) error { gone.add(r.URL.Path); return nil }) //nolint:errcheck // nil
		})
		t.Cleanup(func() {
			g.end()
			for _, s := range slots {
				if s.Stats().InUse > 0 {
					s.Release()
				}
			}
		})
		all := make([]*client, k)
		for i := range all {
			all[i] = h.dial()
			all[i].send("GET %s HTTP/1.1\nHost: a\n\n", numbered(i))
			h.eventually("it waits for its slot", func() bool { return slots[i].Stats().Waiting == 1 })
		}
		stall := h.dial()
		stall.send("GET /stall HTTP/1.1\nHost: a\n\n")
		h.eventually("the thread is kept", func() bool { return g.now.Load() == 1 })
		for _, i := range []int{2, 0, 3, 1} {
			slots[i].Release()
		}
		g.open(1)
		for _, c := range append(all, stall) {
			c.want(http.StatusOK, "")
		}
		gone.want(t, "/2", "/0", "/3", "/1")
	}}, config}
}
