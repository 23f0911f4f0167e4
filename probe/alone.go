package probe

import (
	"math"
	"time"

	"github.com/plimsoll-dev/plimsoll/record"
)

// alone asks how long a request takes alone, until that is steady: compilers
// warm up, pools fill, caches too.
func alone(h *History) (record.Experiment, bool) {
	e := baselineOf(h)
	made := h.made(record.ExperimentBaseline)
	if len(made) == 0 {
		return e, true
	}
	if n := turnedAway(made[len(made)-1]); n > 0 {
		_, _, all := h.spell()
		if len(made) < 3 || all && len(made) < 2+returns {
			e.Why = "is one request at a time turned away, too?"
			if all && len(made) > 1 {
				e.Why = "is it back, if it was only away?"
				e.Count, e.Spacing = 8, int64(250*time.Millisecond)
			}
			return e, true
		}
	}
	if len(made) == 1 || len(made) < 6 && !steady(made) {
		e.Why = "does it take as long again?"
		return e, true
	}
	return e, false
}

// returns is how often it is asked whether a service is back that turned everybody
// away: for about nine seconds, in which most have been restarted.
const returns = 5

// baselineOf returns a baseline that takes a few seconds.
func baselineOf(h *History) record.Experiment {
	e := record.Experiment{What: record.ExperimentBaseline, Why: "how long does a request take alone?", Count: 6}
	if h.hasCanary() {
		e.Canaries, e.Kept = 5, true
	}
	if t := h.service(); t > 0 {
		e.Count = int(min(max(2500*time.Millisecond/t, 6), 24))
	}
	return e
}

// steady reports whether requests have stopped to become quicker: the last
// baseline is no quicker than the one before it by more than their noise.
func steady(made []*Observation) bool {
	last, before := times(made[len(made)-1]), times(made[len(made)-2])
	if len(last) == 0 || len(before) == 0 {
		return true
	}
	noise := math.Hypot(deviation(last)/math.Sqrt(float64(len(last))), deviation(before)/math.Sqrt(float64(len(before))))
	return mean(last) > mean(before)-max(2*noise, 0.02*mean(before))
}

func times(o *Observation) (xs []float64) {
	for i := range o.Heavy {
		if answered(&o.Heavy[i]) {
			xs = append(xs, latency(&o.Heavy[i]))
		}
	}
	return xs
}

func deviation(xs []float64) float64 {
	m, sum := mean(xs), 0.0
	for _, x := range xs {
		sum += (x - m) * (x - m)
	}
	return math.Sqrt(sum / float64(max(1, len(xs)-1)))
}
