package carrier

import (
	"sync"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/goid"
)

// A Thread is a virtual thread.
type Thread interface {
	// Mount runs the thread on c until it gives the carrier back, and returns
	// the time of that. It is called on c's goroutine, once for each Ready. By
	// the time it returns the thread may be ready again, or running elsewhere.
	Mount(c *Carrier, now int64) (left int64)
	// Carrier returns what the thread was mounted on last; nil: it is new. It
	// is called while the thread is ready.
	Carrier() *Carrier
}

// A Poller is what carriers wait on when there is nothing to run. It makes
// threads ready by [Scheduler.Ready].
type Poller interface {
	// Poll makes one turn: it waits until there are events, for up to max (0:
	// it does not wait; negative: as long as it takes), and handles them. It is
	// called by one carrier at a time.
	Poll(max time.Duration) error
	// Wake ends a Poll that waits, or else the next one. It is called on any
	// goroutine.
	Wake()
	// Now returns the time of the turn, on the scheduler's clock. It is called
	// by what runs inside Poll.
	Now() int64
}

// Config says how a scheduler is to be.
type Config struct {
	Carriers   int // threads that run at once, at least 1
	Compensate int // carriers that may be added while others are pinned
	Poller     Poller
	Now        func() int64 // the clock, nanoseconds

	// OnPinned is told how long a carrier was pinned, on its goroutine.
	OnPinned func(Pin, time.Duration)
	// OnDeadlock is told, once each time, when every carrier waits for threads
	// that need one. It is called on a goroutine of its own.
	OnDeadlock func(Deadlock)
	Plant      Plant
}

// A Scheduler mounts threads on carriers. Its methods may be called on any
// goroutine, unless they say otherwise.
type Scheduler struct {
	cfg  Config
	size int // carriers, without those that are added
	done sync.WaitGroup

	// mu guards what follows. It is held for a few assignments, never while
	// anybody is woken.
	mu       sync.Mutex
	most     int // carriers, with those that may be added now
	queue    queue
	all      []*Carrier // that exist
	idle     []*Carrier // that sleep; the last to fall asleep is the first to be woken
	poller   *Carrier   // that is in Poll
	asleep   bool       // it may wait there, and nobody has woken it
	searcher *Carrier   // that was woken and has not looked yet
	round    int        // threads to run before events are asked for again
	stopping bool
	draining bool
	rescuers int // carriers added to undo deadlocks

	deadlocked bool
	changes    uint64 // of what pins whom

	polls, mounts, remounts, pins uint64

	busy, pinned, queued level
	watch                watch
}

// A Carrier is a goroutine that threads are mounted on.
type Carrier struct {
	// Local is for those who mount threads. It is used on the carrier's
	// goroutine, and by the thread that is mounted.
	Local any

	number int
	id     goid.Owner
	wake   chan struct{} // ends its sleep
	busy   bool
	pins   []Pin // of its thread, outermost first
}

// New returns a scheduler that has not started yet.
func New(cfg Config) *Scheduler {
	size := cfg.Carriers + cfg.Plant.Carriers
	return &Scheduler{cfg: cfg, size: size, most: size + cfg.Compensate}
}

// Ready puts t in the queue: it is to run once more.
func (s *Scheduler) Ready(t Thread) {
	s.mu.Lock()
	// The poller looks at the queue itself, when it has seen all events.
	own := s.poller != nil && s.poller.id == goid.Current()
	var now int64
	if own {
		now = s.cfg.Poller.Now()
	} else {
		now = s.cfg.Now()
	}
	n := s.add(t, now, own)
	s.mu.Unlock()
	s.give(n)
}

// The rest is the scheduler's decisions: what to do next is a function of the
// state and the time. mu is held.

// An action is what a carrier does next.
type action uint8

const (
	mount action = iota // run a thread
	poll                // ask for events, and wait for them if asleep says so
	sleep               // until woken
	end
)

// A nudge is what is to be done once mu is released.
type nudge struct {
	wake  *Carrier
	start *Carrier
	poll  bool // the poller is to be woken
}

// add puts t in the queue. own says that a carrier does it that is about to
// look there itself.
func (s *Scheduler) add(t Thread, now int64, own bool) nudge {
	s.queue.push(t)
	s.queued.add(1, now)
	if own {
		return nudge{}
	}
	return s.rouse()
}

// rouse has one more carrier look for work, unless one is about to.
func (s *Scheduler) rouse() (n nudge) {
	switch {
	case s.searcher != nil:
	case len(s.idle) > 0:
		last := len(s.idle) - 1
		n.wake, s.idle = s.idle[last], s.idle[:last]
		s.searcher = n.wake
	case s.asleep && !s.cfg.Plant.LostWake:
		n.poll = true
		s.asleep, s.searcher = false, s.poller
	}
	return n
}

// next decides what c does.
func (s *Scheduler) next(c *Carrier, now int64) (do action, t Thread, n nudge) {
	if s.searcher == c {
		s.searcher = nil
	}
	if s.poller == c {
		s.poller, s.asleep = nil, false
		s.round = s.queue.n
		s.polls++
	}
	switch {
	case s.surplus() > 0 || s.stopping && s.queue.n == 0:
		s.setBusy(c, false, now)
		s.remove(c)
		if s.queue.n > 0 || s.poller == nil {
			n = s.rouse()
		}
		return end, nil, n
	case s.queue.n > 0 && (s.round > 0 || s.poller != nil):
		s.setBusy(c, true, now)
		t = s.take(c, now)
		if s.queue.n > 0 {
			n = s.rouse()
		}
		return mount, t, n
	case s.poller == nil:
		s.setBusy(c, false, now)
		s.poller, s.asleep = c, s.queue.n == 0
		return poll, nil, n
	}
	s.setBusy(c, false, now)
	s.idle = append(s.idle, c)
	return sleep, nil, n
}

// take takes the next thread for c.
func (s *Scheduler) take(c *Carrier, now int64) (t Thread) {
	if s.cfg.Plant.NewestFirst {
		t = s.queue.popNewest()
	} else {
		t = s.queue.pop()
	}
	s.round--
	s.queued.add(-1, now)
	s.mounts++
	if last := t.Carrier(); last != nil && last != c {
		s.remounts++
	}
	return t
}

func (s *Scheduler) setBusy(c *Carrier, busy bool, now int64) {
	if c.busy == busy {
		return
	}
	c.busy = busy
	if busy {
		s.busy.add(1, now)
	} else {
		s.busy.add(-1, now)
	}
}
