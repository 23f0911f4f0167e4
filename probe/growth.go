package probe

import (
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
	var done []int64
	for i := range o.Heavy {
		if answered(&o.Heavy[i]) {
			done = append(done, o.Heavy[i].Done)
		}
	}
	slices.Sort(done)
	last := begun(&o.Heavy[len(o.Heavy)-1]) // from here on the load fell
	zero := o.T
	unit := a.noise.mean
	span := float64(last-zero) / 1e9
	// The first round is on its way; then about a quarter at either end. Where
	// requests come back in rounds, only whole rounds have the right mean.
	from, part := unit, math.Floor((span-unit)/4/unit)*unit
	if part <= 0 || len(done) < 8 {
		return nil
	}
	count := func(begin, end float64) float64 {
		n := 0
		for _, d := range done {
			if t := float64(d-zero) / 1e9; t > begin && t <= end {
				n++
			}
		}
		return float64(n) / (end - begin)
	}
	at := quietest(done, zero, span-unit, span)
	g := &growth{count: o.Count, seconds: span, rate: count(at-part, at)}
	at = quietest(done, zero, from, from+unit)
	g.first, g.last = count(at, at+part)*unit, g.rate*unit
	// Services of a known length come out regularly: the count is off by the
	// noise of each, and by the ends.
	n := max(1, g.rate*part)
	g.doubt = math.Hypot(a.noise.doubt, math.Hypot(a.noise.spread/math.Sqrt(n), math.Sqrt(g.last)/n))
	return g
}

// about returns what was in work at the end as far as it is known: where the size
// was measured since, and noise alone may make the difference, that is it.
func (g *growth) about(a *assessment) int {
	n := min(g.last, float64(g.count))
	if limit := float64(a.ranked[0].limit); limit > 0 && math.Abs(math.Log(n/limit)) < 0.05+2*g.doubt {
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
		expect = min(expect, float64(x.limit))
	case CPU:
		if expect /= a.line.at(g.count); a.queued {
			expect = min(float64(g.count), a.noise.mean/a.step)
		}
	case RateLimit:
		if a.bucket.admitted == nil && a.step > 0 {
			expect = min(expect, a.noise.mean/a.step)
		}
	case Unknown:
		return math.Log(0.2)
	}
	spread := math.Sqrt(g.doubt*g.doubt + 0.05*0.05)
	z := math.Log(max(g.last, 0.1)/expect) / spread
	return -z*z/2 - math.Log(1+5*spread)
}

// shrunk is what the service last had in work when it was kept busy, if waves
// after that found much less: it grows under load, and shrinks without. Else nil.
func (a *assessment) shrunk() *growth {
	if a.grown == 0 || a.ranked[0].limit == 0 {
		return nil
	}
	if g := a.growth(); g != nil && g.last > 1.2*float64(a.ranked[0].limit)+1 {
		return g
	}
	return nil
}

// quietest is the middle of the longest time without an answer between two
// moments: a count that begins there does not depend on which side of it a round
// of answers falls.
func quietest(done []int64, zero int64, from, to float64) float64 {
	best, last, middle := 0.0, from, (from+to)/2
	for _, d := range append(slices.Clone(done), zero+int64(to*1e9)) {
		t := float64(d-zero) / 1e9
		if t <= from || t > to {
			continue
		}
		if t-last > best {
			best, middle = t-last, (t+last)/2
		}
		last = t
	}
	return middle
}
