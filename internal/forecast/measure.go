package forecast

import (
	"context"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/internal/search"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
)

// measure takes an engine through what package lab takes it through.
func (f *forecast) measure(ctx context.Context, e *analysis.EngineRun) error {
	if !f.workload.NoSearch {
		rate := warmUpShare * f.firstGuess(e.Config)
		if err := f.try(ctx, e, &record.Trial{Purpose: record.PurposeWarmUp, Rate: rate}, warmUp); err != nil {
			return err
		}
	}
	for _, at := range f.workload.Rates {
		if err := f.try(ctx, e, &record.Trial{Purpose: record.PurposeRate, Rate: at.Rate, Route: at.Route}, at.For); err != nil {
			return err
		}
	}
	if f.workload.NoSearch {
		return nil
	}
	for {
		d := search.Next(f.goal(e), analysis.History(e.Trials, record.PurposeSearch))
		if d.Done {
			break
		}
		if err := f.try(ctx, e, &record.Trial{Purpose: record.PurposeSearch, Rate: d.Rate}, f.horizon(d.Rate)); err != nil {
			return err
		}
	}
	if err := f.overload(ctx, e); err != nil {
		return err
	}
	for {
		next := analysis.Confirm(e.Trials, e.Config, f.workload, confirmTrials)
		if next.Done {
			return nil
		}
		if err := f.try(ctx, e, &record.Trial{Purpose: record.PurposeConfirm, Variant: next.Variant.String(), Rate: next.Rate}, confirmWindow); err != nil {
			return err
		}
	}
}

const (
	// warmUpShare is the part of the first guess at which it is found out what a
	// request takes of each limit.
	warmUpShare   = 0.4
	warmUp        = 5 * time.Second
	confirmWindow = 4 * time.Second
	confirmTrials = 3
	searchTrials  = 16
)

// horizon is how long a window is at a rate. Virtual seconds cost little: it has
// twice the arrivals that tell the resolution, and at least ten seconds.
func (f *forecast) horizon(rate float64) time.Duration {
	return min(max(2*analysis.Horizon(rate, analysis.FullResolution), 10*time.Second), 2*time.Minute).Round(time.Second)
}

func (f *forecast) goal(e *analysis.EngineRun) search.Goal {
	g := search.Goal{Guess: f.firstGuess(e.Config), Trials: searchTrials}
	if t := analysis.LowestFailed(e.Trials); t != nil && t.Server.Responses > 0 && t.Seconds > 0 {
		g.Guess = float64(t.Server.Responses) / t.Seconds
	} else if c, _ := analysis.Capacity(analysis.Reference(e.Trials), e.Config, f.workload, analysis.Variant{}); c > 0 {
		g.Guess = c
	}
	arrivals := g.Guess * f.horizon(g.Guess).Seconds()
	g.Precision = 1 + max(analysis.FullResolution, 0.95*analysis.Resolution(arrivals))
	return g
}

// try simulates one trial of a constant rate, and judges it.
func (f *forecast) try(ctx context.Context, e *analysis.EngineRun, row *record.Trial, window time.Duration) error {
	lead := leadIn(f.workload)
	row.Head, row.LeadIn, row.Horizon = f.now(), lead.Seconds(), window.Seconds()
	d, err := f.newDrive(e, row, []model.Stage{{For: lead + window, Rate: row.Rate}}, lead)
	if err != nil {
		return err
	}
	if row.Purpose == record.PurposeSearch {
		d.stop = stopAt(f.workload.SLO, row.Rate*window.Seconds())
	}
	to, err := d.run(ctx, lead+window)
	if err != nil {
		return err
	}
	d.fill(row, lead, to)
	if row.Purpose != record.PurposeWarmUp {
		analysis.Judge(row, f.workload.SLO)
	}
	f.elapsed += int64(to)
	return f.keep(e, row, d, lead, to)
}

// attempts is how often this rate was tried before: a repetition has other
// arrivals, the first trial at a rate the same ones for every engine.
func attempts(e *analysis.EngineRun, row *record.Trial) (n uint64) {
	for _, t := range e.Trials {
		if t.Rate == row.Rate && t.Purpose == row.Purpose && t.Variant == row.Variant {
			n++
		}
	}
	return n
}

// overloads are the multiples of the load line's rate that are tried past it, and
// recoveryShare the one afterwards, as in package lab.
var overloads = []float64{1.2, 1.5, 2.0}

const recoveryShare = 0.25

// overload drives an engine past its line and lets it recover; each stage is a
// trial, the first was the lead-in.
func (f *forecast) overload(ctx context.Context, e *analysis.EngineRun) error {
	line := analysis.Line(e.Trials).Low
	if line <= 0 {
		return nil
	}
	stage := min(max(2*time.Second, f.workload.SLO.Within/2), 5*time.Second).Round(time.Second)
	lead := leadIn(f.workload)
	stages := []model.Stage{{For: lead, Rate: line}}
	for _, x := range overloads {
		stages = append(stages, model.Stage{For: stage, Rate: x * line})
	}
	stages = append(stages, model.Stage{For: recoveryFor, Rate: recoveryShare * line})
	d, err := f.newDrive(e, &record.Trial{Purpose: record.PurposeOverload}, stages, lead)
	if err != nil {
		return err
	}
	end := lead + time.Duration(len(overloads))*stage + recoveryFor
	if _, err := d.run(ctx, end); err != nil {
		return err
	}
	begun, from := f.now(), lead
	for i, s := range stages[1:] {
		row := &record.Trial{Head: begun, Purpose: record.PurposeOverload, Rate: s.Rate, Factor: s.Rate / line, LeadIn: from.Seconds(), Horizon: s.For.Seconds()}
		row.Head.T += int64(from)
		if i == len(overloads) {
			row.Purpose = record.PurposeRecovery
		}
		d.fill(row, from, from+s.For)
		if err := f.keep(e, row, d, from, from+s.For); err != nil {
			return err
		}
		from += s.For
	}
	f.elapsed += int64(end)
	return nil
}

const recoveryFor = 8 * time.Second
