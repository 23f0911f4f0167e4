package carrier

import (
	"slices"
	"time"
)

// A Deadlock is that every carrier is pinned by a thread that waits for another
// thread, which would need a carrier: to go on, or to be the next to own what
// is waited for. None of them ever runs again. (Netflix met it in 2024: "Java
// 21 Virtual Threads - Dude, Where's My Lock?")
type Deadlock struct {
	Pins   []Pin // what pins each carrier, innermost
	Queued int   // threads that wait for a carrier
}

// certainty is for how long a deadlock has lasted before it is told. What has
// been given a slot a moment ago, and is about to go on, looks the same.
const certainty = 100 * time.Millisecond

// suspect has the matter looked into if every carrier is pinned and no other
// may be added; mu is held.
func (s *Scheduler) suspect() {
	if s.pinned.n < len(s.all) || len(s.all) < s.most || s.stuck() == nil {
		return
	}
	changes := s.changes
	time.AfterFunc(certainty, func() { s.convict(changes) })
}

// stuck returns what pins each carrier, if each of them waits for another
// thread; mu is held.
func (s *Scheduler) stuck() []Pin {
	var pins []Pin
	for _, c := range s.all {
		if len(c.pins) == 0 {
			return nil
		}
		p := c.pins[len(c.pins)-1]
		if p.Stuck == nil {
			return nil
		}
		pins = append(pins, p)
	}
	return pins
}

// convict tells of the deadlock, if nothing has changed since and nobody but
// the threads themselves could end it.
func (s *Scheduler) convict(changes uint64) {
	s.mu.Lock()
	pins := s.stuck()
	told := s.deadlocked
	s.mu.Unlock()
	if told || pins == nil || slices.ContainsFunc(pins, func(p Pin) bool { return !p.Stuck() }) {
		return
	}
	s.mu.Lock()
	if s.changes != changes {
		s.mu.Unlock()
		return
	}
	s.deadlocked = true
	d := Deadlock{Pins: pins, Queued: s.queue.n}
	n := s.relieve()
	s.mu.Unlock()
	s.give(n)
	if s.cfg.OnDeadlock != nil {
		s.cfg.OnDeadlock(d)
	}
}

// Drain says that the engine is to stop: from here on a deadlock is undone by
// one more carrier for each, so that what was received is answered.
func (s *Scheduler) Drain() {
	s.mu.Lock()
	s.draining = true
	n := s.relieve()
	s.mu.Unlock()
	s.give(n)
}

// relieve adds a carrier to a deadlock that is to be undone; mu is held.
func (s *Scheduler) relieve() nudge {
	if !s.draining || !s.deadlocked {
		return nudge{}
	}
	s.deadlocked = false
	s.rescuers++
	s.most++
	return nudge{start: s.newCarrier()}
}
