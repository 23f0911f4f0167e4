package responder

import (
	"slices"
	"sync"
	"time"
)

// slots are places of which so many may be taken at once; who waits is served
// in the order of arrival, or in the opposite one.
type slots struct {
	mu      sync.Mutex // guards what follows
	size    int
	taken   int
	waiting []chan struct{}
	latest  bool                  // who came last is served first
	grow    func(waiting int) int // the size from now on; nil: it stays
}

// take returns false if more than queue requests wait already; a negative queue
// has no end.
func (s *slots) take(queue int) bool {
	s.mu.Lock()
	if s.taken < s.size {
		s.taken++
		s.mu.Unlock()
		return true
	}
	if queue >= 0 && len(s.waiting) >= queue {
		s.mu.Unlock()
		return false
	}
	turn := make(chan struct{})
	s.waiting = append(s.waiting, turn)
	s.fill()
	s.mu.Unlock()
	<-turn
	return true
}

func (s *slots) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken--
	s.fill()
}

// fill lets in who waits, with mu held.
func (s *slots) fill() {
	if s.grow != nil {
		s.size = s.grow(len(s.waiting))
	}
	for s.taken < s.size && len(s.waiting) > 0 {
		s.taken++
		next := 0
		if s.latest {
			next = len(s.waiting) - 1
		}
		close(s.waiting[next])
		s.waiting = slices.Delete(s.waiting, next, next+1)
	}
}

// Pool serves n requests at once; the others wait.
func Pool(n int) Wall { return Bounded(n, -1) }

// Bounded serves n requests at once, lets so many wait and refuses the rest
// with 503.
func Bounded(n, queue int) Wall {
	s := &slots{size: n}
	return func(c *Call, next func()) {
		if !s.take(queue) {
			c.Status = 503
			return
		}
		defer s.release()
		next()
	}
}

// Stack serves n requests at once, and of the others the last to come first.
func Stack(n int) Wall {
	s := &slots{size: n, latest: true}
	return func(c *Call, next func()) {
		s.take(-1)
		defer s.release()
		next()
	}
}

// Growing is a pool of n that has one more every so often while requests wait,
// up to most.
func Growing(n, most int, every time.Duration) Wall {
	s := &slots{size: n}
	var since time.Time // when requests began to wait
	s.grow = func(waiting int) int {
		switch {
		case waiting == 0:
			since = time.Time{}
		case since.IsZero():
			since, n = time.Now(), s.size
		default:
			return min(most, n+int(time.Since(since)/every))
		}
		return s.size
	}
	return func(c *Call, next func()) {
		s.take(-1)
		defer s.release()
		next()
	}
}

// Overflow is a pool of n that has more, up to most, only once so many wait: what
// java.util.concurrent's ThreadPoolExecutor does.
func Overflow(n, queue, most int) Wall {
	s := &slots{size: n}
	s.grow = func(waiting int) int { return min(most, s.size+max(0, waiting-queue)) }
	return func(c *Call, next func()) {
		s.take(-1)
		defer s.release()
		next()
	}
}

// Dynamic is a pool of n that has one more every so often while requests wait,
// up to most, and n again when none have waited for some time.
func Dynamic(n, most int, every, idle time.Duration) Wall {
	s := &slots{size: n}
	var last, waited time.Time // when it grew, and when a request waited
	s.grow = func(waiting int) int {
		now := time.Now()
		if waiting == 0 {
			return s.size
		}
		if now.Sub(waited) > idle {
			s.size, last = n, now
		}
		waited = now
		for now.Sub(last) >= every && s.size < most {
			s.size++
			last = last.Add(every)
		}
		return s.size
	}
	return func(c *Call, next func()) {
		s.mu.Lock()
		if time.Since(waited) > idle {
			s.size = n
		}
		s.mu.Unlock()
		s.take(-1)
		defer s.release()
		next()
	}
}

// Lanes are n workers, each of which serves so many at once of the connections
// that are its own: assigned in turn, or at random.
func Lanes(n, each int, random bool) Wall {
	lanes := make([]slots, n)
	for i := range lanes {
		lanes[i].size = each
	}
	return func(c *Call, next func()) {
		l := c.Conn % n
		if random {
			l = int(mix(uint64(c.Conn)) % uint64(n))
		}
		lanes[l].take(-1)
		defer lanes[l].release()
		next()
	}
}

// mix makes independent numbers of successive ones (splitmix64).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// Batch is one loop that runs the handlers of all that have arrived one after
// the other, and then sends all their answers.
func Batch() Wall {
	loop := &slots{size: 1}
	var mu sync.Mutex
	var waiting int
	done := make(chan struct{})
	return func(c *Call, next func()) {
		mu.Lock()
		waiting++
		mu.Unlock()
		loop.take(-1)
		next()
		mu.Lock()
		waiting--
		mine := done
		if waiting == 0 {
			close(done)
			done = make(chan struct{})
		}
		mu.Unlock()
		loop.release()
		<-mine
	}
}

// Private has the wall stand in the way of heavy requests alone.
func Private(w Wall) Wall {
	return func(c *Call, next func()) {
		if !c.Heavy {
			next()
			return
		}
		w(c, next)
	}
}

// Cap lets in n connections at once; the others are not accepted until one is
// closed.
func Cap(n int) Admission {
	s := &slots{size: n}
	return func(next func()) {
		s.take(-1)
		defer s.release()
		next()
	}
}

// Cheap has the wall stand in the way of canaries alone.
func Cheap(w Wall) Wall {
	return func(c *Call, next func()) {
		if c.Heavy {
			next()
			return
		}
		w(c, next)
	}
}
