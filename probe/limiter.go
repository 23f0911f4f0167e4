package probe

import (
	"math"
	"time"

	"github.com/plimsoll-dev/plimsoll/record"
)

// limiterOrProcessor keeps a service busy whose answers come at a pace, and asks
// for canaries: they wait for a processor that works at that pace, and not for
// a limit that is set for the heavy route.
func limiterOrProcessor(a *assessment) (record.Experiment, bool) {
	if !a.h.hasCanary() || !a.reached || a.room() > 0 || a.weight(RateLimit) < 0.02 {
		return record.Experiment{}, false
	}
	// Three times as many as the pace can keep are enough, and do not queue for long.
	fills := a.noise.mean / a.step
	made := a.h.made(record.ExperimentSustain)
	n := 0
	for _, o := range made {
		if o.Experiment.Canaries > 0 && float64(o.Count) > 1.3*fills {
			n++
		}
	}
	if n >= 2 || len(made) >= 8 {
		return record.Experiment{}, false
	}
	seconds := int(math.Ceil(min(6*a.noise.mean, longSustain.Seconds())))
	return record.Experiment{What: record.ExperimentSustain, Why: "do canaries wait for a processor, while answers come at a pace?",
		Count: min(a.most, max(8, int(3*fills))), Canaries: 6, Seconds: seconds, Spacing: int64(spacing)}, true
}

// limitOfAll asks, where canaries waited for what answers at a pace, whether they
// do by themselves: many of them are little work, and as many requests.
func limitOfAll(a *assessment) (record.Experiment, bool) {
	if !a.h.hasCanary() || !a.reached || a.room() > 0 || a.weight(RateLimit) < 0.02 {
		return record.Experiment{}, false
	}
	late, n := 0, 0
	for _, o := range a.h.made(record.ExperimentSustain) {
		if s, of := a.late(o); of > 0 && 2*s >= of {
			late++
		}
	}
	for _, o := range a.h.made(record.ExperimentIdle) {
		if o.Experiment.Canaries == 0 {
			n++
		}
	}
	if late == 0 || n >= 2 {
		return record.Experiment{}, false
	}
	wait := max(300*time.Millisecond, 20*a.h.canary()).Seconds()
	c := min(max(8, a.saving.burst+int(wait/a.step)), max(2, a.h.cap()/2))
	return record.Experiment{What: record.ExperimentIdle, Why: "are cheap requests held up by their number, too?", Count: c, Spacing: int64(spacing), Served: true}, true
}

// longSustain is how long a sustain should take at most that waits for some
// service times.
const longSustain = 20 * time.Second
