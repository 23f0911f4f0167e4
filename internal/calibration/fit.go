package calibration

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/plimsoll-dev/plimsoll/model"
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
// the rounds' medians are fitted. Costs that are not among the fitted are base's,
// and the others at least that.
func Fit(rounds [][]Observation, base sim.Costs) (sim.Costs, []Fitted, error) {
	if len(rounds) == 0 {
		return base, nil, fmt.Errorf("calibration: nothing was observed")
	}
	costs, err := fit(medians(rounds), base, base, steps)
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

// medians has one observation for each cell: the medians of those that nothing
// disturbed, or of all where there is none.
func medians(rounds [][]Observation) []Observation {
	var out []Observation
	for _, cell := range cellsOf(rounds) {
		all := observed(rounds, cell)
		if clean := slices.DeleteFunc(slices.Clone(all), func(o Observation) bool { return o.doubtful() }); len(clean) > 0 {
			all = clean
		}
		out = append(out, Observation{
			Cell:     cell,
			Rate:     median(all, func(o Observation) float64 { return o.Rate }),
			CPU:      time.Duration(median(all, func(o Observation) float64 { return float64(o.CPU) })),
			Switches: median(all, func(o Observation) float64 { return o.Switches }),
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

func median(all []Observation, of func(Observation) float64) float64 {
	var v []float64
	for _, o := range all {
		v = append(v, of(o))
	}
	slices.Sort(v)
	if n := len(v); n%2 == 0 {
		return (v[n/2-1] + v[n/2]) / 2
	}
	return v[len(v)/2]
}

const (
	// Steps of Gauss and Newton at most: the simulator is nearly linear in its
	// costs, so that from near by one is enough, and from afar two or three.
	steps = 5
	// still is by how much a step changes no cost any more: no wall is moved by that.
	still = 20 * time.Nanosecond
	// nudge is by how much a cost is changed to see what follows.
	nudge = 2 * time.Microsecond
)

// fit is the method of Gauss and Newton on relative errors; the derivatives are
// differences of simulations with the same arrivals.
func fit(seen []Observation, costs, least sim.Costs, steps int) (sim.Costs, error) {
	for settled := false; steps > 0 && !settled; steps-- {
		a := make([][]float64, len(seen))
		b := make([]float64, len(seen))
		for i, o := range seen {
			now, err := Predict(o, costs)
			if err != nil {
				return costs, err
			}
			// What the costs have to make up for beyond the least: linear in them.
			rest := float64(o.CPU - now)
			a[i] = make([]float64, len(fitted))
			for j, f := range fitted {
				other := costs
				*f.of(&other) += nudge
				then, err := Predict(o, other)
				if err != nil {
					return costs, err
				}
				slope := float64(then-now) / float64(nudge)
				rest += slope * float64(*f.of(&costs)-*f.of(&least))
				a[i][j] = slope * float64(time.Microsecond) / float64(o.CPU)
			}
			b[i] = rest / float64(o.CPU)
		}
		settled = true
		for j, v := range nonNegative(a, b) {
			was := *fitted[j].of(&costs)
			is := *fitted[j].of(&least) + time.Duration(math.Round(v*float64(time.Microsecond)))
			*fitted[j].of(&costs) = is
			settled = settled && (is-was).Abs() <= still
		}
	}
	return costs, nil
}

// Predict returns the CPU time of a request under an observation's load, by
// simulation with some costs.
func Predict(o Observation, costs sim.Costs) (time.Duration, error) {
	cfg, err := model.ParseEngine(o.Engine)
	if err != nil {
		return 0, fmt.Errorf("calibration: %w", err)
	}
	window := time.Duration(requests / o.Rate * float64(time.Second))
	s, err := sim.New(sim.Config{
		Workload: Document().Workload, Engine: cfg, CPUs: 1, Costs: costs, Seed: 1, Route: o.Route,
		Stages: []model.Stage{{For: virtualLead + window, Rate: o.Rate}},
	})
	if err != nil {
		return 0, fmt.Errorf("calibration: %w", err)
	}
	if err := s.RunUntil(virtualLead); err != nil {
		return 0, err
	}
	before := s.Stats()
	if err := s.RunUntil(virtualLead + window); err != nil {
		return 0, err
	}
	after := s.Stats()
	n := after.Responses - before.Responses
	if n == 0 {
		return 0, fmt.Errorf("calibration: nothing is answered in a simulation of %s at %.0f/s", o.Engine, o.Rate)
	}
	return (after.CPUTime - before.CPUTime) / time.Duration(n), nil
}

const (
	// virtualLead is until the number in flight is what the rate makes it.
	virtualLead = 500 * time.Millisecond
	// requests of a simulation: enough for a hundredth in what a request needs.
	requests = 4000
)
