package hybrid

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/enginetest/rig"
)

// AnyIO's default, which plain `def` handlers of FastAPI run on: the 41st waits.
func TestThe41stCallWaits(t *testing.T) {
	if n := callsAtOnce(t, Plant{}); n != 40 {
		t.Errorf("%d of 41 calls at once", n)
	}
}

// callsAtOnce returns how many of 41 calls are made at once: as the upstream
// sees it, and /proc, which shows as many threads in a blocking read.
func callsAtOnce(t testing.TB, p Plant) int {
	g := rig.NewGate(t)
	r := planted(t, "hybrid:loops=1,workers=1", p, g.Verbs)
	var calls []*rig.Conn
	for range 41 {
		calls = append(calls, r.Get("/call"))
	}
	var pool engine.PoolStats
	rig.Eventually(t, "all are with the pool", func() bool {
		pool = r.pool(engine.PoolBlocking)
		return pool.Busy+pool.Queued == 41
	})
	g.Holds(t, pool.Busy)
	rig.Eventually(t, "they sleep in read(2)", func() bool {
		reading := 0
		for _, text := range rig.Threads("plimsoll-block", "syscall") {
			if strings.HasPrefix(text, fmt.Sprintf("%d ", unix.SYS_READ)) {
				reading++
			}
		}
		return reading == pool.Busy
	})
	r.Get("/").Expect(200) // the loop is free
	awaiting := r.Get("/await")
	g.Holds(t, pool.Busy+1)
	g.Open()
	for _, c := range append(calls, awaiting) {
		c.Expect(200)
	}
	if peak := int(g.Peak()); peak != pool.Busy+1 {
		t.Errorf("%d at once, one of them awaiting", peak)
	}
	return pool.Busy
}

func TestComputationsBeyondTheWorkersQueue(t *testing.T) {
	g := rig.NewGate(t)
	r := serve(t, "hybrid:loops=1,workers=2,blocking=1", g.Verbs)
	var all []*rig.Conn
	for range 3 {
		all = append(all, r.Get("/compute"))
	}
	r.pooled(engine.PoolCPU, 2, 1)
	r.Get("/").Expect(200)
	all = append(all, r.Get("/block")) // has workers of its own
	r.pooled(engine.PoolBlocking, 1, 0)
	g.Open()
	for _, c := range all {
		c.Expect(200)
	}
	if p := r.pool(engine.PoolCPU); p.Size != 2 || p.Threads != 2 || p.BusyNanos == 0 || p.QueuedNanos == 0 || p.Rejected != 0 {
		t.Errorf("%+v", p)
	}
}

// What a full queue rejects is told so; what it took is done.
func TestFullQueuesReject(t *testing.T) {
	for _, row := range []struct{ pool, config, path string }{
		{engine.PoolCPU, "hybrid:loops=1,workers=1,workers-queue=2", "/compute"},
		{engine.PoolBlocking, "hybrid:loops=1,blocking=1,blocking-max=1,blocking-queue=2", "/call"},
		{engine.PoolBlocking, "hybrid:loops=1,blocking=1,blocking-max=1,blocking-queue=2", "/block"},
		{engine.PoolBlocking, "hybrid:loops=1,blocking=1,blocking-max=1,blocking-queue=2", "/bare"},
	} {
		t.Run(row.pool+row.path, func(t *testing.T) {
			g := rig.NewGate(t)
			db := engine.NewResource("db", 5)
			r := serve(t, row.config, func(w http.ResponseWriter, req *http.Request) {
				_ = engine.TaskOf(req.Context()).Hold(db, func(engine.Task) error { g.Verbs(w, req); return nil })
			})
			var taken []*rig.Conn
			for i := range 3 {
				taken = append(taken, r.Get(row.path))
				r.pooled(row.pool, 1, i)
			}
			rig.Eventually(t, "the worker is at the gate", func() bool { return g.Now() > 0 }) // of bare ones, several may have written
			for range 2 {
				res, _ := r.Get(row.path).Answer()
				if res.StatusCode != 503 || res.Header.Get("Retry-After") == "" {
					t.Errorf("%s %v", res.Status, res.Header)
				}
			}
			if n := db.Stats().InUse; n != 3 {
				t.Errorf("%d slots held, by 3 requests", n) // a rejected handler is unwound
			}
			r.Get("/").Expect(200)
			g.Open()
			for _, c := range taken {
				c.Expect(200)
			}
			r.Stop()
			s := r.Stats()
			if p := r.pool(row.pool); p.Rejected != 2 || s.Rejected != 2 || s.Panics != 0 {
				t.Errorf("the pool rejected %d, the engine %d of its requests, and saw %d panics", p.Rejected, s.Rejected, s.Panics)
			}
			if s.Requests != 6 || s.Responses != 6 {
				t.Errorf("%d requests, %d responses", s.Requests, s.Responses)
			}
		})
	}
}

// A request is rejected once, however many of its branches were.
func TestRejectedBranches(t *testing.T) {
	g := rig.NewGate(t)
	r := serve(t, "hybrid:loops=1,workers=1,workers-queue=0", func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path != "/all" {
			g.Verbs(w, req)
			return
		}
		compute := func(t engine.Task) error { t.Compute("x", func() {}); return nil }
		_ = engine.TaskOf(req.Context()).All("branches", compute, compute)
	})
	first := r.Get("/compute")
	r.pooled(engine.PoolCPU, 1, 0)
	r.Get("/all").Expect(503)
	g.Open()
	first.Expect(200)
	r.Stop()
	if s := r.Stats(); s.Rejected != 1 || s.Pools[0].Rejected != 2 || s.Panics != 0 {
		t.Errorf("%+v", s)
	}
}

// java.util.concurrent's order: threads up to the core size, then the queue,
// and only then more threads.
func TestBlockingWorkersGrowOnceTheirQueueIsFull(t *testing.T) {
	g := rig.NewGate(t)
	r := serve(t, "hybrid:loops=1,workers=1,blocking=1,blocking-max=3,blocking-queue=2", g.Verbs)
	var taken []*rig.Conn
	for i, want := range []struct{ threads, queued int }{{1, 0}, {1, 1}, {1, 2}, {2, 2}, {3, 2}} {
		taken = append(taken, r.Get("/call"))
		r.pooled(engine.PoolBlocking, want.threads, want.queued)
		if p := r.pool(engine.PoolBlocking); p.Threads != want.threads || p.Size != 3 {
			t.Errorf("after %d calls: %+v", i+1, p)
		}
	}
	r.Get("/call").Expect(503)
	g.Open()
	for _, c := range taken {
		c.Expect(200)
	}
}

func TestQueuesAreFirstInFirstOut(t *testing.T) {
	for _, pool := range []string{"/call", "/compute"} {
		if order := servedOrder(t, Plant{}, pool); !slices.IsSorted(order) {
			t.Errorf("%s: served in the order %v", pool, order)
		}
	}
}

// servedOrder returns the order in which requests that came one after the other
// got to the only worker.
func servedOrder(t testing.TB, p Plant, verb string) (order []string) {
	g := rig.NewGate(t)
	var mu sync.Mutex
	step := func(path string) {
		mu.Lock()
		order = append(order, path)
		mu.Unlock()
		g.Wait()
	}
	r := planted(t, "hybrid:loops=1,workers=1,blocking=1", p, func(_ http.ResponseWriter, r *http.Request) {
		task := engine.TaskOf(r.Context())
		if verb == "/compute" {
			task.Compute("x", func() { step(r.URL.Path) })
			return
		}
		_ = task.Call("x", func(engine.Task) error { step(r.URL.Path); return nil })
	})
	pool := map[string]string{"/call": engine.PoolBlocking, "/compute": engine.PoolCPU}[verb]
	var clients []*rig.Conn
	for i := range 5 {
		clients = append(clients, r.Get(fmt.Sprint("/", i)))
		r.pooled(pool, 1, i)
	}
	g.Open()
	for _, c := range clients {
		c.Expect(200)
	}
	mu.Lock()
	defer mu.Unlock()
	return order
}

// Loops come first where the CPU is scarce: the kernel knows which threads
// compute.
func TestCPUWorkersAreNice(t *testing.T) {
	r := serve(t, "hybrid:loops=1,workers=2,nice=7", func(_ http.ResponseWriter, r *http.Request) {
		engine.TaskOf(r.Context()).Compute("x", func() {})
	})
	r.Get("/").Expect(200)
	nice := func(name string) (values []string) {
		for _, stat := range rig.Threads(name, "stat") {
			fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
			values = append(values, fields[16]) // field 19 of proc(5), counted from the third
		}
		return values
	}
	var loop []string
	rig.Eventually(t, "it is the only loop", func() bool { // those of engines that have stopped end in their own time
		loop = nice("plimsoll-loop")
		return len(loop) == 1
	})
	var base int
	fmt.Sscan(loop[0], &base)
	want := fmt.Sprint(min(base+7, 19))
	rig.Eventually(t, "both workers are nice", func() bool { return slices.Equal(nice("plimsoll-cpu"), []string{want, want}) })
}

// A request that makes one step after the other is not in its own way, where
// none may wait.
func TestStepsOfOneRequestNeedNoQueue(t *testing.T) {
	r := serve(t, "hybrid:loops=1,workers=1,workers-queue=0,blocking=1,blocking-max=1,blocking-queue=0", func(_ http.ResponseWriter, r *http.Request) {
		task := engine.TaskOf(r.Context())
		for range 200 {
			task.Compute("x", func() {})
			_ = task.Block("x", func() error { return nil })
			_ = task.Call("x", func(engine.Task) error { return nil })
		}
	})
	r.Get("/").Expect(200)
	r.Stop()
	if s := r.Stats(); s.Rejected != 0 {
		t.Errorf("%d rejected", s.Rejected)
	}
}
