package plan

import (
	"context"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/internal/search"
	"github.com/plimsoll-dev/plimsoll/record"
)

// A line is where a candidate's load line is, of all instances, and the trial
// that shows what it breaks on; nil if nothing failed.
type line struct {
	low, high float64 // 0: not known
	failed    *record.Trial
}

// line searches the rate that a candidate carries, from a rate that it is tried
// at first, to a precision.
func (p *planner) line(ctx context.Context, c Candidate, precision float64, trials int) (line, error) {
	var history []search.Trial
	failed := map[float64]*record.Trial{}
	n := float64(c.Instances)
	goal := search.Goal{Guess: c.Rate, Precision: precision, Trials: trials, Once: true}
	try := func(rate float64) error {
		t, err := p.trier.Try(ctx, c.with(func(c *Candidate) { c.Rate = rate }))
		if err != nil {
			return err
		}
		outcome := search.Pass
		if t.Outcome != record.Passed {
			outcome = search.Fail
			failed[rate] = t
		}
		history = append(history, search.Trial{Rate: rate, Outcome: outcome})
		// What it used, or answered at most, says where the end is.
		if outcome == search.Fail && t.Seconds > 0 && t.Server.Responses > 0 {
			goal.Guess = min(rate, n*float64(t.Server.Responses)/t.Seconds)
		} else if outcome == search.Pass && len(failed) == 0 {
			if at, _ := analysis.Capacity(t, c.Engine, c.workload(p.workload, 1), analysis.Variant{}); at > 0 {
				goal.Guess = max(rate, n*at)
			}
		}
		return nil
	}
	if err := try(c.Rate); err != nil {
		return line{}, err
	}
	for {
		d := search.Next(goal, history)
		if d.Done {
			return line{d.Low, d.High, failed[d.High]}, nil
		}
		if err := try(d.Rate); err != nil {
			return line{}, err
		}
	}
}

// loadLine is the line in the form that programs read.
func (l line) loadLine() LoadLine {
	var v LoadLine
	if l.low > 0 {
		v.Low = &l.low
		v.Rate = &l.low
	}
	if l.high > 0 {
		v.High = &l.high
	}
	return v
}
