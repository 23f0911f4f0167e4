package responder

import (
	"strings"
	"sync"
	"time"
)

// Limiter is a token bucket: so many requests a second, and a burst at most at
// once; the rest is refused with 429.
func Limiter(rate float64, burst int) Wall {
	var mu sync.Mutex
	tokens, last := float64(burst), time.Now()
	return func(c *Call, next func()) {
		mu.Lock()
		now := time.Now()
		tokens = min(float64(burst), tokens+rate*now.Sub(last).Seconds())
		last = now
		ok := tokens >= 1
		if ok {
			tokens--
		}
		mu.Unlock()
		if !ok {
			c.Status = 429
			return
		}
		next()
	}
}

// Pacer lets one request in every 1/rate seconds; the others wait for their
// turn.
func Pacer(rate float64) Wall {
	var mu sync.Mutex
	var free time.Time
	return func(c *Call, next func()) {
		mu.Lock()
		at := time.Now()
		if free.After(at) {
			at = free
		}
		free = at.Add(time.Duration(float64(time.Second) / rate))
		mu.Unlock()
		time.Sleep(time.Until(at))
		next()
	}
}

// Reset closes connections past n requests at once.
func Reset(n int) Wall {
	s := &slots{size: n}
	return func(c *Call, next func()) {
		if !s.take(0) {
			c.Drop = true
			return
		}
		defer s.release()
		next()
	}
}

// Tarpit serves n requests at once; the others are refused with a status, and only
// after so long.
func Tarpit(n int, by time.Duration, status int) Wall {
	s := &slots{size: n}
	return func(c *Call, next func()) {
		if !s.take(0) {
			time.Sleep(by)
			c.Status = status
			return
		}
		defer s.release()
		next()
	}
}

// Failing has a share of the heavy requests fail with 500, after their work.
func Failing(share float64) Wall {
	return func(c *Call, next func()) {
		if next(); c.Heavy && c.Chance() < share {
			c.Status = 500
		}
	}
}

// Degrading serves n requests at once, and answers the others in a millisecond with
// 200 and a body of so many bytes in place of the work; 0: as many as that has.
func Degrading(n, bytes int) Wall {
	s := &slots{size: n}
	return func(c *Call, next func()) {
		if !s.take(0) {
			time.Sleep(time.Millisecond)
			c.Body = strings.Repeat("-", bytes)
			return
		}
		defer s.release()
		next()
	}
}

// Page answers requests for one path with a page of its own: before the other
// walls as on a port of its own, after them as on that of the service.
func Page(path string, status int, kind string, body func() string) Wall {
	return func(c *Call, next func()) {
		if c.Request.URL.Path != path {
			next()
			return
		}
		c.Status, c.Type, c.Body = status, kind, body()
	}
}

// Late has requests for one path wait before they go on.
func Late(path string, by time.Duration) Wall {
	return func(c *Call, next func()) {
		if c.Request.URL.Path == path {
			time.Sleep(by)
		}
		next()
	}
}

// Far has all requests arrive late: a long way.
func Far(by time.Duration) Wall {
	return func(_ *Call, next func()) {
		time.Sleep(by)
		next()
	}
}

// Away refuses everybody with 503 from so long after the first request until then,
// a millisecond after they have come: while it is being restarted.
func Away(from, to time.Duration) Wall {
	var once sync.Once
	var start time.Time
	return func(c *Call, next func()) {
		once.Do(func() { start = time.Now() })
		if at := time.Since(start); at < from || at >= to {
			next()
			return
		}
		time.Sleep(time.Millisecond)
		c.Status = 503
	}
}

// Leaky delays what comes faster than a rate, as long as no more than so many
// wait; the rest is refused with 429.
func Leaky(rate float64, queue int) Wall {
	var mu sync.Mutex
	var free time.Time
	gap := time.Duration(float64(time.Second) / rate)
	return func(c *Call, next func()) {
		mu.Lock()
		at := time.Now()
		if free.After(at) {
			at = free
		}
		wait := time.Until(at)
		ok := wait <= time.Duration(queue)*gap
		if ok {
			free = at.Add(gap)
		}
		mu.Unlock()
		if !ok {
			c.Status = 429
			return
		}
		time.Sleep(wait)
		next()
	}
}

// Saving delays as a token bucket does that has so many tokens at most: that
// many may go at once, and then so many a second.
func Saving(rate float64, burst int) Wall {
	var mu sync.Mutex
	gap := time.Duration(float64(time.Second) / rate)
	var due time.Time // when the bucket is full again
	return func(c *Call, next func()) {
		mu.Lock()
		now := time.Now()
		if due.Before(now) {
			due = now
		}
		due = due.Add(gap)
		at := due.Add(-time.Duration(burst) * gap)
		mu.Unlock()
		time.Sleep(time.Until(at))
		next()
	}
}

// Retrying has refusals say after how many seconds to try again.
func Retrying(seconds int, w Wall) Wall {
	return func(c *Call, next func()) {
		w(c, next)
		if c.Status >= 400 {
			c.After = seconds
		}
	}
}
