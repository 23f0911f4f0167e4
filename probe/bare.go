package probe

import (
	"fmt"
	"slices"
	"time"

	"github.com/plimsoll-dev/plimsoll/probe/internal/mechanism"
	"github.com/plimsoll-dev/plimsoll/record"
)

// bared is what a history is without a disguise.
type bared struct {
	after       int       // so many experiments
	worn        *disguise // nil: none
	ask         int       // single requests that would tell
	experiments []Observation
	memo        map[memory]float64
	curves      map[simulation]mechanism.Curve
	histograms  map[memory]*histogram
}

// bare returns the history in which answers that are not the work are refusals.
func (h *History) bare() *History {
	if h.worn != nil {
		return h
	}
	if b := &h.bared; b.after != len(h.Experiments) {
		old := *b
		*b = bared{after: len(h.Experiments)}
		if b.worn, b.ask = h.disguise(); b.worn != nil {
			b.experiments = b.worn.off(h.Experiments)
			if b.worn.likewise(old.worn) {
				b.memo, b.curves, b.histograms = old.memo, old.curves, old.histograms
			} else {
				b.memo, b.curves, b.histograms = map[memory]float64{}, map[simulation]mechanism.Curve{}, map[memory]*histogram{}
			}
		}
	}
	if h.bared.worn == nil {
		return h
	}
	bare := *h
	bare.worn, bare.Experiments = h.bared.worn, h.bared.experiments
	bare.memo, bare.curves, bare.histograms = h.bared.memo, h.bared.curves, h.bared.histograms
	bare.away.after = 0
	return &bare
}

// likewise reports whether another disguise masks the same answers.
func (d *disguise) likewise(o *disguise) bool {
	return o != nil && d.soon == o.soon && d.from == o.from && d.to == o.to
}

// off returns experiments in which answers that are not the work are refusals.
func (d *disguise) off(all []Observation) []Observation {
	all = slices.Clone(all)
	for i := range all {
		o := &all[i]
		if o.What == record.ExperimentBaseline {
			continue
		}
		o.Heavy = slices.Clone(o.Heavy)
		for k := range o.Heavy {
			if r := &o.Heavy[k]; d.masks(r) {
				r.Status = statusFallback
			}
		}
	}
	return all
}

// isItTheWork asks for single requests after some of many at once had answers that
// may not be the work.
func isItTheWork(a *assessment) (record.Experiment, bool) {
	const why = "some of many at once had another answer, or too soon; have single requests, now?"
	n := a.h.bared.ask
	if a.h.worn != nil || n == 0 || n > 24 || time.Duration(n)*a.h.service() > a.h.maxTime()/5 {
		return record.Experiment{}, false
	}
	asked := 0
	for _, o := range a.h.made(record.ExperimentBaseline) {
		if o.Why == why {
			asked++
		}
	}
	e := baselineOf(a.h)
	e.Why, e.Count = why, n
	return e, asked < 2
}

// instead is what those got that were too many, in place of the work.
func instead(a *assessment) string {
	d := a.h.worn
	if d == nil {
		return ""
	}
	var took []float64
	for i := range a.waves {
		for k := range a.waves[i].Heavy {
			if r := &a.waves[i].Heavy[k]; r.Status == statusFallback {
				took = append(took, latency(r))
			}
		}
	}
	text := "answers to those that are too many come in " + millis(median(took))
	if x := &a.ranked[0]; x.kind == Shedding {
		text = fmt.Sprintf("answers past %d come in %s", x.limit, millis(median(took)))
	}
	if d.another {
		work := fmt.Sprint(d.from)
		if d.from != d.to {
			work = fmt.Sprintf("%d to %d", d.from, d.to)
		}
		return fmt.Sprintf("%s with another body (%d bytes instead of %s): a fallback, not the work", text, d.body, work)
	}
	return fmt.Sprintf("%s, and one alone takes %s, also afterwards: a copy or a default, not the work", text, millis(a.noise.mean))
}
