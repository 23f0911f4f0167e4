package responder

import (
	"sync"
	"time"
)

// Lagging serves n requests at once and refuses the rest with 503. A place is
// free again only a while after the answer has been sent, for a share of the
// requests: whoever asks at once is refused.
func Lagging(n int, lag time.Duration, share float64) Wall {
	s := &slots{size: n}
	return func(c *Call, next func()) {
		if !s.take(0) {
			time.Sleep(time.Millisecond)
			c.Status = 503
			return
		}
		next()
		if c.Chance() < share {
			time.AfterFunc(lag, s.release)
			return
		}
		s.release()
	}
}

// Slowing makes heavy requests longer by a factor from a moment on after the
// first, and canaries as long as later says: a neighbour has come to work on
// the same machine.
func Slowing(after, wait time.Duration, factor float64, canary, later time.Duration) Wall {
	var once sync.Once
	var start time.Time
	return func(c *Call, next func()) {
		once.Do(func() { start = time.Now() })
		d, slow := wait, time.Duration(float64(wait)*factor)
		if !c.Heavy {
			d, slow = canary, later
		}
		if time.Since(start) > after {
			d = slow
		}
		time.Sleep(d)
		next()
	}
}

// Pauses are stretches of time in which a service stands still, as while
// garbage is collected: one in each Every, of a length up to Most.
type Pauses struct{ Every, Most time.Duration }

// wait waits until a pause is over, if there is one.
func (p Pauses) wait(s *Service) {
	if p.Every == 0 {
		return
	}
	at := time.Since(s.start)
	n := at / p.Every
	r := s.dice(-1, int(n))
	length := time.Duration(r.Float64() * float64(p.Most))
	from := n*p.Every + time.Duration(r.Float64()*float64(p.Every-length))
	if at >= from && at < from+length {
		time.Sleep(from + length - at)
	}
}
