package enginetest_test

import (
	"context"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/enginetest"
	"github.com/plimsoll-dev/plimsoll/engine/goroutine"
	"github.com/plimsoll-dev/plimsoll/model"
)

// Faults that no engine has a plant for are built around the control: its
// handlers get a task that does one thing wrong.
func TestPlantedFaultsAreFound(t *testing.T) {
	f, first := &forgetting{undone: make(chan struct{})}, make(chan struct{}, 1)
	for _, fault := range []struct {
		enginetest.Fault
		wrong func(engine.Task) engine.Task
	}{
		{enginetest.Fault{Row: "a wake-up that comes before the wait is not lost", Says: "does not go on", Undo: func() { close(f.undone) }},
			func(t engine.Task) engine.Task { return &forgetful{t, f} }},
		{enginetest.Fault{Row: "no more hold a resource than it has slots", Says: "it is still not so"},
			func(t engine.Task) engine.Task { return generous{t} }},
		{enginetest.Fault{Row: "All's functions wait at the same time", Says: "the upstream has 5 requests"},
			func(t engine.Task) engine.Task { return serial{t} }},
		{enginetest.Fault{Row: "computations at once take the CPU time of one after the other", Says: "40 computations at once took"},
			func(t engine.Task) engine.Task { return idle{t} }},
		{enginetest.Fault{Row: "computations at once take the CPU time of one after the other", Says: "40 computations at once took"},
			func(t engine.Task) engine.Task { return sharing{t, first} }},
	} {
		t.Run(fault.Row, func(t *testing.T) {
			fault.Config = "goroutine"
			fault.Build = func(cfg model.EngineConfig) (engine.Engine, error) {
				e, err := goroutine.New(cfg)
				return &faulty{e, fault.wrong}, err
			}
			enginetest.Red(t, "goroutine", fault.Fault)
		})
	}
}

type faulty struct {
	engine.Engine
	wrong func(engine.Task) engine.Task
}

func (f *faulty) SetLimits(l engine.Limits) { f.Engine.(engine.Limiter).SetLimits(l) }

func (f *faulty) Serve(ctx context.Context, ln net.Listener, h http.Handler) error {
	return f.Engine.Serve(ctx, ln, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		task := f.wrong(engine.TaskOf(r.Context()))
		h.ServeHTTP(w, r.WithContext(engine.WithTask(r.Context(), task)))
	}))
}

// A forgetful task forgets an Unpark that comes before the Park.
type forgetful struct {
	engine.Task
	*forgetting
}

type forgetting struct{ undone chan struct{} }

func (t *forgetful) Hold(r *engine.Resource, f func(engine.Task) error) error {
	r.Acquire(func() engine.Parker { return forgetfulParker{t.undone} })
	defer r.Release()
	return f(t)
}

// A forgetfulParker is so slow on its way to the wait that every Unpark comes
// before it, and is forgotten.
type forgetfulParker struct{ undone chan struct{} }

func (p forgetfulParker) Park() { <-p.undone }

func (forgetfulParker) Unpark() {}

// A generous task holds what it has not been given.
type generous struct{ engine.Task }

func (t generous) Hold(_ *engine.Resource, f func(engine.Task) error) error { return f(t) }

// A serial task runs the branches of All one after the other.
type serial struct{ engine.Task }

func (t serial) All(_ string, f ...func(engine.Task) error) (err error) {
	for _, f := range f {
		if e := f(t); e != nil {
			err = e
		}
	}
	return err
}

// An idle task sleeps for as long as a computation might take.
type idle struct{ engine.Task }

func (t idle) Compute(string, func()) { t.Sleep(4 * time.Millisecond) }

// A sharing task lets the first compute, and takes its result for its own.
type sharing struct {
	engine.Task
	first chan struct{}
}

func (t sharing) Compute(op string, f func()) {
	select {
	case t.first <- struct{}{}:
		t.Task.Compute(op, f)
		<-t.first
	default:
	}
}
