package calibration

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/plimsoll-dev/plimsoll/sim"
)

// A Fitted is a cost that was fitted, with its range over the rounds when each is
// fitted alone.
type Fitted struct {
	Name            string
	Cost, Low, High time.Duration
}

// fitted are the costs that are fitted, by their names in the file. None is less
// than Fit's base has it.
var fitted = []struct {
	name string
	of   func(*sim.Costs) *time.Duration
}{
	{"request", func(c *sim.Costs) *time.Duration { return &c.Request }},
	{"exchange", func(c *sim.Costs) *time.Duration { return &c.Exchange }},
	{"switch", func(c *sim.Costs) *time.Duration { return &c.Switch }},
	{"handoff", func(c *sim.Costs) *time.Duration { return &c.Handoff }},
	{"wake", func(c *sim.Costs) *time.Duration { return &c.Wake }},
	{"park", func(c *sim.Costs) *time.Duration { return &c.Park }},
}

// Fit returns the costs with which simulations of the observed loads need the CPU
// time that was observed, as nearly as they can: relative errors are squared, and
// the rounds' means are fitted. Costs that are not among the fitted are base's,
// and the others at least that.
func Fit(rounds [][]Observation, base sim.Costs) (sim.Costs, []Fitted, error) {
	if len(rounds) == 0 {
		return base, nil, fmt.Errorf("calibration: nothing was observed")
	}
	costs, err := fit(means(rounds), base, base, steps)
	if err != nil {
		return base, nil, err
	}
	out := make([]Fitted, len(fitted))
	for i, f := range fitted {
		v := *f.of(&costs)
		out[i] = Fitted{f.name, v, v, v}
	}
	for _, round := range rounds {
		alone, err := fit(round, costs, base, 1)
		if err != nil {
			return base, nil, err
		}
		for i, f := range fitted {
			v := *f.of(&alone)
			out[i].Low, out[i].High = min(out[i].Low, v), max(out[i].High, v)
		}
	}
	return costs, out, nil
}

// means has one observation for each cell: the means of those that nothing
// disturbed, or of all where there is none. Means, because a machine that is slow
// now and then is so at the line, too. The same load on the same process was seen
// to need 155 to 220 µs a request in half seconds a little apart: the median of
// three of them is off by 8 %, their mean by 6 %.
func means(rounds [][]Observation) []Observation {
	var out []Observation
	for _, cell := range cellsOf(rounds) {
		all := observed(rounds, cell)
		if clean := slices.DeleteFunc(slices.Clone(all), func(o Observation) bool { return o.doubtful() }); len(clean) > 0 {
			all = clean
		}
		out = append(out, Observation{
			Cell:     cell,
			Rate:     mean(all, func(o Observation) float64 { return o.Rate }),
			CPU:      time.Duration(mean(all, func(o Observation) float64 { return float64(o.CPU) })),
			Switches: mean(all, func(o Observation) float64 { return o.Switches }),
		})
	}
	return out
}

func cellsOf(rounds [][]Observation) (cells []Cell) {
	for _, round := range rounds {
		for _, o := range round {
			if !slices.Contains(cells, o.Cell) {
				cells = append(cells, o.Cell)
			}
		}
	}
	return cells
}

func observed(rounds [][]Observation, c Cell) (all []Observation) {
	for _, round := range rounds {
		for _, o := range round {
			if o.Cell == c {
				all = append(all, o)
			}
		}
	}
	return all
}

func mean(all []Observation, of func(Observation) float64) (m float64) {
	for _, o := range all {
		m += of(o) / float64(len(all))
	}
	return m
}

const (
	// Steps of Gauss and Newton at most: the simulator is nearly linear in its
	// costs, so that from near by one is enough, and from afar two or three.
	steps = 8
	// enough is what a step may leave of the squares at most for another to follow.
	// The step itself is taken if it helps at all: a hundredth of what no costs
	// explain may be all that there is to gain, and be some per cent of a cost.
	enough = 0.99
	// shortest is the share of a step below which it is no use to go on.
	shortest = 1.0 / 16
	// nudge is by how much a cost is changed to see what follows.
	nudge = 2 * time.Microsecond
)

// fit is the method of Gauss and Newton on relative errors; the derivatives are
// differences of simulations with the same arrivals. A step that makes the errors
// larger is halved until it does not: where a load just saturates its CPU, what
// wakes and parks cost ends at once, and a whole step may lead far past it.
func fit(seen []Observation, costs, least sim.Costs, steps int) (sim.Costs, error) {
	now, err := predictAll(seen, costs)
	if err != nil {
		return costs, err
	}
	for range steps {
		best, err := step(seen, now, costs, least)
		if err != nil {
			return costs, err
		}
		was, closer := squares(seen, now), false
		for share := 1.0; share >= shortest && !closer; share /= 2 {
			next := costs
			for _, f := range fitted {
				c := f.of(&next)
				*c += time.Duration(math.Round(share * float64(*f.of(&best)-*c)))
			}
			if next == costs {
				break
			}
			then, err := predictAll(seen, next)
			if err != nil {
				return costs, err
			}
			if closer = squares(seen, then) < was; closer {
				costs, now = next, then
			}
		}
		if !closer || squares(seen, now) > enough*was {
			break
		}
	}
	return costs, nil
}

// step returns the costs that would explain what was seen best, were the simulator
// linear in them.
func step(seen []Observation, now []time.Duration, costs, least sim.Costs) (sim.Costs, error) {
	a := make([][]float64, len(seen))
	b := make([]float64, len(seen))
	for i, o := range seen {
		// What the costs have to make up for beyond the least: linear in them.
		rest := float64(o.CPU - now[i])
		a[i] = make([]float64, len(fitted))
		for j, f := range fitted {
			other := costs
			*f.of(&other) += nudge
			then, err := Predict(o, other)
			if err != nil {
				return costs, err
			}
			slope := float64(then-now[i]) / float64(nudge)
			rest += slope * float64(*f.of(&costs)-*f.of(&least))
			a[i][j] = slope * float64(time.Microsecond) / float64(o.CPU)
		}
		b[i] = rest / float64(o.CPU)
	}
	for j, v := range nonNegative(a, b) {
		*fitted[j].of(&costs) = *fitted[j].of(&least) + time.Duration(math.Round(v*float64(time.Microsecond)))
	}
	return costs, nil
}

// squares is the sum of the squared relative errors.
func squares(seen []Observation, predicted []time.Duration) (sum float64) {
	for i, o := range seen {
		e := float64(predicted[i])/float64(o.CPU) - 1
		sum += e * e
	}
	return sum
}
