package probe

import (
	"cmp"
	"math"
	"slices"

	"github.com/plimsoll-dev/plimsoll/record"
)

// growth is how many requests the service had in work, by Little's law, at the
// beginning of the time in which it was kept busy, and at its end.
type growth struct {
	count       int // kept in flight
	seconds     float64
	first, last float64
	rate        float64 // answers a second at the end
	doubt       float64 // relative standard error of either
}

// growth looks at the last time in which the service was kept busy; nil: it
// never was.
func (a *assessment) growth() *growth {
	made := a.h.made(record.ExperimentSustain)
	if len(made) == 0 {
		return nil
	}
	return a.busy(made[len(made)-1])
}

// lastGrowth is the last experiment in which the service grew; 0: it never did.
func (a *assessment) lastGrowth() (id int) {
	for _, o := range a.h.made(record.ExperimentSustain) {
		if g := a.busy(o); g != nil && g.grew() {
			id = o.ID
		}
	}
	return id
}

// busy is the same of one experiment; nil: it was too short to tell.
func (a *assessment) busy(o *Observation) *growth {
	if len(o.Heavy) == 0 {
		return nil
	}
	last := o.T // from here on the load fell
	for i := range o.Heavy {
		last = max(last, cmp.Or(o.Heavy[i].Intended, o.Heavy[i].Sent))
	}
	unit := a.noise.mean
	span := float64(last-o.T) / 1e9
	// The first round is on its way once all are there; then about a quarter at
	// either end, of whole rounds.
	from := o.full() + unit
	part := math.Floor((span-from)/4/unit) * unit
	if part <= 0 || len(times(o)) < 8 {
		return nil
	}
	g := &growth{count: o.Count, seconds: span, rate: o.rate(span-part, span)}
	g.first, g.last = o.rate(from, from+part)*unit, g.rate*unit
	// Services of a known length come out regularly: the rate is off by the noise
	// of each, and by the ends.
	n := max(1, g.rate*part)
	g.doubt = math.Hypot(a.noise.doubt, math.Hypot(a.noise.spread/math.Sqrt(n), math.Sqrt(g.last)/n))
	return g
}

// about returns what was in work at the end as far as it is known: where the size
// was measured since, and noise alone may make the difference, that is it.
func (g *growth) about(a *assessment) int {
	n := min(g.last, float64(g.count))
	if limit := float64(a.ranked[0].inWork()); limit > 0 && math.Abs(math.Log(n/limit)) < 0.05+2*g.doubt {
		n = limit
	}
	return int(math.Round(n))
}

// grew reports whether there is more at the end than chance explains.
func (g *growth) grew() bool { return g.last > g.first*(1.15+3*g.doubt)+1 }

// bears returns the log-likelihood of what was in work under a hypothesis.
func (g *growth) bears(a *assessment, x *hypothesis) float64 {
	expect := float64(g.count)
	switch x.kind {
	case SharedPool, PrivatePool, Serial, ConnectionCap, Shedding:
		expect = min(expect, float64(x.inWork()))
	case CPU:
		if expect /= a.line.at(g.count); a.queued {
			expect = min(float64(g.count), a.noise.mean/a.step)
		}
	case RateLimit:
		if step, _ := a.paceOf(x); a.limiter.Admitted == nil && step > 0 {
			expect = min(expect, a.noise.mean/step)
		}
	case Unknown:
		return math.Log(0.2)
	}
	spread := math.Sqrt(g.doubt*g.doubt + 0.05*0.05)
	z := math.Log(max(g.last, 0.1)/expect) / spread
	ll := -z*z/2 - math.Log(1+5*spread)
	if z > 0 && (x.kind == SharedPool || x.kind == PrivatePool) {
		ll = max(ll, math.Log(0.1)) // it may have more when it is kept busy
	}
	return ll
}

// shrunk is the most that the service had when it was kept busy, if the waves
// found less: it grows under load, and shrinks without. Else nil.
func (a *assessment) shrunk() *capacity {
	x := a.pool()
	if x == nil || x != &a.ranked[0] || x.variant == repeated || x.variant == portion || x.kind == Serial {
		return nil // what has no places for whole requests has none more
	}
	var most *capacity
	for _, o := range a.h.made(record.ExperimentSustain) {
		if c := a.capacityOf(o); c != nil && float64(x.high) < c.above && (most == nil || c.n > most.n) {
			most = c
		}
	}
	return most
}

// full is when as many requests were in flight as were to be kept, nearly, in
// seconds of the experiment.
func (o *Observation) full() float64 {
	var ends []int64
	for i := range o.Heavy {
		ends = append(ends, o.Heavy[i].Done)
	}
	slices.Sort(ends)
	over := 0
	for i := range o.Heavy { // in the order in which they were sent
		at := begun(&o.Heavy[i])
		for over < len(ends) && ends[over] <= at {
			over++
		}
		if 20*(i+1-over) >= 19*o.Count {
			return float64(at-o.T) / 1e9
		}
	}
	return float64(o.Count) * float64(o.Spacing) / 1e9
}

// rate is how many answers a second there were between two moments, in seconds
// of the experiment. Each is spread over the time from when it was due until it
// was done, so that it does not matter on which side of a moment a round of answers
// falls.
func (o *Observation) rate(from, to float64) (rate float64) {
	for i := range o.Heavy {
		r := &o.Heavy[i]
		begin, end := float64(cmp.Or(r.Intended, r.Sent)-o.T)/1e9, float64(r.Done-o.T)/1e9
		if within := min(end, to) - max(begin, from); answered(r) && within > 0 {
			rate += within / (end - begin)
		}
	}
	return rate / (to - from)
}
