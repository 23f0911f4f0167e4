package lab

import (
	"context"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
)

// rateAttempts is how often an engine is measured at a rate for want of an
// undisturbed measurement. What it shows has no part in that.
const rateAttempts = 3

// measureRates measures every engine at the rates that the workload names.
func (l *lab) measureRates(ctx context.Context) error {
	for _, at := range l.workload.Rates {
		for range rateAttempts {
			for _, c := range l.contestants {
				if t := analysis.RateTrial(c.Trials, at, l.workload.SLO); t != nil && analysis.Undisturbed(t, l.workload.SLO) {
					continue
				}
				if err := l.measureRate(ctx, c, at); err != nil {
					return err
				}
			}
			if err := l.settle(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// measureRate measures a contestant at one rate. Nothing ends it early: what is
// asked is how it is there, and not whether the SLO holds.
func (l *lab) measureRate(ctx context.Context, c *contestant, at model.RateTrial) error {
	if err := l.settled(ctx, c); err != nil {
		return err
	}
	if err := l.fresh(ctx); err != nil {
		return err
	}
	l.say(c.Name, "measuring at %s requests/s", analysis.Rate(at.Rate))
	lead, t := l.leadIn(), c.target
	return l.drive(ctx, c, t, plan{
		stages: []model.Stage{{For: lead + at.For, Rate: at.Rate}}, seed: l.workload.Seed, preopen: l.preopen(c, at.Rate), route: at.Route,
		each: l.trace(t, at.Rate, lead, at.For),
	}, func(begun record.Head, r *run) error {
		row := &record.Trial{Head: begun, Purpose: record.PurposeRate, Rate: at.Rate, Route: at.Route, LeadIn: lead.Seconds(), Horizon: at.For.Seconds()}
		row.Server.CPUs, row.Server.GOMAXPROCS = len(l.place.Server), t.gomaxprocs
		if err := r.fill(row, lead, lead+at.For, l.workload); err != nil {
			return err
		}
		if err := l.resident(t, row); err != nil {
			return err
		}
		analysis.Judge(row, l.workload.SLO)
		t.stale = row.Outcome != record.Passed
		if err := l.keep(c, row, r); err != nil {
			return err
		}
		return l.traced(c, t, row, r)
	})
}
