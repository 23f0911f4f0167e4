package responder

import (
	"container/heap"
	"math"
	"strconv"
	"sync"
	"time"
)

// Wait is a service time: of heavy requests the mean, with a coefficient of
// variation (lognormal; 0: always the same), and of the canary.
func Wait(mean time.Duration, cv float64, canary time.Duration) Wall {
	return Drawn(mean, canary, lognormal(cv))
}

// lognormal draws multiples of a mean with a coefficient of variation; 0: none.
func lognormal(cv float64) func(*Call) float64 {
	sigma := math.Sqrt(math.Log1p(cv * cv))
	return func(c *Call) float64 {
		if sigma == 0 {
			return 1
		}
		return math.Exp(sigma*c.Normal() - sigma*sigma/2)
	}
}

// Drawn is a service time that is drawn for each heavy request, as a multiple of
// the mean.
func Drawn(mean, canary time.Duration, draw func(*Call) float64) Wall {
	return func(c *Call, next func()) {
		d := canary
		if c.Heavy {
			d = time.Duration(float64(mean) * draw(c))
		}
		time.Sleep(d)
		next()
	}
}

// Bimodal is a service time of which a share takes so many times as long as the
// rest: a cache that is missed.
func Bimodal(mean time.Duration, share, times float64, canary time.Duration) Wall {
	short := 1 / (1 - share + share*times)
	return Drawn(mean, canary, func(c *Call) float64 {
		if c.Chance() < share {
			return short * times
		}
		return short
	})
}

// Tailed is a service time whose last part, a share of the mean, is exponential.
func Tailed(mean time.Duration, share float64, canary time.Duration) Wall {
	return Drawn(mean, canary, func(c *Call) float64 { return 1 - share + share*c.Exponential() })
}

// Warming is a service time that begins longer by a factor and falls to the
// mean, by half every so many requests: a just-in-time compiler.
func Warming(mean time.Duration, factor float64, half int, canary time.Duration) Wall {
	var mu sync.Mutex
	n := 0
	return func(c *Call, next func()) {
		if !c.Heavy {
			time.Sleep(canary)
			next()
			return
		}
		mu.Lock()
		extra := (factor - 1) * math.Pow(0.5, float64(n)/float64(half))
		n++
		mu.Unlock()
		time.Sleep(time.Duration(float64(mean) * (1 + extra)))
		next()
	}
}

// Cached is a service time of the first heavy request, and of all after it.
func Cached(first, later, canary time.Duration) Wall {
	var once sync.Once
	return func(c *Call, next func()) {
		d := canary
		if c.Heavy {
			d = later
			once.Do(func() { d = first })
		}
		time.Sleep(d)
		next()
	}
}

// Compute is k CPUs that share their time equally among all that use them: so
// much for a heavy request, and for a canary.
func Compute(k int, heavy, canary time.Duration) Wall {
	p := &processors{k: float64(k)}
	return func(c *Call, next func()) {
		d := canary
		if c.Heavy {
			d = heavy
		}
		p.use(d)
		c.Service.work(d)
		next()
	}
}

// Turn is one processor that does each request's work to its end before the
// next: an event loop's CPU.
func Turn(heavy, canary time.Duration) Wall {
	s := &slots{size: 1}
	return func(c *Call, next func()) {
		d := canary
		if c.Heavy {
			d = heavy
		}
		s.take(-1)
		time.Sleep(d)
		s.release()
		c.Service.work(d)
		next()
	}
}

// Visits is a pool of n that heavy requests come to several times, each time at
// the end of the queue, for a share of their service time; a canary takes its own
// beside it.
func Visits(n int, mean time.Duration, cv float64, canary time.Duration, shares ...float64) Wall {
	s := &slots{size: n}
	draw := lognormal(cv)
	return func(c *Call, next func()) {
		if !c.Heavy {
			time.Sleep(canary)
			next()
			return
		}
		whole := float64(mean) * draw(c)
		for _, share := range shares {
			s.take(-1)
			time.Sleep(time.Duration(share * whole))
			s.release()
		}
		next()
	}
}

// Amid is a pool of n of which heavy requests hold a place for a share of their
// service time, after so much of it and before the rest; a canary takes its own
// beside it.
func Amid(n int, mean time.Duration, cv float64, canary time.Duration, before, share float64) Wall {
	s := &slots{size: n}
	draw := lognormal(cv)
	return func(c *Call, next func()) {
		if !c.Heavy {
			time.Sleep(canary)
			next()
			return
		}
		whole := float64(mean) * draw(c)
		time.Sleep(time.Duration(before * whole))
		s.take(-1)
		time.Sleep(time.Duration(share * whole))
		s.release()
		time.Sleep(time.Duration((1 - before - share) * whole))
		next()
	}
}

// asked is how long a request is to take by its own words: ?ms=200. A canary has
// none.
func asked(c *Call, canary time.Duration) time.Duration {
	if n, err := strconv.Atoi(c.Request.URL.Query().Get("ms")); err == nil {
		return time.Duration(n) * time.Millisecond
	}
	return canary
}

// WaitAsked waits for as long as a request asks to, and a canary so long.
func WaitAsked(canary time.Duration) Wall {
	return func(c *Call, next func()) {
		time.Sleep(asked(c, canary))
		next()
	}
}

// ComputeAsked is k CPUs, shared as those of [Compute], of which a request uses
// what it asks to.
func ComputeAsked(k int, canary time.Duration) Wall {
	p := &processors{k: float64(k)}
	return func(c *Call, next func()) {
		p.use(asked(c, canary))
		next()
	}
}

// Counted has [Service.Serving] count the requests that are past it: behind a
// [Pool] those that have a place.
func Counted() Wall {
	return func(c *Call, next func()) {
		c.Service.serving(1)
		defer c.Service.serving(-1)
		next()
	}
}

// processors share themselves: everyone's progress is the same function of
// time, so that who arrives ends when that function has grown by its work.
type processors struct {
	mu    sync.Mutex // guards what follows
	k     float64
	at    time.Time
	given float64 // seconds of CPU that each user present all along would have had
	users byEnd
	timer *time.Timer
}

type user struct {
	end  float64
	done chan struct{}
}

func (p *processors) use(work time.Duration) {
	p.mu.Lock()
	p.advance()
	u := &user{p.given + work.Seconds(), make(chan struct{})}
	heap.Push(&p.users, u)
	p.arm()
	p.mu.Unlock()
	<-u.done
}

func (p *processors) speed() float64 { return min(1, p.k/float64(len(p.users))) }

func (p *processors) advance() {
	now := time.Now()
	if len(p.users) > 0 {
		p.given += now.Sub(p.at).Seconds() * p.speed()
	}
	p.at = now
	for len(p.users) > 0 && p.users[0].end <= p.given+1e-8 {
		close(heap.Pop(&p.users).(*user).done)
	}
}

func (p *processors) arm() {
	if p.timer != nil {
		p.timer.Stop()
	}
	if len(p.users) == 0 {
		return
	}
	rest := time.Duration((p.users[0].end-p.given)/p.speed()*1e9) + 1
	p.timer = time.AfterFunc(rest, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.advance()
		p.arm()
	})
}

type byEnd []*user

func (h byEnd) Len() int           { return len(h) }
func (h byEnd) Less(i, j int) bool { return h[i].end < h[j].end }
func (h byEnd) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *byEnd) Push(x any)        { *h = append(*h, x.(*user)) }
func (h *byEnd) Pop() any {
	old := *h
	u := old[len(old)-1]
	*h = old[:len(old)-1]
	return u
}
