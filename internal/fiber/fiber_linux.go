package fiber

import (
	"math"
	"sync/atomic"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/internal/account"
	"github.com/plimsoll-dev/plimsoll/internal/coro"
	"github.com/plimsoll-dev/plimsoll/internal/goid"
	"github.com/plimsoll-dev/plimsoll/internal/osthread"
	"github.com/plimsoll-dev/plimsoll/internal/reactor"
	"github.com/plimsoll-dev/plimsoll/internal/trace"
	"github.com/plimsoll-dev/plimsoll/model"
)

// forever is a time that does not come.
const forever = math.MaxInt64

// A Fiber is a coroutine that a scheduler runs: a request, or a branch of one.
// It is an [engine.Parker] for itself. Unpark may be called by anybody, at any
// time; the other methods are the fiber's own, unless they say otherwise.
type Fiber struct {
	group *Group
	co    *coro.Coroutine // made where it first runs
	main  func()          // the coroutine's body: life
	body  runner
	begun bool       // a coroutine has the body
	tag   any        // the scheduler's
	owner goid.Owner // its goroutine, while that is in the table

	wait   Wait
	permit atomic.Bool // of Park and Unpark
	pinned atomic.Bool // Park blocks the thread, see Pin
	thread osthread.Parker
	timer  reactor.Timer // of Sleep

	// Written by whoever may resume the fiber, read once it runs.
	readyAt int64
	carrier *Carrier

	slice  slice
	clock  *account.Clock // of the request that it runs; nil: of none
	strand trace.Strand   // that it runs; zero: none
}

var _ engine.Parker = (*Fiber)(nil)

// A Wait says what waiting costs.
type Wait uint8

// The ways to wait.
const (
	// Suspend: the fiber leaves its carrier, which goes on with others.
	Suspend Wait = iota
	// Block: on a connection from Dial the carrier's thread waits. To park, to
	// sleep, and to wait for the client whose request it is, still suspends.
	Block
	// Pin: whatever the fiber waits for, the carrier's thread waits.
	Pin
	// Ask: the fiber lets others run, and then asks again itself whether a
	// connection is ready, or a time has come; nobody tells it. To park still
	// suspends.
	Ask
)

// Current returns the fiber that the calling goroutine is, or nil.
func Current() *Fiber { return fibers.get(goid.Current()) }

// SetWait says what waits cost from here on, and returns what they did before.
func (f *Fiber) SetWait(w Wait) (before Wait) {
	before, f.wait = f.wait, w
	return before
}

// Pinned reports whether its waits keep the carrier's thread.
func (f *Fiber) Pinned() bool { return f.wait == Pin }

// Step returns the innermost step that the fiber has entered; verb is 0 outside
// of any.
func (f *Fiber) Step() (op string, verb model.Verb) { return f.slice.at.op, f.slice.at.verb }

// Wait returns what waits cost at the moment.
func (f *Fiber) Wait() Wait { return f.wait }

// Group returns the group that the fiber belongs to. Anybody may call it.
func (f *Fiber) Group() *Group { return f.group }

// Tag returns what [Group.New] was given. Anybody may call it who may resume the
// fiber, and the fiber itself.
func (f *Fiber) Tag() any { return f.tag }

// Fresh reports whether the fiber has not begun, and nobody but its scheduler
// has it: another may do what it was started for. Whoever is to run it may ask.
func (f *Fiber) Fresh() bool { return !f.begun && f.tag == nil }

// Carrier returns what runs the fiber, or ran it last; nil: it has not run yet.
// Whoever is to run it next may ask, too.
func (f *Fiber) Carrier() *Carrier { return f.carrier }

// Times returns when the fiber last became ready to run, and since when it has
// been running, on account.Now's clock.
func (f *Fiber) Times() (ready, began int64) { return f.readyAt, f.slice.began }

// Account makes the fiber that of the request on clk: the times in which it
// could run and did not are the request's. nil: of no request.
func (f *Fiber) Account(clk *account.Clock) {
	f.clock = clk
	if clk == nil {
		f.strand = trace.Strand{}
		return
	}
	f.run(clk.Strand())
}

// Strand returns what the fiber runs; the zero Strand: nothing that a trace
// knows.
func (f *Fiber) Strand() trace.Strand { return f.strand }

// run says which strand the fiber runs from here on.
func (f *Fiber) run(s trace.Strand) { f.strand, f.slice.strand = s, s }

// Clock returns what Account was given.
func (f *Fiber) Clock() *account.Clock { return f.clock }

// Park implements [engine.Parker].
func (f *Fiber) Park() {
	if f.wait != Pin {
		for !f.permit.Swap(false) {
			f.suspend()
		}
		return
	}
	f.pinned.Store(true) // in this order, and in Unpark in the other, none is lost
	for !f.permit.Swap(false) {
		f.thread.Park()
	}
	f.pinned.Store(false)
}

// Unpark implements [engine.Parker].
func (f *Fiber) Unpark() {
	f.permit.Store(true)
	if f.pinned.Load() {
		f.thread.Unpark()
		return
	}
	f.wake(0)
}

// ParkFor parks until done is set, by somebody who then unparks the fiber. It
// parks at least once: else that Unpark, if it comes late, would be the next
// Park's, or the next fiber's that is this one again.
func (f *Fiber) ParkFor(done *atomic.Bool) {
	for f.Park(); !done.Load(); {
		f.Park()
	}
}

// wake has the fiber run if it is suspended, and otherwise has its next suspend
// return at once: whoever suspends looks again why. at is when that became so;
// 0: now. Anybody may call it.
func (f *Fiber) wake(at int64) {
	if !f.co.Unpark() {
		return
	}
	if at == 0 {
		at = reactor.Clock()
	}
	f.readyAt = at
	f.group.scheduler.Ready(f)
}

// suspend gives the carrier away until somebody wakes the fiber.
func (f *Fiber) suspend() {
	if f.co.Notified() {
		return
	}
	f.endSlice()
	f.co.Suspend()
}

// Yield lets others run that are ready.
func (f *Fiber) Yield() {
	f.endSlice()
	f.co.Yield()
}

// ask lets others run before the fiber asks again. It is the request's waiting
// all the same, and not a lack of CPU.
func (f *Fiber) ask() {
	clk := f.clock
	f.clock = nil
	f.Yield()
	f.clock = clk
}

// Sleep waits for d; not at all if that is 0 or less.
func (f *Fiber) Sleep(d time.Duration) {
	if d <= 0 {
		return
	}
	if f.wait == Pin {
		osthread.Sleep(d)
		return
	}
	now := reactor.Clock()
	at := now + min(int64(d), forever-now)
	// When the slice began is no answer: the timer may have fired in it, before
	// the fiber was suspended, or the carrier have looked at the clock before.
	for ; now < at; now = reactor.Clock() {
		if f.wait == Ask {
			f.ask()
			continue
		}
		f.group.reactor.Start(&f.timer, at)
		f.suspend()
	}
}

// life is what the coroutine does for the fiber, and for those whose bodies it
// inherits.
func (f *Fiber) life() {
	if f.owner == 0 {
		f.owner = goid.Current()
		fibers.put(f.owner, f)
	}
	died := true
	defer func() {
		if died { // by a panic or runtime.Goexit: its goroutine may be at its end
			f.forget()
		}
		f.endSlice()
	}()
	for f.body.run(); f.inherit(); f.body.run() {
	}
	died = false
}

// inherit makes the fiber, whose body has ended, the one that its carrier would
// run next, if that is fresh: on a stack that is warm, and without two switches.
// The scheduler is told as if they had been made.
func (f *Fiber) inherit() bool {
	c := f.carrier
	if c.Queue == nil {
		return false
	}
	next := c.Queue.Next()
	if next == nil {
		return false
	}
	f.endSlice()
	c.record()
	c.Queue.Book(&c.last)
	f.body, f.wait, f.readyAt, f.clock = next.body, next.wait, next.readyAt, nil
	f.group.put(next)
	f.slice.begin(f.readyAt, c.last.Ended)
	f.slice.strand = f.strand
	return true
}

// forget takes the fiber's goroutine out of the table.
func (f *Fiber) forget() {
	if f.owner != 0 {
		fibers.remove(f.owner)
		f.owner = 0
	}
}
