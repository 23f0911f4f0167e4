package carrier

import (
	"fmt"
	"slices"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/goid"
)

// Start starts the carriers.
func (s *Scheduler) Start() {
	s.mu.Lock()
	started := make([]*Carrier, s.size)
	for i := range started {
		started[i] = s.newCarrier()
	}
	alone := s.most == 1
	s.mu.Unlock()
	for _, c := range started {
		go s.run(c)
	}
	if !alone {
		s.watch.start(s)
	}
}

// Stop ends the carriers when the queue is empty, and waits until they have
// ended. A thread that is made ready afterwards does not run any more.
func (s *Scheduler) Stop() {
	s.mu.Lock()
	s.stopping = true
	asleep := s.idle
	s.idle = nil
	s.mu.Unlock()
	for _, c := range asleep {
		c.wake <- struct{}{}
	}
	s.cfg.Poller.Wake()
	s.done.Wait()
	s.watch.stop()
}

// newCarrier adds a carrier that is to be started; mu is held.
func (s *Scheduler) newCarrier() *Carrier {
	number := 0
	for slices.ContainsFunc(s.all, func(c *Carrier) bool { return c.number == number }) {
		number++
	}
	c := &Carrier{number: number, wake: make(chan struct{}, 1)}
	s.all = append(s.all, c)
	s.done.Add(1)
	return c
}

// Number returns the carrier's number, from 0; one that has ended leaves its
// number to the next that is added.
func (c *Carrier) Number() int { return c.number }

// remove takes c out; mu is held.
func (s *Scheduler) remove(c *Carrier) {
	s.all = slices.DeleteFunc(s.all, func(other *Carrier) bool { return other == c })
}

// give wakes and starts whom the decision names.
func (s *Scheduler) give(n nudge) {
	switch {
	case n.wake != nil:
		n.wake.wake <- struct{}{}
	case n.start != nil:
		go s.run(n.start)
	case n.poll:
		s.cfg.Poller.Wake()
	}
}

// run is the life of a carrier.
func (s *Scheduler) run(c *Carrier) {
	defer s.done.Done()
	c.id = goid.Current()
	for now := s.cfg.Now(); ; {
		s.mu.Lock()
		do, t, n := s.next(c, now)
		wait := do == poll && s.asleep
		s.mu.Unlock()
		s.give(n)
		switch do {
		case mount:
			now = t.Mount(c, now)
			continue
		case poll:
			s.poll(wait)
		case sleep:
			<-c.wake
		case end:
			return
		}
		now = s.cfg.Now()
	}
}

func (s *Scheduler) poll(wait bool) {
	var limit time.Duration // none, which does not wait
	if wait {
		limit = -1
	}
	if err := s.cfg.Poller.Poll(limit); err != nil {
		// Nothing can become ready any more, and nobody could be told.
		panic(fmt.Errorf("carrier: poll: %w", err))
	}
}
