package probe

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/plimsoll-dev/plimsoll/probe/internal/responder"
)

// A wild service is one drawn at random: its wall, its service times and what
// disturbs it. Several walls may be true of it.
type wild struct {
	name   string // of the family
	text   string
	truths []truth // the first is the one that it was built with
	build  func() *responder.Service
}

// A truth is a wall that a service has.
type truth struct {
	kind      Kind
	low, high int // its size; 0: it has none
}

func (w *wild) is(kind Kind) bool {
	for _, t := range w.truths {
		if t.kind == kind {
			return true
		}
	}
	return false
}

// A setting is what all kin draw alike.
type setting struct {
	r    *rand.Rand
	seed uint64
	n    int // size, 1 to the most
	most int // requests that may be in flight
	wait time.Duration
	work func() responder.Wall // the service time
}

// service puts walls around the work.
func (s *setting) service(walls ...responder.Wall) *responder.Service {
	return responder.New(s.seed, append(walls, s.work())...)
}

// between draws a whole number.
func (s *setting) between(low, high int) int { return low + s.r.IntN(high-low+1) }

// sized is a truth of exactly n.
func sizedAs(k Kind, n int) truth { return truth{k, n, n} }

// shared is what a pool of n for all routes may be called: one place is a loop
// that is blocked, and more than can be tried at once is no wall.
func (s *setting) shared(n int) []truth {
	switch {
	case n == 1:
		return []truth{sizedAs(Serial, 1), sizedAs(SharedPool, 1)}
	case n > s.most:
		return []truth{{kind: None}}
	case n == s.most:
		return []truth{sizedAs(SharedPool, n), {kind: None}}
	}
	return []truth{sizedAs(SharedPool, n)}
}

func (s *setting) private(n int) []truth {
	if n >= s.most {
		return []truth{{kind: None}}
	}
	return []truth{sizedAs(PrivatePool, n)}
}

// A family is a way to build services. Its function returns the walls they have.
type family struct {
	name string
	draw func(s *setting) ([]truth, func() *responder.Service)
}

// each is the wall of a service that is a chain of walls.
func each(truths []truth, s *setting, walls func() []responder.Wall) ([]truth, func() *responder.Service) {
	return truths, func() *responder.Service { return s.service(walls()...) }
}

type walls = []responder.Wall

var kin = []family{
	{"none", func(s *setting) ([]truth, func() *responder.Service) {
		return each([]truth{{kind: None}}, s, func() walls { return nil })
	}},
	{"shared pool", func(s *setting) ([]truth, func() *responder.Service) {
		return each(s.shared(s.n), s, func() walls { return walls{responder.Pool(s.n)} })
	}},
	{"private pool", func(s *setting) ([]truth, func() *responder.Service) {
		return each(s.private(s.n), s, func() walls { return walls{responder.Private(responder.Pool(s.n))} })
	}},
	{"serial", func(s *setting) ([]truth, func() *responder.Service) {
		return each(s.shared(1), s, func() walls { return walls{responder.Pool(1)} })
	}},
	{"several loops", func(s *setting) ([]truth, func() *responder.Service) {
		loops, random := s.between(2, 8), s.r.IntN(2) == 0
		return each([]truth{sizedAs(Serial, loops), sizedAs(SharedPool, loops)}, s, func() walls { return walls{responder.Lanes(loops, 1, random)} })
	}},
	{"processes of threads", func(s *setting) ([]truth, func() *responder.Service) {
		n, threads, random := s.between(2, 4), s.between(2, 16), s.r.IntN(2) == 0
		return each([]truth{{SharedPool, n * threads * 4 / 5, n * threads}}, s, func() walls { return walls{responder.Lanes(n, threads, random)} })
	}},
	{"cpu", func(s *setting) ([]truth, func() *responder.Service) {
		cores := s.between(1, 4)
		return []truth{{kind: CPU}}, func() *responder.Service { return responder.New(s.seed, responder.Compute(cores, s.wait, ms)) }
	}},
	{"cpu beside waiting", func(s *setting) ([]truth, func() *responder.Service) {
		cores := s.between(1, 4)
		// As many as use the processors up, asking again as they are answered.
		full := math.Exp(s.r.Float64() * math.Log(float64(4*s.most)))
		work := time.Duration(float64(s.wait) * float64(cores) / full)
		truths := []truth{{kind: CPU}}
		switch {
		case full > 4*float64(s.most): // even a wave is hardly slowed
			truths = []truth{{kind: None}}
		case 4*full > float64(s.most):
			truths = []truth{{kind: CPU}, {kind: None}}
		}
		return truths, func() *responder.Service {
			return s.service(responder.Compute(cores, work, ms/2))
		}
	}},
	{"loop's own cpu", func(s *setting) ([]truth, func() *responder.Service) {
		full := math.Exp(s.r.Float64() * math.Log(float64(4*s.most)))
		work := time.Duration(float64(s.wait) / full)
		truths := []truth{{kind: CPU}}
		switch {
		case full < 4:
			truths = append(truths, sizedAs(Serial, 1), sizedAs(SharedPool, 1))
		case full > 4*float64(s.most): // even a wave is hardly slowed
			truths = []truth{{kind: None}}
		case 4*full > float64(s.most):
			truths = []truth{{kind: CPU}, {kind: None}}
		}
		return truths, func() *responder.Service {
			return s.service(responder.Turn(work, ms/2))
		}
	}},
	{"connection cap", func(s *setting) ([]truth, func() *responder.Service) {
		n := max(2, s.n)
		truths := []truth{sizedAs(ConnectionCap, n)}
		if n >= s.most {
			truths = append(truths, truth{kind: None})
		}
		return truths, func() *responder.Service {
			x := s.service()
			x.Admit = responder.Cap(n)
			return x
		}
	}},
	{"prefork", func(s *setting) ([]truth, func() *responder.Service) {
		n := max(2, s.n)
		deferred := s.r.IntN(2) == 0
		return append(s.shared(n), sizedAs(ConnectionCap, n)), func() *responder.Service {
			x := s.service()
			x.Admit, x.Deferred, x.KeepAlive = responder.Cap(n), deferred, false
			return x
		}
	}},
	{"sheds", func(s *setting) ([]truth, func() *responder.Service) {
		private, retry := s.r.IntN(2) == 0, s.r.IntN(2)
		truths := []truth{sizedAs(Shedding, s.n)}
		if s.n >= s.most {
			truths = []truth{{kind: None}}
		}
		return each(truths, s, func() walls {
			w := responder.Retrying(retry, responder.Bounded(s.n, 0))
			if private {
				w = responder.Private(w)
			}
			return walls{w}
		})
	}},
	{"bounded queue", func(s *setting) ([]truth, func() *responder.Service) {
		queue := 1 + int(float64(s.n)*2*s.r.Float64())
		truths := append(s.shared(s.n), sizedAs(Shedding, s.n+queue))
		return each(truths, s, func() walls { return walls{responder.Bounded(s.n, queue)} })
	}},
	{"token bucket", func(s *setting) ([]truth, func() *responder.Service) {
		rate, burst := float64(s.between(1, 60)), s.between(1, 80)
		private := s.r.IntN(2) == 0
		return each([]truth{{kind: RateLimit}}, s, func() walls {
			w := responder.Limiter(rate, burst)
			if private {
				w = responder.Private(w)
			}
			return walls{w}
		})
	}},
	{"leaky bucket", func(s *setting) ([]truth, func() *responder.Service) {
		rate, queue := float64(s.between(4, 60)), s.between(1, 40)
		return each([]truth{{kind: RateLimit}, {kind: Shedding}}, s, func() walls { return walls{responder.Private(responder.Leaky(rate, queue))} })
	}},
	{"limiter that delays", func(s *setting) ([]truth, func() *responder.Service) {
		rate, burst, all := float64(s.between(5, 100)), s.between(1, 10), s.r.IntN(3) == 0
		truths := []truth{{kind: RateLimit}}
		if s.r.IntN(2) == 0 {
			burst = 1
		}
		switch need := float64(s.most) / s.wait.Seconds(); {
		case rate > 2*need:
			truths = []truth{{kind: None}}
		case 4*rate > need:
			truths = append(truths, truth{kind: None})
		}
		return each(truths, s, func() walls {
			if all {
				return walls{responder.Saving(rate, burst)}
			}
			return walls{responder.Private(responder.Saving(rate, burst))}
		})
	}},
	{"grows fast", func(s *setting) ([]truth, func() *responder.Service) {
		n := s.between(2, max(3, s.most/8))
		from := 1 + n/s.between(2, 5)
		every := time.Duration(5+s.r.IntN(40)) * ms
		return each([]truth{sizedAs(SharedPool, n)}, s, func() walls { return walls{responder.Growing(from, n, every)} })
	}},
	{"grows by the second", func(s *setting) ([]truth, func() *responder.Service) {
		from := s.between(1, 8)
		return each([]truth{{SharedPool, from + 4, 400}}, s, func() walls {
			return walls{responder.Growing(from, 400, time.Duration(500+s.r.IntN(500))*ms)}
		})
	}},
	{"grows and shrinks", func(s *setting) ([]truth, func() *responder.Service) {
		most := s.between(6, max(8, s.most/5))
		from := max(1, most/s.between(2, 6))
		every, idle := time.Duration(20+s.r.IntN(300))*ms, s.wait+time.Duration(50+s.r.IntN(2000))*ms // shorter, it never grows
		return each([]truth{{SharedPool, most * 9 / 10, most}}, s, func() walls { return walls{responder.Dynamic(from, most, every, idle)} })
	}},
	{"pool behind pool", func(s *setting) ([]truth, func() *responder.Service) {
		m := s.between(1, 60)
		truths := s.shared(s.n)
		if m < s.n {
			truths = append(s.private(m), truths...)
		}
		return each(truths, s, func() walls { return walls{responder.Pool(s.n), responder.Private(responder.Pool(m))} })
	}},
	{"semaphore before pool", func(s *setting) ([]truth, func() *responder.Service) {
		m := s.between(1, 60)
		truths := s.shared(min(s.n, m))
		if m < s.n {
			truths = s.private(m)
		}
		return each(truths, s, func() walls { return walls{responder.Private(responder.Pool(m)), responder.Pool(s.n)} })
	}},
	{"pool behind limiter", func(s *setting) ([]truth, func() *responder.Service) {
		rate, burst := float64(s.between(2, 200)), s.between(1, 80)
		return each(append([]truth{{kind: RateLimit}}, s.shared(s.n)...), s, func() walls { return walls{responder.Private(responder.Limiter(rate, burst)), responder.Pool(s.n)} })
	}},
	{"pool behind pace", func(s *setting) ([]truth, func() *responder.Service) {
		rate := float64(s.n) / s.wait.Seconds() * math.Exp(2*s.r.Float64()-1)
		truths := append([]truth{{kind: RateLimit}}, s.shared(s.n)...)
		return each(truths, s, func() walls { return walls{responder.Private(responder.Pacer(rate)), responder.Pool(s.n)} })
	}},
	{"canary in another pool", func(s *setting) ([]truth, func() *responder.Service) {
		other := s.between(1, 8)
		return each(s.private(s.n), s, func() walls {
			return walls{responder.Private(responder.Pool(s.n)), responder.Cheap(responder.Pool(other))}
		})
	}},
	{"keep-alive limit", func(s *setting) ([]truth, func() *responder.Service) {
		carries := s.between(1, 3)
		return s.shared(s.n), func() *responder.Service {
			x := s.service(responder.Pool(s.n))
			x.Carries, x.Idle = carries, time.Duration(1+s.r.IntN(5))*time.Second
			return x
		}
	}},
}

// catch draws a service. Sizes are drawn evenly by their logarithm; most is how
// many requests may be in flight.
func catch(seed uint64, most int) wild {
	r := rand.New(rand.NewPCG(seed, 11))
	f := kin[seed%uint64(len(kin))]
	s := &setting{r: r, seed: seed, most: most, wait: time.Duration(50+r.IntN(450)) * ms}
	s.n = int(math.Exp(r.Float64() * math.Log(0.8*float64(most))))
	w := wild{name: f.name}
	kind := ""
	switch r.IntN(5) {
	case 0, 1:
		kind = "fixed"
		s.work = func() responder.Wall { return responder.Wait(s.wait, 0, ms) }
	case 2:
		cv := 0.05 + 0.4*r.Float64()
		kind = fmt.Sprintf("lognormal %.2f", cv)
		s.work = func() responder.Wall { return responder.Wait(s.wait, cv, ms) }
	case 3:
		share, times := 0.05+0.4*r.Float64(), 1.5+3*r.Float64()
		kind = fmt.Sprintf("bimodal %.2f×%.1f", share, times)
		s.work = func() responder.Wall { return responder.Bimodal(s.wait, share, times, ms) }
	case 4:
		share := 0.1 + 0.6*r.Float64()
		kind = fmt.Sprintf("tail %.2f", share)
		s.work = func() responder.Wall { return responder.Tailed(s.wait, share, ms) }
	}
	var jitter time.Duration
	var slow float64
	var pauses responder.Pauses
	for _, trouble := range []func(){
		func() { jitter = time.Duration(r.Float64() * float64(3*ms)) },
		func() { slow = 0.02 * r.Float64() },
		func() {
			pauses = responder.Pauses{Every: time.Duration(1+r.IntN(4)) * time.Second, Most: time.Duration(r.IntN(120)) * ms}
		},
	} {
		if r.IntN(4) == 0 {
			trouble()
		}
	}
	truths, build := f.draw(s)
	w.truths = truths
	w.build = func() *responder.Service {
		x := build()
		x.Jitter, x.Slow, x.Pauses = jitter, slow, pauses
		return x
	}
	w.text = fmt.Sprintf("%s n=%d %v %s jitter %v lost %.3f pauses %v: %v", f.name, s.n, s.wait, kind, jitter.Round(ms/10), slow, pauses, truths)
	return w
}
