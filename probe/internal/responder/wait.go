package responder

import (
	"slices"
	"time"
)

// Impatient serves n requests at once; the others wait, and are refused with 503
// when they have for so long.
func Impatient(n int, patience time.Duration) Wall {
	s := &slots{size: n}
	return func(c *Call, next func()) {
		if !s.takeWithin(patience) {
			c.Status = 503
			return
		}
		defer s.release()
		next()
	}
}

// takeWithin returns false if no place became free in time.
func (s *slots) takeWithin(patience time.Duration) bool {
	s.mu.Lock()
	if s.taken < s.size {
		s.taken++
		s.mu.Unlock()
		return true
	}
	turn := make(chan struct{})
	s.waiting = append(s.waiting, turn)
	s.mu.Unlock()
	over := time.NewTimer(patience)
	defer over.Stop()
	select {
	case <-turn:
		return true
	case <-over.C:
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.Index(s.waiting, turn)
	if i >= 0 {
		s.waiting = slices.Delete(s.waiting, i, i+1)
	}
	return i < 0 // its turn came just then
}

// Prefork is a pool of n processes that is looked after every second, as Apache's
// is: while requests wait there is one more, then two, then four, up to most;
// and one fewer while more than spare have nothing to do.
func Prefork(n, most, spare int) Wall {
	s := &slots{size: n}
	start := time.Now()
	looked, more := 0, 1
	look := func(waiting int) int {
		for now := int(time.Since(start) / time.Second); looked < now; looked++ {
			switch idle := s.size - s.taken; {
			case idle > spare && s.size > n:
				s.size, more = s.size-1, 1
			case idle == 0 && waiting > 0:
				s.size, more = min(most, s.size+more), min(2*more, 32)
			default:
				more = 1
			}
		}
		return s.size
	}
	s.grow = look
	return func(c *Call, next func()) {
		s.mu.Lock()
		look(len(s.waiting))
		s.mu.Unlock()
		s.take(-1)
		defer func() {
			s.mu.Lock()
			look(len(s.waiting))
			s.mu.Unlock()
			s.release()
		}()
		next()
	}
}

// Lingering lets in n connections at once, and counts one for a while after it
// was closed.
func Lingering(n int, while time.Duration) Admission {
	s := &slots{size: n}
	return func(next func()) {
		s.take(-1)
		next()
		time.AfterFunc(while, s.release)
	}
}
