package hybrid

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/enginetest/rig"
	"github.com/plimsoll-dev/plimsoll/model"
)

// nest runs f inside a verb, with the task to use there.
func nest(verb string, r *http.Request, t engine.Task, db *engine.Resource, f func(engine.Task)) {
	inside := func(t engine.Task) error { f(t); return nil }
	switch verb {
	case "handler":
		f(t)
	case "await":
		_ = t.Await("x", inside)
	case "call":
		_ = t.Call("x", inside)
	case "compute":
		t.Compute("x", func() { f(engine.TaskOf(r.Context())) })
	case "block":
		_ = t.Block("x", func() error { f(engine.TaskOf(r.Context())); return nil })
	case "hold":
		_ = t.Hold(db, inside)
	case "all":
		_ = t.All("x", inside)
	case "branch":
		_ = t.All("x", func(engine.Task) error { return nil }, inside)
	}
}

// The matrix of the package comment: where a function runs, by the verb and by
// where that is made. branch is the second function of All.
var (
	wheres = []string{"handler", "await", "call", "compute", "block", "hold", "all", "branch"}
	matrix = map[string]string{
		"handler": "loop  loop  block  cpu    block  loop  loop  loop",
		"await":   "loop  loop  block  cpu    block  loop  loop  loop",
		"call":    "block block block  block  block  block block beside",
		"compute": "cpu   cpu   cpu    cpu    cpu    cpu   cpu   beside",
		"block":   "block block block  block  block  block block beside",
		"hold":    "loop  loop  block  cpu    block  loop  loop  loop",
		"all":     "loop  loop  block  cpu    block  loop  loop  loop",
		"branch":  "loop  loop  block  cpu    block  loop  loop  loop",
	}
)

func TestWhatRunsWhere(t *testing.T) {
	outer, inner := engine.NewResource("outer", 1), engine.NewResource("inner", 1)
	r := serve(t, "hybrid:loops=1,workers=1,blocking=1", func(w http.ResponseWriter, r *http.Request) {
		verb := strings.Split(r.URL.Path, "/")
		home, tid := thread(), unix.Gettid()
		nest(verb[1], r, engine.TaskOf(r.Context()), outer, func(task engine.Task) {
			nest(verb[2], r, task, inner, func(engine.Task) { fmt.Fprint(w, thread()) })
		})
		if home != "plimsoll-loop" || unix.Gettid() != tid {
			t.Errorf("%s began on %s and came back on another thread", r.URL.Path, home)
		}
	})
	c := r.Dial()
	for _, outer := range wheres {
		want := strings.Fields(matrix[outer])
		for i, inner := range wheres {
			got := c.Send("/" + outer + "/" + inner).Expect(200)
			if place, ok := strings.CutPrefix(got, "plimsoll-"); ok {
				got = place
			} else {
				got = "beside"
			}
			if got != want[i] {
				t.Errorf("%s in %s ran on %s, want %s", inner, outer, got, want[i])
			}
		}
	}
}

// What waits inside a step that is on a worker keeps that worker; what waits on
// a loop keeps nothing.
func TestWhatAWaitKeeps(t *testing.T) {
	waits := []struct {
		name string
		wait func(t engine.Task, g *rig.Gate, db *engine.Resource)
	}{
		{"await", func(t engine.Task, g *rig.Gate, _ *engine.Resource) { _ = t.Await("y", g.Pass) }},
		{"call", func(t engine.Task, g *rig.Gate, _ *engine.Resource) { _ = t.Call("y", g.Pass) }},
		{"connection", func(t engine.Task, g *rig.Gate, _ *engine.Resource) { _ = g.Pass(t) }},
		{"hold", func(t engine.Task, g *rig.Gate, db *engine.Resource) {
			_ = t.Hold(db, func(engine.Task) error { return nil })
		}},
		{"branches", func(t engine.Task, g *rig.Gate, _ *engine.Resource) {
			_ = t.All("y", func(engine.Task) error { return nil }, func(t engine.Task) error { return t.Await("z", g.Pass) })
		}},
	}
	rows := []struct {
		outer string
		keeps string // the pool; by the wait if that matters
		by    map[string]string
	}{
		{outer: "handler", by: map[string]string{"call": engine.PoolBlocking, "connection": engine.PoolBlocking}},
		{outer: "await", by: map[string]string{"call": engine.PoolBlocking}},
		{outer: "call", keeps: engine.PoolBlocking},
		{outer: "block", keeps: engine.PoolBlocking},
		{outer: "compute", keeps: engine.PoolCPU},
		{outer: "hold", by: map[string]string{"call": engine.PoolBlocking, "connection": engine.PoolBlocking}},
	}
	for _, row := range rows {
		for _, wait := range waits {
			t.Run(wait.name+" in "+row.outer, func(t *testing.T) {
				g := rig.NewGate(t)
				held, around := engine.NewResource("held", 1), engine.NewResource("around", 1)
				held.Acquire(engine.NewParker)
				r := serve(t, "hybrid:loops=1,workers=1,blocking=1", func(w http.ResponseWriter, r *http.Request) {
					if r.URL.Path == "/" {
						return
					}
					nest(row.outer, r, engine.TaskOf(r.Context()), around, func(t engine.Task) { wait.wait(t, g, held) })
				})
				waiting := r.Get("/wait")
				rig.Eventually(t, "it waits", func() bool { return g.Now()+held.Stats().Waiting == 1 })
				r.Get("/").Expect(200) // the loop is free in every case
				keeps := row.keeps
				if keeps == "" {
					keeps = row.by[wait.name]
				}
				for _, pool := range []string{engine.PoolBlocking, engine.PoolCPU} {
					busy := 0
					if pool == keeps {
						busy = 1
					}
					r.pooled(pool, busy, 0)
				}
				g.Open()
				held.Release()
				waiting.Expect(200)
			})
		}
	}
}

// On a worker the request's own task is there, by whatever way it is reached,
// and it is the loop's again after.
func TestATaskMovesWithItsRequest(t *testing.T) {
	r := serve(t, "hybrid:loops=1,workers=1", func(w http.ResponseWriter, r *http.Request) {
		task := engine.TaskOf(r.Context())
		check := func(where string) {
			if engine.TaskOf(r.Context()) != task {
				t.Errorf("%s: TaskOf gives another task", where)
			}
			if err := task.Await(where, func(engine.Task) error { return nil }); err != nil {
				t.Errorf("%s: %v", where, err)
			}
		}
		check("handler")
		task.Compute("x", func() { check("compute") })
		_ = task.Block("x", func() error { check("block"); return nil })
		_ = task.Call("x", func(inner engine.Task) error {
			check("call")
			if inner != task {
				t.Error("call gives another task")
			}
			return nil
		})
		check("handler again")
		_ = task.Block("x", func() error {
			errs := make(chan error)
			go func() { errs <- task.Await("x", func(engine.Task) error { return nil }) }()
			if err := <-errs; !errors.Is(err, engine.ErrForeignGoroutine) {
				t.Errorf("on a goroutine beside the worker: %v", err)
			}
			return nil
		})
	})
	r.Get("/").Expect(200)
}

// A connection is the loop's if it was dialled in an await, and else the
// engine's; either can be used anywhere, and none stalls the loop.
func TestConnectionsWaitAsTheVerbSaysInWhichTheyAreUsed(t *testing.T) {
	g := rig.NewGate(t)
	db := engine.NewResource("db", 1)
	kinds := []string{"handler", "await", "call", "compute"}
	r := serve(t, "hybrid:loops=1,workers=1", func(w http.ResponseWriter, r *http.Request) {
		verb := strings.Split(r.URL.Path, "/")
		if verb[1] == "light" {
			return
		}
		task := engine.TaskOf(r.Context())
		nest(verb[1], r, task, db, func(t engine.Task) {
			c, err := t.Dial(context.Background(), "tcp", g.Address)
			if err != nil {
				fmt.Fprint(w, err)
				return
			}
			defer c.Close()
			_ = c.SetDeadline(time.Now().Add(rig.Patience))
			back := task
			if verb[1] != "handler" {
				back = nil // used inside
			}
			use := func(t engine.Task) {
				nest(verb[2], r, t, db, func(engine.Task) {
					_, err := c.Write([]byte{1})
					if err == nil {
						_, err = io.ReadFull(c, make([]byte, 1))
					}
					fmt.Fprint(w, err)
				})
			}
			if back != nil {
				use(back)
				return
			}
			use(t)
		})
	})
	var all []*rig.Conn
	for _, dialled := range kinds {
		for _, used := range kinds {
			if dialled == "compute" || used == "compute" {
				continue // one worker: they would wait for each other
			}
			all = append(all, r.Get("/"+dialled+"/"+used))
		}
	}
	g.Holds(t, len(all))
	r.Get("/light").Expect(200)
	g.Open()
	for _, c := range all {
		if got := c.Expect(200); got != "<nil>" {
			t.Error(got)
		}
	}
}

// A connection that was dialled in an await and is kept past it does not stall
// the loop either.
func TestAConnectionIsKeptPastItsAwait(t *testing.T) {
	g := rig.NewGate(t)
	r := serve(t, "hybrid:loops=1,workers=1,blocking=1", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/light" {
			return
		}
		task := engine.TaskOf(r.Context())
		var c io.ReadWriteCloser
		var inside, outside any
		err := task.Await("dial", func(t engine.Task) (err error) {
			inside, _ = engine.HostOf(t)
			c, err = t.Dial(r.Context(), "tcp", g.Address)
			return err
		})
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		if outside, _ = engine.HostOf(task); inside == outside {
			t.Error("connections for awaits and for calls go into one pool")
		}
		_, _ = c.Write([]byte{1})
		_, _ = io.ReadFull(c, make([]byte, 1))
	})
	kept := r.Get("/")
	g.Holds(t, 1)
	r.pooled(engine.PoolBlocking, 1, 0)
	r.Get("/light").Expect(200)
	g.Open()
	kept.Expect(200)
}

func failing() { panic("boom") }

func TestAPanicOnAWorkerIsTheHandlers(t *testing.T) {
	sentinel := errors.New("mine")
	var logged strings.Builder
	var mu sync.Mutex
	capture(t, func(p []byte) { mu.Lock(); defer mu.Unlock(); logged.Write(p) })
	r := serve(t, "hybrid:loops=1,workers=1,blocking=1", func(w http.ResponseWriter, r *http.Request) {
		task := engine.TaskOf(r.Context())
		switch r.URL.Path {
		case "/compute":
			task.Compute("x", failing)
		case "/call":
			_ = task.Call("x", func(engine.Task) error { failing(); return nil })
		case "/recovered":
			defer func() {
				p, ok := recover().(*WorkerPanic)
				if !ok || !errors.Is(p, sentinel) || !strings.Contains(string(p.Stack), "WorkerIsTheHandlers") {
					t.Errorf("recovered %v", p)
				}
			}()
			_ = task.Block("x", func() error { panic(sentinel) })
		case "/abort":
			defer func() {
				v := recover()
				if v != http.ErrAbortHandler {
					t.Errorf("%v", v)
				}
				panic(v)
			}()
			task.Compute("x", func() { panic(http.ErrAbortHandler) })
		case "/branch":
			_ = task.Call("x", func(task engine.Task) error {
				return task.All("y", func(engine.Task) error { return nil }, func(engine.Task) error { failing(); return nil })
			})
		}
	})
	r.Get("/compute").Expect(500)
	r.Get("/call").Expect(500)
	r.Get("/recovered").Expect(200)
	r.Get("/branch").Expect(500)
	if res, err := http.ReadResponse(r.Get("/abort").R, nil); err == nil {
		t.Errorf("an aborted handler was answered %s", res.Status)
	}
	r.Get("/").Expect(200)
	r.Stop()
	if s := r.Stats(); s.Panics != 3 {
		t.Errorf("%d panics", s.Panics)
	}
	mu.Lock()
	defer mu.Unlock()
	if n := strings.Count(logged.String(), "hybrid.failing"); n < 3 {
		t.Errorf("the log has the place of %d panics of 3:\n%s", n, &logged)
	}
}

// runtime.Goexit, as testing's FailNow: the handler's goroutine ends with it,
// and the worker is replaced.
func TestAGoroutineThatEndsOnAWorkerEndsTheHandlers(t *testing.T) {
	r := serve(t, "hybrid:loops=1,workers=1,blocking=1", func(w http.ResponseWriter, r *http.Request) {
		task := engine.TaskOf(r.Context())
		switch r.URL.Path {
		case "/compute":
			task.Compute("x", func() { runtime.Goexit() })
			t.Error("the handler goes on")
		case "/block":
			_ = task.Block("x", func() error { runtime.Goexit(); return nil })
			t.Error("the handler goes on")
		case "/":
			task.Compute("x", func() {})
			_ = task.Block("x", func() error { return nil })
		}
	})
	for _, path := range []string{"/compute", "/block", "/compute", "/block"} {
		if res, err := http.ReadResponse(r.Get(path).R, nil); err == nil {
			t.Errorf("%s was answered %s", path, res.Status)
		}
		r.Get("/").Expect(200)
	}
}

// The time in a pool's queue is queued, not in the state of the step.
func TestResidenceInAPoolsQueue(t *testing.T) {
	g := rig.NewGate(t)
	r := serve(t, "hybrid:loops=1,workers=1,blocking=1", g.Verbs)
	first := r.Get("/block")
	r.pooled(engine.PoolBlocking, 1, 0)
	second := r.Get("/block")
	r.pooled(engine.PoolBlocking, 1, 1)
	began := time.Now()
	rig.Eventually(t, "some time passes", func() bool { return time.Since(began) > 5*time.Millisecond })
	waited := time.Since(began)
	g.Open()
	first.Expect(200)
	second.Expect(200)
	r.Stop()
	s := r.Stats()
	if queued := time.Duration(s.Residence[model.Queued]); queued < waited {
		t.Errorf("queued for %v of %v", queued, waited)
	}
	if p := r.pool(engine.PoolBlocking); time.Duration(p.QueuedNanos) < waited || p.Done != 2 {
		t.Errorf("%+v", p)
	}
}
