package lab

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/load"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
	"github.com/plimsoll-dev/plimsoll/workload"
)

// shared reports whether load or upstreams run on a CPU of the server.
func (l *lab) shared() bool {
	for _, c := range l.place.Server {
		if slices.Contains(l.place.Load, c) || slices.Contains(l.place.Upstream, c) {
			return true
		}
	}
	return false
}

// routes are those that the generator requests: all, or only one.
func (l *lab) routes(only string) []load.Route {
	var routes []load.Route
	for _, r := range l.workload.Routes {
		switch only {
		case "":
			routes = append(routes, load.Route{Name: r.Name, Path: r.Path, Weight: r.Weight})
		case r.Name:
			routes = append(routes, load.Route{Name: r.Name, Path: r.Path, Weight: 1})
		}
	}
	return routes
}

// leadIn is how long a run goes on before its window begins: until the number
// in flight is what the rate makes it, in whole seconds.
func (l *lab) leadIn() time.Duration {
	longest := workload.Demand(l.workload).Request.Residence
	for _, u := range l.workload.Upstreams {
		longest = max(longest, u.Latency.Quantile(0.95))
	}
	return max(1, (longest+time.Second-1).Truncate(time.Second)/time.Second) * time.Second
}

// horizon is how long a window is at a rate.
func (l *lab) horizon(rate float64) time.Duration {
	resolution, shortest, longest := analysis.FullResolution, 2*time.Second, 10*time.Second
	if l.Quick {
		resolution, shortest, longest = 2*resolution, time.Second, 5*time.Second
	}
	if l.window > 0 {
		longest = l.window
	}
	h := min(max(analysis.Horizon(rate, resolution), shortest), longest)
	return h.Round(time.Second)
}

// precision is how close the bracket of the line has to be at a rate.
func (l *lab) precision(rate float64) float64 {
	p := 1 + max(analysis.FullResolution, 0.95*analysis.Resolution(rate*l.horizon(rate).Seconds())) // half a second of horizon is rounded away
	if l.Quick {
		p = max(p, 1.15)
	}
	return p
}

const confirmWindow = 2 * time.Second

// try makes one trial at a rate and judges it.
func (l *lab) try(ctx context.Context, c *contestant, t *target, row *record.Trial) error {
	lead, window := l.leadIn(), l.horizon(row.Rate)
	if row.Purpose == record.PurposeConfirm {
		window = min(window, confirmWindow) // far from any line, little is enough to tell
	}
	expected := row.Rate * window.Seconds()
	slo := l.workload.SLO
	var each func(engineStats) bool
	if row.Purpose == record.PurposeSearch {
		each = l.trace(t, row.Rate, lead, window)
	}
	return l.drive(ctx, c, t, plan{
		stages:  []model.Stage{{For: lead + window, Rate: row.Rate}},
		seed:    l.workload.Seed + uint64(c.attempts(row)),
		preopen: l.preopen(c, row.Rate),
		stop: stopRule{
			From: lead,
			// Half as much again as may be lost, because some of it was due before the window.
			Lost:   uint64(1.5*(1-slo.Ratio)*expected) + 10,
			Failed: uint64(1.5*slo.Errors*expected) + 10,
		},
		each: each,
	}, func(begun record.Head, r *run) error {
		row.Head, row.LeadIn, row.Horizon = begun, lead.Seconds(), window.Seconds()
		row.Server.CPUs, row.Server.GOMAXPROCS = len(l.place.Server), t.gomaxprocs
		if err := r.fill(row, lead, lead+window, l.workload); err != nil {
			return err
		}
		if err := l.resident(t, row); err != nil {
			return err
		}
		analysis.Judge(row, slo)
		t.stale = row.Outcome != record.Passed
		if err := l.keep(c, row, r); err != nil || each == nil {
			return err
		}
		return l.traced(c, t, row, r)
	})
}

// attempts is how often this rate was tried before: a repetition has other
// arrivals, the first trial at a rate the same ones for every engine.
func (c *contestant) attempts(row *record.Trial) int {
	n := 0
	for _, t := range c.Trials {
		if t.Rate == row.Rate && t.Purpose == row.Purpose && t.Variant == row.Variant {
			n++
		}
	}
	return n
}

// preopen is the number of connections that a rate needs, with some to spare:
// the number in flight by Little's law, from the last trial that passed.
func (l *lab) preopen(c *contestant, rate float64) int {
	seconds := workload.Demand(l.workload).Request.Residence.Seconds()
	for _, t := range c.Trials {
		if t.Outcome == record.Passed && t.Rate > 0 {
			seconds = max(seconds, t.Load.InFlight/t.Rate)
		}
	}
	n := rate * seconds
	return min(int(n+4*math.Sqrt(n))+10, l.workload.InFlight)
}

// keep writes a trial and what belongs to it.
func (l *lab) keep(c *contestant, row *record.Trial, r *run) error {
	l.trials++
	row.ID, row.Engine = l.trials, c.Name
	if err := l.write(row); err != nil {
		return err
	}
	for _, h := range r.hists {
		err := l.write(&record.Histogram{Head: row.Head, Trial: row.ID, Engine: c.Name, Route: h.Route, Status: h.Status,
			Metric: h.Metric, Second: h.Second, Unit: record.Microseconds, Count: h.Count, HDR: h.HDR})
		if err != nil {
			return err
		}
	}
	for _, s := range r.steps(row) {
		if err := l.write(s); err != nil {
			return err
		}
	}
	for _, g := range r.gauges(l.origin, row.ID, c.Name) {
		if err := l.write(g); err != nil {
			return err
		}
	}
	if l.Progress != nil {
		l.Progress(Progress{Elapsed: time.Duration(l.now().T), Engine: c.Name, Text: fmt.Sprintf("%s at %s/s", row.Purpose, analysis.Rate(row.Rate)), Trial: row})
	}
	return nil
}
