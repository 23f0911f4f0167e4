package probe

import (
	"math"

	"github.com/plimsoll-dev/plimsoll/record"
)

// A slope is how many times longer a request takes among c, where processors
// are shared: not at all up to some number, and then in proportion.
type slope struct{ onset, rise float64 }

// at returns the multiple of a service time that each of c requests takes.
func (s slope) at(c int) float64 { return 1 + s.rise*max(0, float64(c)-s.onset) }

// slopeOf fits a slope to the waves: for each number up to which there may be
// no effect, the typical rise from there.
func slopeOf(a *assessment) slope {
	best, least := slope{1, 0}, math.Inf(1)
	if !a.rises() {
		return best
	}
	for onset := 1.0; onset <= float64(max(1, a.most/2)); onset = max(onset+1, onset*1.2) {
		var rises []float64
		for i := range a.waves {
			w := &a.waves[i]
			if above := float64(w.count()) - onset; above > 0 && w.slower(a.noise) {
				rises = append(rises, (w.level(a.noise)-1)/above)
			}
		}
		if len(rises) == 0 {
			break
		}
		s, off := slope{onset, median(rises)}, 0.0
		for i := range a.waves {
			w := &a.waves[i]
			if w.count() > 0 {
				off += math.Abs(math.Log(max(w.level(a.noise), 0.1) / s.at(w.count())))
			}
		}
		if off < least-1e-9 {
			best, least = s, off
		}
	}
	return best
}

// rises reports whether requests take longer among most than among fewest. What
// makes all of them longer alike, single ones too, is not their number.
func (a *assessment) rises() bool {
	fewest := math.MaxInt
	for i := range a.waves {
		if w := &a.waves[i]; w.count() > 0 {
			fewest = min(fewest, w.Count)
		}
	}
	level := func(c int) float64 {
		var levels []float64
		for i := range a.waves {
			if w := &a.waves[i]; w.Count == c && w.count() > 0 {
				levels = append(levels, w.level(a.noise))
			}
		}
		return median(levels)
	}
	return level(a.most) > 1.1*level(fewest)
}

// slower reports whether the requests of a wave took longer than chance lets
// them.
func (w *wave) slower(noise noise) bool {
	return w.level(noise) > 1.15+3*noise.spread/math.Sqrt(float64(max(1, w.count())))
}

// A bucket is a limit by time: so many requests a second, and a burst at once.
type bucket struct {
	rate     float64
	burst    int
	admitted map[int]int // by experiment: how many the best bucket would have let in; nil: nothing was turned away
}

// bucketOf finds the token bucket that explains best how many requests of each
// experiment were turned away, by trying a grid of them.
func bucketOf(a *assessment) bucket {
	var best bucket
	room := a.room()
	for _, o := range a.h.made(record.ExperimentBaseline) {
		if n := turnedAway(o); n > 0 {
			room = max(room, len(o.Heavy)-n)
		}
	}
	if room == 0 {
		return best
	}
	top := math.Inf(-1)
	try := func(rate float64, burst int) {
		b := bucket{rate: rate, burst: burst, admitted: map[int]int{}}
		if ll := b.replay(a.h); ll > top {
			best, top = b, ll
		}
	}
	// The baselines may have used up some of the burst before the first wave.
	for burst := 1; burst <= max(room, 24); burst += 1 + burst/24 {
		for rate := 0.25; rate < 4000; rate *= 1.15 {
			try(rate, burst)
		}
	}
	// Where requests were refused all the time, the rate is about that of those
	// that were not; and a rate that is a little off misses more and more.
	about := a.h.admittedRate()
	for burst := 1; burst <= max(room, 24); burst += 1 + burst/24 {
		for rate := 0.8 * about; about > 0 && rate < 1.25*about; rate *= 1.005 {
			try(rate, burst)
		}
	}
	return best
}

// admittedRate is the rate at which requests were answered from the first that
// was turned away on; 0: none was.
func (h *History) admittedRate() float64 {
	var from, to int64
	n := 0
	for i := range h.Experiments {
		for k := range h.Experiments[i].Heavy {
			r := &h.Experiments[i].Heavy[k]
			switch {
			case from == 0 && refusal(r):
				from = begun(r)
			case from > 0 && answered(r):
				n++
				to = begun(r)
			}
		}
	}
	if n < 2 || to <= from {
		return 0
	}
	return float64(n) * 1e9 / float64(to-from)
}

// replay runs the bucket through the history and returns the log-likelihood of
// what was turned away.
func (b *bucket) replay(h *History) (ll float64) {
	tokens, at := float64(b.burst), int64(0)
	for i := range h.First {
		if r := &h.First[i]; r.Route == record.RouteHeavy {
			tokens, at = tokens-1, begun(r)
		}
	}
	for i := range h.Experiments {
		o := &h.Experiments[i]
		refused := 0
		for k := range o.Heavy {
			r := &o.Heavy[k]
			tokens = min(float64(b.burst), tokens+b.rate*float64(begun(r)-at)/1e9)
			at = begun(r)
			if refusal(r) {
				refused++
			}
			if tokens >= 1 {
				tokens--
				b.admitted[o.ID]++
			}
		}
		if (o.What == record.ExperimentWave || o.What == record.ExperimentBaseline) && o.Disturbed == "" {
			ll += counted(len(o.Heavy)-refused, b.admitted[o.ID])
		}
	}
	return ll
}
