// Package inline has the [engine.Task] that checks its goroutine and accounts
// for every step. What waiting costs is the business of the [Host]. On engines
// on which a request keeps what carries it, every verb runs its function on the
// calling goroutine; a Host that is a [Runner] has them run otherwise.
//
// An engine keeps one [Task] per carrier: Reset for each request, Release when
// it is answered.
package inline

import (
	"context"
	"net"
	"sync/atomic"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/internal/account"
	"github.com/plimsoll-dev/plimsoll/internal/goid"
	"github.com/plimsoll-dev/plimsoll/internal/trace"
	"github.com/plimsoll-dev/plimsoll/model"
)

// A Host is how an engine waits. It is comparable (a pointer), and the same
// for all tasks that may use each other's connections. Its methods are called
// on the goroutine that is to wait; all may be called concurrently.
type Host interface {
	Dial(ctx context.Context, network, address string) (net.Conn, error)
	Sleep(d time.Duration)
	NewParker() engine.Parker // for one wait of the calling goroutine
	Go(f func())              // runs f concurrently, the engine's way; returns at once
}

// A Runner is a [Host] that decides how a step's function runs: on another
// thread, or where it is called, with waits that cost something else meanwhile.
type Runner interface {
	// Run calls f, once, with the task to use inside, and returns its error. It
	// is called for await, call, compute and block, on the goroutine that t
	// belongs to; t has entered the step already. Functions of compute and block
	// ignore the task.
	Run(t *Task, op string, verb model.Verb, f func(engine.Task) error) error
}

// A Holder is a [Host] on which having a resource costs more than its slot.
type Holder interface {
	// Hold waits for a slot of r, calls held, and gives the slot back, also if
	// held panics. It is called on the goroutine that is to wait.
	Hold(r *engine.Resource, held func() error) error
}

// A Sharer is a [Host] whose connections do not belong to it, or not all.
type Sharer interface {
	// Shares returns what a connection belongs to that the calling goroutine
	// dials here and now; see [engine.HostOf].
	Shares() any
}

// A Task is a running request. It belongs to the goroutine that called Reset
// and checks that on every use.
type Task struct {
	owner  atomic.Uintptr // goid.Owner; 0 while no request runs
	host   Host
	runner Runner // host, or nil
	holder Holder // host, or nil
	ledger *account.Ledger
	clock  *account.Clock // nil in the branches of All that run beside the first
	strand trace.Strand
}

var _ engine.Task = (*Task)(nil)

// Reset makes the task that of a request that begins on the calling
// goroutine, accounted on clk.
func (t *Task) Reset(host Host, clk *account.Clock) {
	t.init(host, clk.Ledger(), clk)
	t.strand = clk.Strand()
}

// ResetBranch makes the task that of a piece of a request that is accounted
// elsewhere: its steps are counted, and it moves no clock.
func (t *Task) ResetBranch(host Host, l *account.Ledger) { t.init(host, l, nil) }

func (t *Task) init(host Host, l *account.Ledger, clk *account.Clock) {
	t.host, t.ledger, t.clock = host, l, clk
	t.runner, _ = host.(Runner)
	t.holder, _ = host.(Holder)
	t.owner.Store(goid.Current())
}

// On calls f with a task of its own for the inside of a step: it belongs to the
// same goroutine and request, waits as host does, and its connections are
// host's. It ends with f.
func (t *Task) On(host Host, f func(engine.Task) error) error {
	inner := new(Task)
	inner.init(host, t.ledger, t.clock)
	inner.strand = t.strand
	defer inner.Release()
	return f(inner)
}

// Release ends the task: until the next Reset it belongs to nobody.
func (t *Task) Release() { t.owner.Store(0) }

// Take makes the task that of the calling goroutine, which does a step of it
// while the one that it belonged to waits, and returns what Return gives back.
func (t *Task) Take() (from goid.Owner) { return t.owner.Swap(goid.Current()) }

// Return ends what Take began.
func (t *Task) Return(to goid.Owner) { t.owner.Store(to) }

// Owned reports whether the task belongs to the calling goroutine.
func (t *Task) Owned() bool { return t.owner.Load() == goid.Current() }

// Host returns what the task's connections belong to, see [engine.HostOf].
func (t *Task) Host() any {
	if s, ok := t.host.(Sharer); ok {
		return s.Shares()
	}
	return t.host
}

// enter moves the request into a state and returns the time and where to go
// back to.
func (t *Task) enter(s model.State) (at int64, prev model.State) {
	if t.clock == nil {
		return account.Now(), s
	}
	prev = t.clock.Enter(s)
	return t.clock.At(), prev
}

// leave goes back, and enters the step into the ledger.
func (t *Task) leave(op string, verb model.Verb, since int64, prev model.State) {
	at, _ := t.enter(prev)
	t.book(op, verb, since, 0, at)
}

// book enters a step that has ended, of whose time some was spent waiting for a
// slot.
func (t *Task) book(op string, verb model.Verb, since, waited, at int64) {
	t.ledger.Op(op, verb, at-since)
	if trace.On() {
		trace.Add(trace.Event{What: trace.Step, Strand: t.strand, Op: op, Verb: verb, From: since, Waited: waited, To: at})
	}
}

// Await implements [engine.Task].
func (t *Task) Await(op string, f func(engine.Task) error) error {
	if !t.Owned() {
		return engine.ErrForeignGoroutine
	}
	since, prev := t.enter(model.Awaiting)
	defer t.leave(op, model.Await, since, prev)
	return t.run(op, model.Await, f)
}

// run calls f the host's way.
func (t *Task) run(op string, verb model.Verb, f func(engine.Task) error) error {
	if t.runner == nil {
		return f(t)
	}
	return t.runner.Run(t, op, verb, f)
}

// Call implements [engine.Task].
func (t *Task) Call(op string, f func(engine.Task) error) error {
	if !t.Owned() {
		return engine.ErrForeignGoroutine
	}
	since, prev := t.enter(model.Calling)
	defer t.leave(op, model.Call, since, prev)
	return t.run(op, model.Call, f)
}

// Compute implements [engine.Task].
func (t *Task) Compute(op string, f func()) {
	if !t.Owned() {
		f()
		return
	}
	since, prev := t.enter(model.OnCPU)
	defer t.leave(op, model.Compute, since, prev)
	if t.runner == nil {
		f()
		return
	}
	_ = t.runner.Run(t, op, model.Compute, func(engine.Task) error { f(); return nil }) // f's own
}

// Block implements [engine.Task].
func (t *Task) Block(op string, f func() error) error {
	if !t.Owned() {
		return engine.ErrForeignGoroutine
	}
	since, prev := t.enter(model.Blocked)
	defer t.leave(op, model.Block, since, prev)
	return t.run(op, model.Block, func(engine.Task) error { return f() })
}

// Hold implements [engine.Task]. The wait for the slot is [model.Holding];
// what f does belongs to the state around the Hold, or to its own verbs.
func (t *Task) Hold(r *engine.Resource, f func(engine.Task) error) error {
	if !t.Owned() {
		return engine.ErrForeignGoroutine
	}
	since, prev := t.enter(model.Holding)
	has := since
	defer func() {
		at, _ := t.enter(prev)
		t.book(r.Name(), model.Hold, since, waited(since, has), at)
	}()
	if t.holder != nil {
		return t.holder.Hold(r, func() error { has, _ = t.enter(prev); return f(t) })
	}
	r.Acquire(t.host.NewParker)
	defer r.Release() // first, so that the slot does not wait for the accounts
	has, _ = t.enter(prev)
	return f(t)
}

// All implements [engine.Task]. The first function runs on the caller, as the
// task itself, and the request is in whatever state that function puts it
// into; while the others are waited for, the request is [model.Awaiting]. The
// others are counted as ops and do not move the request's state: it is in one
// state at a time.
func (t *Task) All(op string, f ...func(engine.Task) error) error {
	if !t.Owned() {
		return engine.ErrForeignGoroutine
	}
	since, prev := t.enter(t.state())
	defer t.leave(op, model.Parallel, since, prev)
	branches := make([]func() error, len(f))
	for i := range f {
		branches[i] = func() error { return t.branch(op, f[i]) }
	}
	if len(f) > 0 {
		branches[0] = func() error { return f[0](t) }
	}
	return engine.Join(func() engine.Parker { return awaiting{t.host.NewParker(), t} }, t.host.Go, branches...)
}

// branch runs f with a task of its own, that of the calling goroutine.
func (t *Task) branch(op string, f func(engine.Task) error) error {
	b := new(Task)
	b.init(t.host, t.ledger, nil)
	defer b.Release()
	b.strand = t.strand.NewBranch()
	defer b.follow(op)()
	return f(b)
}

// awaiting is a parker that accounts for the wait.
type awaiting struct {
	engine.Parker
	t *Task
}

func (a awaiting) Park() {
	_, prev := a.t.enter(model.Awaiting)
	a.Parker.Park()
	a.t.enter(prev)
}

// state is the request's state, as far as this task moves it.
func (t *Task) state() model.State {
	if t.clock == nil {
		return model.OnCPU
	}
	return t.clock.State()
}

// Dial implements [engine.Task]. Outside any verb it is a Call.
func (t *Task) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	if !t.Owned() {
		return nil, engine.ErrForeignGoroutine
	}
	if t.state() == model.OnCPU {
		_, prev := t.enter(model.Calling)
		defer t.enter(prev)
	}
	return t.host.Dial(ctx, network, address)
}

// Sleep implements [engine.Task].
func (t *Task) Sleep(d time.Duration) {
	if !t.Owned() {
		time.Sleep(d)
		return
	}
	_, prev := t.enter(model.Awaiting)
	defer t.enter(prev)
	t.host.Sleep(d)
}
