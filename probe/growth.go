package probe

import (
	"math"
	"slices"

	"github.com/plimsoll-dev/plimsoll/record"
)

// growth is how many requests the service had in work, by Little's law, at the
// beginning of the time in which it was kept busy, and at its end.
type growth struct {
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
	o := made[len(made)-1]
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
	// The first round is on its way; then a quarter at either end.
	from, part := unit, (span-unit)/4
	if part < unit/2 || len(done) < 8 {
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
	g := &growth{seconds: span, rate: count(span-part, span)}
	g.first, g.last = count(from, from+part)*unit, g.rate*unit
	g.doubt = math.Hypot(a.noise.doubt, 1/math.Sqrt(max(1, g.rate*part)))
	return g
}

// grew reports whether there is more at the end than chance explains.
func (g *growth) grew() bool { return g.last > g.first*(1.15+3*g.doubt)+1 }
