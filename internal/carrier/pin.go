package carrier

import (
	"time"

	"github.com/plimsoll-dev/plimsoll/model"
)

// A Pin is why a carrier cannot leave its thread although that waits.
type Pin struct {
	Op   string
	Verb model.Verb
	// Resource is the name of what the thread waits for a slot of; empty: it
	// waits for something else.
	Resource string
	// Stuck reports whether nothing can end the wait but another thread that
	// runs; nil: it ends by itself. It is called on any goroutine.
	Stuck func() bool
	// Lend says that a carrier is added for the time of the wait, beyond those
	// that may be: see ForkJoinPool.managedBlock.
	Lend bool

	since int64
}

// Pin says that the thread on c, from here to Unpin, keeps it while it waits.
// Pins nest; the outermost is the one that is counted. A carrier is added if
// there may be one, and another takes over polling. It is called by the thread.
func (s *Scheduler) Pin(c *Carrier, p Pin) {
	p.since = s.cfg.Now()
	s.mu.Lock()
	n := s.pin(c, p)
	s.suspect()
	s.mu.Unlock()
	s.give(n)
}

// Unpin ends the latest Pin on c. It is called by the thread.
func (s *Scheduler) Unpin(c *Carrier) {
	now := s.cfg.Now()
	s.mu.Lock()
	p, outermost := s.unpin(c, now)
	s.mu.Unlock()
	if outermost && s.cfg.OnPinned != nil {
		s.cfg.OnPinned(p, time.Duration(now-p.since))
	}
}

// Away says that the calling thread is going to keep its carrier busy: if that
// is the one that asks for events another one has to.
func (s *Scheduler) Away() {
	s.mu.Lock()
	n := s.away()
	s.mu.Unlock()
	s.give(n)
}

// The rest are decisions; mu is held.

func (s *Scheduler) pin(c *Carrier, p Pin) nudge {
	c.pins = append(c.pins, p)
	s.changes++
	if p.Lend {
		s.most++
	}
	if len(c.pins) == 1 {
		s.pins++
		s.pinned.add(1, p.since)
	} else if !p.Lend {
		return nudge{}
	}
	if s.surplus() < 0 && len(s.all) < s.most {
		return nudge{start: s.newCarrier()}
	}
	return s.away()
}

func (s *Scheduler) unpin(c *Carrier, now int64) (p Pin, outermost bool) {
	last := len(c.pins) - 1
	p = c.pins[last]
	c.pins[last] = Pin{}
	c.pins = c.pins[:last]
	s.changes++
	s.deadlocked = false
	if p.Lend {
		s.most--
	}
	if last > 0 {
		return p, false
	}
	s.pinned.add(-1, now)
	return p, true // one that was added may be too many now: the next to look ends
}

// surplus returns by how many the carriers that are not pinned are too many.
func (s *Scheduler) surplus() int { return len(s.all) - s.pinned.n - s.size - s.rescuers }

func (s *Scheduler) away() nudge {
	if s.poller == nil || s.queue.n > 0 {
		return s.rouse()
	}
	return nudge{}
}
