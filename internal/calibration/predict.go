package calibration

import (
	"fmt"
	"time"

	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/sim"
)

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

func predictAll(seen []Observation, costs sim.Costs) ([]time.Duration, error) {
	all := make([]time.Duration, len(seen))
	for i, o := range seen {
		var err error
		if all[i], err = Predict(o, costs); err != nil {
			return nil, err
		}
	}
	return all, nil
}
