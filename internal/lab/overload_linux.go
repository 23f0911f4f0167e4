package lab

import (
	"context"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
)

// overloads are the multiples of the load line's rate that are tried past it,
// one after the other without a pause, as a real overload grows.
var overloads = []float64{1.2, 1.5, 2.0}

// recoveryShare is the rate afterwards: a service that does not recover even
// at a quarter of its load line needs a restart.
const recoveryShare = 0.25

// reopenings is how often an overload that was none may send a search on.
const reopenings = 2

// otherLine is how many trials a search is given to find the line that it missed,
// beside the one that showed it.
const otherLine = 4

// pastLine overloads a contestant. Where it passes at what was to be its first
// overload, the fail that ended the search was not its own: the search goes on
// from there, and then it is overloaded anew.
func (l *lab) pastLine(ctx context.Context, c *contestant) error {
	if err := l.settled(ctx, c); err != nil {
		return err
	}
	for again := reopenings; ; again-- {
		known := len(c.Trials)
		if err := l.overload(ctx, c, again > 0); err != nil {
			return err
		}
		if err := l.settle(ctx); err != nil {
			return err
		}
		if len(c.Trials) == known || c.Trials[known].Purpose != record.PurposeSearch {
			return nil
		}
		c.reopened++
		for done := false; !done; {
			var err error
			if done, err = l.search(ctx, c); err != nil {
				return err
			}
		}
	}
}

// overload drives a contestant past its line and lets it recover. If the line may
// be reopened, and it passes the first stage, that is a trial of the search, and
// the rest is about no line and not kept.
func (l *lab) overload(ctx context.Context, c *contestant, reopen bool) error {
	line := analysis.Line(c.Trials).Low
	if line <= 0 {
		return nil
	}
	if err := l.fresh(ctx); err != nil {
		return err
	}
	// Where answers count for long, nobody is late within the first seconds.
	stage, patience := min(max(2*time.Second, l.workload.SLO.Within/2), 5*time.Second), 8*time.Second
	if l.Quick {
		stage, patience = stage/2, 4*time.Second
	}
	stage = stage.Round(time.Second)
	l.say(c.Name, "overloading: %.0f to %.0f %% of its line, then recovery", 100*overloads[0], 100*overloads[len(overloads)-1])
	lead := l.leadIn()
	stages := []model.Stage{{For: lead, Rate: line}}
	for _, f := range overloads {
		stages = append(stages, model.Stage{For: stage, Rate: f * line})
	}
	after := lead + time.Duration(len(overloads))*stage
	stages = append(stages, model.Stage{For: patience, Rate: recoveryShare * line})
	return l.drive(ctx, c, c.target, plan{
		stages: stages, seed: l.workload.Seed, preopen: l.preopen(c, 2*line),
		stop: stopRule{After: after, Rate: recoveryShare * line},
	}, func(begun record.Head, r *run) error {
		c.target.stale = true
		return l.overloaded(c, line, reopen, begun, stages, r)
	})
}

// overloaded keeps each stage of an overload as a trial; the first was the
// lead-in.
func (l *lab) overloaded(c *contestant, line float64, reopen bool, begun record.Head, stages []model.Stage, r *run) error {
	from := stages[0].For
	for i, s := range stages[1:] {
		row := &record.Trial{Head: begun, Purpose: record.PurposeOverload, Rate: s.Rate, Factor: s.Rate / line, LeadIn: from.Seconds(), Horizon: s.For.Seconds()}
		row.Head.T += int64(from)
		if i == len(overloads) {
			row.Purpose = record.PurposeRecovery
		}
		row.Server.CPUs, row.Server.GOMAXPROCS = len(l.place.Server), c.target.gomaxprocs
		if err := r.fill(row, from, from+s.For, l.workload); err != nil {
			return err
		}
		if err := l.resident(c.target, row); err != nil {
			return err
		}
		passed := i == 0 && reopen && l.withstood(row)
		if passed {
			row.Purpose, row.Factor = record.PurposeSearch, 0
		}
		seen := *r // each row has what belongs to its own seconds
		seen.hists = histsOf(r.hists, from, from+s.For)
		seen.since, seen.until = r.done.Clock+int64(from), r.done.Clock+int64(from+s.For)
		if err := l.keep(c, row, &seen); err != nil || passed {
			return err
		}
		from += s.For
	}
	return nil
}

// withstood reports whether a stage passed as a trial of the search has to, and
// judges it if so. One that is shorter than such a trial cannot tell.
func (l *lab) withstood(row *record.Trial) bool {
	if row.Horizon < l.horizon(row.Rate).Seconds() {
		return false
	}
	judged := *row
	analysis.Judge(&judged, l.workload.SLO)
	if judged.Outcome == record.Passed {
		*row = judged
	}
	return judged.Outcome == record.Passed
}

func histsOf(all []loadHist, from, to time.Duration) []loadHist {
	var some []loadHist
	for _, h := range all {
		if at := time.Duration(h.Second) * time.Second; at >= from && at < to {
			some = append(some, h)
		}
	}
	return some
}
