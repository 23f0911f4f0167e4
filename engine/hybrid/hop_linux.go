package hybrid

import (
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"runtime/debug"
	"sync/atomic"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/internal/account"
	"github.com/plimsoll-dev/plimsoll/internal/exchange"
	"github.com/plimsoll-dev/plimsoll/internal/executor"
	"github.com/plimsoll-dev/plimsoll/internal/fiber"
	"github.com/plimsoll-dev/plimsoll/internal/inline"
	"github.com/plimsoll-dev/plimsoll/internal/osthread"
	"github.com/plimsoll-dev/plimsoll/internal/trace"
	"github.com/plimsoll-dev/plimsoll/model"
)

// A job is a function on its way from a fiber to a worker and back. The fiber
// waits meanwhile, so that task and clock are the worker's alone.
type job struct {
	f     func() error
	task  *inline.Task   // nil: of a connection's wait
	clock *account.Clock // nil: of a branch
	state model.State    // that the request is in while f runs
	back  func()         // has the fiber look at done

	done     atomic.Bool // what follows is there
	err      error
	panicked any
	exited   bool // f ended its goroutine
}

// A WorkerPanic is what a step panics with whose function did so on a worker:
// the stack of that function would be lost otherwise.
type WorkerPanic struct {
	Value any    // what the function panicked with
	Stack []byte // of the worker
}

func (p *WorkerPanic) Error() string {
	return fmt.Sprintf("hybrid: a step panicked on its worker: %v\n\n%s", p.Value, p.Stack)
}

// Unwrap returns the value if it is an error.
func (p *WorkerPanic) Unwrap() error {
	err, _ := p.Value.(error)
	return err
}

// step has a worker run f, as a step of t.
func (e *Engine) step(me *fiber.Fiber, to *executor.Executor[*job], t *inline.Task, f func(engine.Task) error) error {
	return e.hop(me, to, &job{task: t, f: func() error { return f(t) }})
}

// call runs f as what it is outside of any verb: a synchronous call. On a
// worker, where me is nil, that is here.
func (e *Engine) call(me *fiber.Fiber, f func() error) error {
	if me == nil {
		return f()
	}
	if clk := me.Clock(); clk != nil && clk.State() == model.OnCPU {
		prev := clk.Enter(model.Calling)
		defer clk.Leave(prev)
	}
	return e.hop(me, e.blocking, &job{f: f})
}

// hop has a worker run j, while me is suspended on its loop.
func (e *Engine) hop(me *fiber.Fiber, to *executor.Executor[*job], j *job) error {
	j.back = me.Unpark
	// The clock is the worker's until j is done: me may be resumed before, for
	// nothing, and would book that.
	clk := me.Clock()
	if clk != nil {
		me.Account(nil)
		defer me.Account(clk)
		j.clock, j.state = clk, clk.Enter(model.Queued)
	}
	if !to.Submit(j) {
		if clk != nil {
			clk.Leave(j.state)
		}
		panic(exchange.ErrRejected)
	}
	me.ParkFor(&j.done)
	if clk != nil {
		clk.Resumed(me.Times())
	}
	switch {
	case j.panicked != nil:
		panic(j.panicked)
	case j.exited:
		runtime.Goexit()
	}
	return j.err
}

// work runs a job, on a worker's thread.
func (e *Engine) work(j *job) {
	j.exited = true
	defer func() { j.panicked = carry(recover()) }()
	if j.task != nil {
		defer j.task.Return(j.task.Take())
		strand, _ := j.task.Running()
		defer ran(strand, account.Now())
	}
	if j.clock != nil {
		j.clock.Leave(j.state)
		before, cpu := j.clock.OnCPU(), osthread.CPUTime()
		defer func() { j.clock.Used(before, osthread.CPUTime()-cpu) }()
	}
	j.err = j.f()
	j.exited = false
}

// done has the fiber go on with what came of a job.
func (e *Engine) done(j *job) {
	j.done.Store(true)
	e.tell(j.back)
}

// carry returns what is to be panicked with on the fiber.
func carry(v any) any {
	switch v := v.(type) {
	case nil:
		return nil
	case *engine.BranchPanic: // of an All inside: its stack is the one to show
		return v
	case error:
		if v == http.ErrAbortHandler || errors.Is(v, exchange.ErrRejected) {
			return v
		}
	}
	return &WorkerPanic{Value: v, Stack: debug.Stack()}
}

// ran records what the calling thread did from since to now.
func ran(s trace.Strand, since int64) {
	if trace.On() {
		trace.Add(trace.Event{What: trace.Run, Track: trace.ThisThread(), Strand: s, From: since, To: account.Now()})
	}
}
