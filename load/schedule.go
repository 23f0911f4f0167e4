package load

import (
	"fmt"
	"math"
	"time"

	"github.com/plimsoll-dev/plimsoll/model"
)

// An Arrival is one request as the schedule wants it.
type Arrival struct {
	At    time.Duration // intended time, since the start
	Route int           // index of the route
	Seed  uint64        // of the request: what a server draws its latencies from
}

// A Schedule yields arrivals in the order of their times; false means that
// there are no more. It never waits and reads no clock.
type Schedule interface {
	Next() (Arrival, bool)
}

// NewSchedule returns the arrivals that follow from seed.
//
// The i-th arrival's route and seed depend on (seed, i) alone. Its time does
// too, but for the scale: arrivals are placed on an axis on which the rate is 1,
// which is then stretched by the stages (the inversion method for a
// non-homogeneous Poisson process: Çinlar, Introduction to Stochastic Processes,
// 1975, 4.7). So a schedule at twice the rate is the same one, twice as fast,
// and a trial can be compared with a trial at another rate.
//
// Constant and bursts begin with an arrival at time 0 and have exactly
// ⌈expected number⌉ arrivals, the last burst cut to fit.
func NewSchedule(a model.Arrivals, stages []model.Stage, routes []Route, seed uint64) (Schedule, error) {
	stretch, err := newStretch(stages)
	if err != nil {
		return nil, err
	}
	choose, err := newChooser(routes)
	if err != nil {
		return nil, err
	}
	p := &plan{stretch: stretch, chooser: choose, seed: seed, burst: 1}
	switch a.Kind {
	case model.Poisson, "":
		p.poisson = true
	case model.Constant:
	case model.Bursts:
		if a.Burst < 1 {
			return nil, fmt.Errorf("load: bursts of %d requests; write bursts of 1 or more", a.Burst)
		}
		p.burst = uint64(a.Burst)
	default:
		return nil, fmt.Errorf("load: arrivals %q; write %s, %s or %s", a.Kind, model.Poisson, model.Constant, model.Bursts)
	}
	return p, nil
}

// plan is the only Schedule of this package.
type plan struct {
	stretch
	chooser
	seed    uint64
	poisson bool
	burst   uint64
	i       uint64  // position of the next arrival
	s       float64 // its place on the axis of rate 1
}

func (p *plan) Next() (Arrival, bool) {
	var end float64 // where the arrival would stand if it did not come in a burst
	if p.poisson {
		p.s -= math.Log(uniform(p.seed, gaps, p.i))
		end = p.s
	} else {
		p.s = float64(p.i - p.i%p.burst)
		end = float64(p.i)
	}
	if end >= p.total {
		return Arrival{}, false
	}
	a := Arrival{At: p.at(p.s), Route: p.route(p.seed, p.i), Seed: bits(p.seed, seeds, p.i)}
	p.i++
	return a, true
}

// The streams of random numbers of one seed.
const (
	gaps = iota + 1
	routing
	seeds
)

// bits is the i-th number of a stream: SplitMix64 (Steele, Lea and Flood, "Fast
// splittable pseudorandom number generators", OOPSLA 2014), entered at i.
func bits(seed, stream, i uint64) uint64 {
	const gamma = 0x9e3779b97f4a7c15
	return mix(mix(mix(seed)+stream*gamma) + (i+1)*gamma)
}

func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// uniform is a number in (0, 1), both ends excluded.
func uniform(seed, stream, i uint64) float64 {
	return (float64(bits(seed, stream, i)>>11) + 0.5) / (1 << 53)
}

// chooser draws routes by weight.
type chooser struct{ until []float64 } // cumulated shares, the last is 1

func newChooser(routes []Route) (chooser, error) {
	if len(routes) == 0 {
		return chooser{}, fmt.Errorf("load: no routes; give at least one path to ask for")
	}
	var sum float64
	for _, r := range routes {
		if r.Weight < 0 || math.IsNaN(r.Weight) || math.IsInf(r.Weight, 0) {
			return chooser{}, fmt.Errorf("load: route %s has weight %v; write 0 or more", r.Name, r.Weight)
		}
		sum += r.Weight
	}
	c := chooser{make([]float64, len(routes))}
	var upTo float64
	for i, r := range routes {
		if sum > 0 {
			upTo += r.Weight / sum
		} else {
			upTo = float64(i+1) / float64(len(routes))
		}
		c.until[i] = upTo
	}
	return c, nil
}

func (c chooser) route(seed, i uint64) int {
	u := uniform(seed, routing, i)
	for r, until := range c.until {
		if u < until {
			return r
		}
	}
	return c.last()
}

// last is the last route that has any weight: what rounding leaves over at the
// end of the cumulated shares belongs to it.
func (c chooser) last() int {
	r := len(c.until) - 1
	for r > 0 && c.until[r] == c.until[r-1] {
		r--
	}
	return r
}
