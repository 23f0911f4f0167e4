package probe

import (
	"math"

	"github.com/plimsoll-dev/plimsoll/record"
)

// isFree waits until requests that were given up are no longer worked on.
func isFree(a *assessment) (record.Experiment, bool) {
	n := len(a.h.Experiments)
	last := &a.h.Experiments[n-1]
	abandoned := func(o *Observation) bool {
		for i := range o.Heavy {
			if r := &o.Heavy[i]; r.Status == statusTimeout && r.Sent != 0 {
				return true
			}
		}
		return false
	}
	if last.What == record.ExperimentSettle {
		tries := 0
		for i := n - 1; i >= 0 && a.h.Experiments[i].What == record.ExperimentSettle; i-- {
			tries++
		}
		if tries >= 5 || a.settled(last) {
			return record.Experiment{}, false
		}
	} else if !abandoned(last) {
		return record.Experiment{}, false
	}
	return record.Experiment{What: record.ExperimentSettle, Why: "is the service done with what was given up?", Count: 4, Spacing: int64(spacing)}, true
}

// isFreeAgain ends every probe that drove a service to its limit.
func isFreeAgain(a *assessment) (record.Experiment, bool) {
	n := len(a.h.Experiments)
	if n == 0 {
		return record.Experiment{}, false
	}
	last := &a.h.Experiments[n-1]
	if last.What == record.ExperimentSettle {
		return record.Experiment{}, false
	}
	e := record.Experiment{What: record.ExperimentSettle, Why: "is the service as it was before?", Count: 1, Spacing: int64(spacing)}
	if a.h.hasCanary() {
		e.Canaries = 3
	}
	return e, true
}

// settled reports whether requests took no longer than alone.
func (a *assessment) settled(o *Observation) bool {
	for _, x := range times(o) {
		if math.Log(x)-a.noise.centre > max(0.5, 4*a.noise.spread) {
			return false
		}
	}
	base := median(a.h.alone(false))
	for i := range o.Canaries {
		if c := &o.Canaries[i]; !answered(c) || latency(c) > max(5*base, base+0.050) {
			return false
		}
	}
	return len(times(o)) > 0
}
