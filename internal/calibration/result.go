package calibration

import (
	"fmt"
	"time"

	"github.com/plimsoll-dev/plimsoll/sim"
)

// A Result is a machine's costs, with where they are from.
type Result struct {
	Costs    sim.Costs
	Measured *Measured
	Fitted   []Fitted
	Checks   []Check
	Warnings []string
}

// A Check is a load that was observed, beside what a simulation with the costs
// says of it.
type Check struct {
	Observation
	Simulated time.Duration
}

// Off is the simulation's relative error.
func (c Check) Off() float64 { return float64(c.Simulated)/float64(c.CPU) - 1 }

// Conclude makes costs of what was measured.
func Conclude(m *Measured) (*Result, error) {
	r := &Result{Measured: m}
	base := sim.Costs{
		Machine: fmt.Sprintf("%s, %d CPUs, %s %s, %s", orUnknown(m.Host.CPU), m.Host.Cores, m.Host.OS, m.Host.Kernel, m.Host.Go),
		Speed:   1, // compute was calibrated on this very machine
		Quantum: m.Bare.Quantum, Slice: m.Bare.Slice.Median,
		Switch: m.Bare.Switch.Median, // at least: what it evicts comes on top
		Fiber:  m.Bare.Fiber.Median, Start: m.Bare.Start.Median,
		Memory: m.Memory.costs(),
	}
	var err error
	if r.Costs, r.Fitted, err = Fit(m.Rounds, base); err != nil {
		return nil, err
	}
	for _, o := range means(m.Rounds) {
		simulated, err := Predict(o, r.Costs)
		if err != nil {
			return nil, err
		}
		r.Checks = append(r.Checks, Check{o, simulated})
	}
	r.warn()
	return r, nil
}

func orUnknown(cpu string) string {
	if cpu == "" {
		return "unknown CPU"
	}
	return cpu
}

const (
	// farOff is an error of the fit that makes it doubtful: predictions of engines
	// that were not measured are hardly better.
	farOff = 0.10
	// restless is by how much of the least a load's CPU time may differ from round to
	// round.
	restless = 0.15
)

func (r *Result) warn() {
	doubtful, all, most := 0, 0, 0.0
	for _, c := range r.Checks {
		seen := observed(r.Measured.Rounds, c.Cell)
		low, high := seen[0].CPU, seen[0].CPU
		for _, o := range seen {
			low, high = min(low, o.CPU), max(high, o.CPU)
			if all++; o.doubtful() {
				doubtful++
			}
		}
		most = max(most, float64(high)/float64(low)-1)
	}
	if doubtful > all/3 {
		r.Warnings = append(r.Warnings, fmt.Sprintf("during %d of %d loads others took more than %.0f %% of the server's CPU: calibrate again on a calm machine", doubtful, all, 100*clear))
	}
	if most > restless {
		r.Warnings = append(r.Warnings, fmt.Sprintf("the same load took up to %.0f %% more CPU time in one round than in another: costs are no better known than that", 100*most))
	}
	for _, c := range r.Checks {
		if off := c.Off(); off > farOff || off < -farOff {
			r.Warnings = append(r.Warnings, fmt.Sprintf("%s on %s at %.0f requests/s took %s of CPU time a request, and a simulation with these costs says %s", c.Route, c.Engine, c.Rate, micros(c.CPU), micros(c.Simulated)))
		}
	}
}

func micros(d time.Duration) string { return d.Round(100 * time.Nanosecond).String() }
