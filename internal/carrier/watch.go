package carrier

import "time"

// unwatched is how long events may go unnoticed because a carrier runs code
// that does not say that it computes, while others sleep. Go's own monitor
// polls the network after 10 ms.
const unwatched = 5 * time.Millisecond

// watched is the period at which the watch looks when there is nothing to do.
const watched = 4 * unwatched

// watch has a carrier woken if none polls that could.
type watch struct {
	stopped chan struct{}
	ended   chan struct{}
}

func (w *watch) start(s *Scheduler) {
	w.stopped, w.ended = make(chan struct{}), make(chan struct{})
	go func() {
		defer close(w.ended)
		timer := time.NewTimer(watched)
		defer timer.Stop()
		var polls uint64
		for {
			select {
			case <-w.stopped:
				return
			case <-timer.C:
			}
			s.mu.Lock()
			n := s.look(polls)
			period := watched
			if s.polls != polls {
				period = unwatched
			}
			polls = s.polls
			s.mu.Unlock()
			s.give(n)
			timer.Reset(period)
		}
	}()
}

func (w *watch) stop() {
	if w.stopped != nil {
		close(w.stopped)
		<-w.ended
	}
}

// look wakes a carrier if nobody has polled since there had been that many
// polls, and nobody does; mu is held.
func (s *Scheduler) look(polls uint64) nudge {
	if s.poller == nil && s.polls == polls {
		return s.rouse()
	}
	return nudge{}
}
