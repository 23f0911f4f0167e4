package lab

import (
	"context"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
)

const (
	// warmUpBatch is the stretch over which one batch mean is taken.
	warmUpBatch = 250 * time.Millisecond
	// warmUpShare is the part of the first guess at which a service warms up:
	// enough to touch everything, too little to queue.
	warmUpShare = 0.4
	warmUpMost  = 20 * time.Second
)

// warmer collects what a service that warms up gets better at: the CPU time of
// a request, and its residence time, which shows also what it waits for.
type warmer struct {
	least          int // batches
	first, last    engineStats
	cpu, residence []float64
	from           int // batches that were warm-up

	patience time.Duration // for an answer
	heard    engineStats   // the last in which another was answered, or nobody waited for one

	steady, mute bool // what the samples have come to
}

// over takes a sample, and reports whether there is nothing more to wait for.
func (w *warmer) over(e engineStats) bool {
	w.steady = w.steady || !w.mute && w.add(e)
	w.mute = w.mute || !w.steady && w.silent(e)
	return w.steady || w.mute || len(e.Engine.Deadlocks) > 0 // from which nothing but the end follows
}

// left says what is to be known of the service that a warm-up leaves behind: stale,
// if it is of no more use, and a warning, if the record does not say it otherwise.
func (w *warmer) left(row *record.Trial, lasted time.Duration) (stale bool, warning string) {
	switch standstill := len(row.Server.Deadlocks) > 0 || len(row.Server.Circle) > 0; {
	case standstill:
		return true, ""
	case w.mute:
		return true, "nothing was answered for the last " + w.patience.Round(100*time.Millisecond).String() + " of the warm-up, though requests waited: what is measured begins with an idle server"
	case !w.steady:
		return false, "it was still changing after a warm-up of " + lasted.String() + ": what was measured first may not hold for long"
	}
	return false, ""
}

// silent takes a sample, and reports whether the service has had requests and
// answered none for longer than it takes. It will not get better at anything.
func (w *warmer) silent(e engineStats) bool {
	if e.Engine.Responses != w.heard.Engine.Responses || e.Engine.InFlight+e.Engine.Queued == 0 || w.heard.Clock == 0 {
		w.heard = e
	}
	return e.Clock-w.heard.Clock > int64(w.patience)
}

// add takes a sample, and reports whether the service is steady.
func (w *warmer) add(e engineStats) bool {
	if w.first.Clock == 0 {
		w.first, w.last = e, e
		return false
	}
	n := float64(e.Engine.Responses - w.last.Engine.Responses)
	if e.Clock-w.last.Clock < int64(warmUpBatch) || n == 0 {
		return false
	}
	var spent int64
	for i := range e.Engine.Residence {
		spent += e.Engine.Residence[i] - w.last.Engine.Residence[i]
	}
	w.cpu = append(w.cpu, float64(e.CPUNanos-w.last.CPUNanos)/n)
	w.residence = append(w.residence, float64(spent)/n)
	w.last = e
	if len(w.cpu) < w.least {
		return false
	}
	a, steadyCPU := analysis.Steady(w.cpu)
	b, steadyResidence := analysis.Steady(w.residence)
	w.from = max(a, b)
	return steadyCPU && steadyResidence
}

// warmUp drives a contestant gently until it is steady. The steady part is also
// the first estimate of what a request costs.
func (l *lab) warmUp(ctx context.Context, c *contestant) error {
	rate := warmUpShare * analysis.FirstGuess(c.Config, l.workload, len(l.place.Server))
	lead := l.leadIn()
	l.say(c.Name, "warming up at %s requests/s", analysis.Rate(rate))
	w := &warmer{least: int((lead + time.Second) / warmUpBatch), patience: 2 * (time.Second + longest(l.workload))}
	if l.Quick {
		w.least -= 2
	}
	return l.drive(ctx, c, c.target, plan{
		stages: []model.Stage{{For: warmUpMost, Rate: rate}}, seed: l.workload.Seed, preopen: l.preopen(c, rate),
		each: w.over,
	}, func(begun record.Head, r *run) error { return l.warmedUp(c, rate, lead, w, begun, r) })
}

// warmedUp keeps the steady part of a warm-up.
func (l *lab) warmedUp(c *contestant, rate float64, lead time.Duration, w *warmer, begun record.Head, r *run) error {
	lasted := time.Duration(r.done.Elapsed)
	from := min(max(lead, time.Duration(w.from)*warmUpBatch), lasted-time.Second).Truncate(time.Second)
	row := &record.Trial{Head: begun, Purpose: record.PurposeWarmUp, Rate: rate, LeadIn: from.Seconds(), Horizon: (lasted - from).Seconds()}
	row.Server.CPUs, row.Server.GOMAXPROCS = len(l.place.Server), c.target.gomaxprocs
	if err := r.fill(row, max(0, from), lasted, l.workload); err != nil {
		return err
	}
	stale, warning := w.left(row, lasted)
	if c.target.stale = stale; warning != "" {
		if err := l.write(&record.Warning{Head: l.now(), Engine: c.Name, Code: "not-steady", Text: warning}); err != nil {
			return err
		}
	}
	if err := l.resident(c.target, row); err != nil {
		return err
	}
	return l.keep(c, row, r)
}
