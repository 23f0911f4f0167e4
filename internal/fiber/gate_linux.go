package fiber

import (
	"os"
	"sync/atomic"

	"github.com/plimsoll-dev/plimsoll/internal/reactor"
)

// A gate is where the user of one direction of a socket waits. Whatever may end
// the wait (an event, a deadline, Close) opens the gate; the user then looks
// for itself what it was.
type gate struct {
	state    atomic.Uint32
	waiter   atomic.Pointer[Fiber]   // while state is waiting; one that is not any more is woken in vain
	thread   atomic.Pointer[blocker] // of a user that waits in poll(2)
	deadline atomic.Int64            // on reactor.Clock; 0: none
	timer    *reactor.Timer          // made for the first wait with a deadline
}

// The states of a gate.
const (
	shut    uint32 = iota
	opened         // and nobody has looked since
	waiting        // a fiber waits
	resting        // no fiber does: a request that comes is to get one
)

// open ends a wait. It reports whether nobody waited and the gate was resting;
// whoever gets that answer has the socket.
func (g *gate) open(now int64) (rested bool) {
	switch g.state.Swap(opened) {
	case waiting:
		g.waiter.Load().wake(now)
	case resting:
		return true
	}
	return false
}

// pass closes an open gate behind whoever is about to look.
func (g *gate) pass() { g.state.Store(shut) }

// interrupt is open for those that also end a wait in poll(2).
func (g *gate) interrupt() {
	if b := g.thread.Load(); b != nil {
		b.wake()
	}
	// A resting gate is left alone: whoever rests has no deadline and is closed
	// by its owner only.
	for {
		switch s := g.state.Load(); s {
		case resting, opened:
			return
		default:
			if g.state.CompareAndSwap(s, opened) {
				if s == waiting {
					g.waiter.Load().wake(0)
				}
				return
			}
		}
	}
}

// expired reports whether the deadline has passed.
func (g *gate) expired() bool {
	d := g.deadline.Load()
	return d != 0 && d <= reactor.Clock()
}

// wait suspends f until the gate is opened: at once, if it was since it was
// last passed. The error is os.ErrDeadlineExceeded, or that of s being closed.
func (g *gate) wait(s *socket, f *Fiber) error {
	g.waiter.Store(f)
	if !g.state.CompareAndSwap(shut, waiting) {
		g.pass()
		return nil
	}
	// From here on a new deadline, and Close, see that somebody waits; what
	// came before is seen now.
	err := s.usable(g)
	if err == nil {
		if d := g.deadline.Load(); d != 0 {
			g.arm(s.group, d)
		}
		for g.state.Load() == waiting {
			f.suspend()
		}
	}
	g.pass()
	return err
}

// usable says why nobody may wait.
func (s *socket) usable(g *gate) error {
	if s.refs.Load()&closing != 0 {
		return errClosing
	}
	if g.expired() {
		return os.ErrDeadlineExceeded
	}
	return nil
}

// arm has a timer open the gate at the deadline. It is not stopped when nobody
// waits any more, and puts itself off when it fires: a deadline that is set
// again and again, as a connection's is, then costs as good as nothing.
func (g *gate) arm(group *Group, deadline int64) {
	if g.timer == nil {
		t := new(reactor.Timer)
		t.Init(func() {
			switch d := g.deadline.Load(); {
			case d == 0:
			case d > group.reactor.Now():
				group.reactor.Advance(t, d)
			default:
				g.interrupt()
			}
		})
		g.timer = t
	}
	group.reactor.Advance(g.timer, deadline)
}

// disarm takes the timer back, which would keep the socket in memory until its
// time. Nobody waits any more; one that fires just now finds no deadline.
func (g *gate) disarm(group *Group) {
	if g.timer != nil {
		g.deadline.Store(0)
		group.reactor.Stop(g.timer)
	}
}
