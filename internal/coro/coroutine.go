package coro

import (
	"fmt"
	"iter"
	"sync/atomic"
)

// A Coroutine runs one body after another. Start, Resume and Stop are called by
// whoever schedules it, by one at a time; Park and Yield by its body; Unpark by
// anybody.
type Coroutine struct {
	state atomic.Uint32

	next  func() (struct{}, bool)
	stop  func()
	yield func(struct{}) bool

	body     func()
	finished bool   // the body has ended; set inside, taken by Resume
	failure  *Panic // that it ended with
}

// The states. Only Resume makes a coroutine parked, after it has left the
// stack: so nobody can resume one that has not stopped yet, and an Unpark that
// comes before that is not lost.
const (
	idle     uint32 = iota // no body
	running                // or ready to: it has to be resumed, or is being
	notified               // running, and the next Park returns at once
	parked                 // suspended until Unpark
	gone                   // its goroutine has ended
)

// A Status is how a coroutine gave control back.
type Status uint8

// The ways in which Resume ends.
const (
	Parked   Status = iota // it waits for an Unpark; somebody may have resumed it already
	Ready                  // it has to be resumed again: it yielded, or was unparked meanwhile
	Finished               // its body has ended; it may be started again
	Gone                   // its body has ended the goroutine (runtime.Goexit)
)

var statusNames = [...]string{"parked", "ready", "finished", "gone"}

// String returns the status's name.
func (s Status) String() string { return statusNames[s] }

// New makes a coroutine, which does nothing yet.
func New() *Coroutine {
	c := new(Coroutine)
	c.next, c.stop = iter.Pull(c.run)
	return c
}

// Start gives an idle coroutine its next body. It is ready then: Resume runs
// the body's first stretch.
func (c *Coroutine) Start(body func()) {
	if c.state.Load() != idle {
		panic("coro: Start of a coroutine that has a body, or has ended")
	}
	c.body, c.failure = body, nil
	c.state.Store(running)
}

// Resume runs the body until it parks, yields or ends. The coroutine has to be
// ready: started, or returned as [Ready] by the last Resume, or Unpark has said
// so since.
func (c *Coroutine) Resume() Status {
	if s := c.state.Load(); s != running && s != notified {
		panic(fmt.Sprintf("coro: Resume of a coroutine that is not ready (state %d)", s))
	}
	switch ended := c.enter(c.step); {
	case ended:
		c.state.Store(gone)
		return Gone
	case c.finished:
		c.finished, c.body = false, nil
		c.state.Store(idle)
		return Finished
	case c.state.CompareAndSwap(running, parked):
		return Parked // from here on it may be somebody else's
	}
	c.state.Store(running)
	return Ready
}

// Park suspends the calling body until an Unpark, or takes one that came since
// the last Park and returns at once. Waiting in a loop for a condition is up to
// the caller.
func (c *Coroutine) Park() {
	if !c.Notified() {
		c.Suspend()
	}
}

// Notified takes an Unpark that came since the last Park, and reports whether
// there was one: the first half of Park.
func (c *Coroutine) Notified() bool { return c.state.CompareAndSwap(notified, running) }

// Suspend is the second half of Park: it gives control back, also if an Unpark
// has come since Notified; Resume then returns [Ready].
func (c *Coroutine) Suspend() { c.leave() }

// Yield lets others run: Resume returns [Ready].
func (c *Coroutine) Yield() {
	c.state.Store(notified)
	c.leave()
}

// Unpark ends the Park that is under way, or else the next one. If it returns
// true the caller has to have the coroutine resumed. It may be called at any
// time: a coroutine without a body takes no notice.
func (c *Coroutine) Unpark() (resume bool) {
	for {
		switch c.state.Load() {
		case running:
			if c.state.CompareAndSwap(running, notified) {
				return false
			}
		case parked:
			if c.state.CompareAndSwap(parked, running) {
				return true
			}
		default:
			return false
		}
	}
}

// Failure returns the panic that ended the last body, or nil.
func (c *Coroutine) Failure() *Panic { return c.failure }
