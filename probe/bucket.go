package probe

import (
	"math"
	"slices"

	"github.com/plimsoll-dev/plimsoll/record"
)

// A bucket is a limit by time: so many requests a second, and a burst at once;
// or a [window], which has such a rate.
type bucket struct {
	rate     float64
	vague    bool // rates that are quite different explain it nearly as well
	burst    int
	admitted map[int][]bool // by experiment: which requests the best bucket would have let in; nil: nothing was turned away
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
	asked := a.h.asked()
	top := math.Inf(-1)
	admits := best.admits()
	explained := map[float64]float64{} // how well by each rate
	weigh := func(rate float64, burst int, limit func() func(float64) bool, occam float64) {
		ll := replay(asked, limit()) - occam
		if known, ok := explained[rate]; !ok || ll > known {
			explained[rate] = ll
		}
		if ll > top {
			best, top, admits = bucket{rate: rate, burst: burst}, ll, limit()
		}
	}
	try := func(rate float64, burst int) {
		b := bucket{rate: rate, burst: burst}
		weigh(rate, burst, b.admits, 0)
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
	for _, w := range windows(arrivals(asked)) {
		occam := math.Log(float64(len(lengths)))
		if w.begins == byClock {
			occam *= 2 // when it begins was chosen, too
		}
		weigh(w.rate(), w.n, w.admits, occam)
	}
	for rate, ll := range explained {
		if ll > top-3 && math.Abs(math.Log(rate/best.rate)) > math.Log(1.25) {
			best.vague = true
		}
	}
	replay(asked, admits)
	best.admitted = map[int][]bool{}
	for i := range asked {
		best.admitted[asked[i].id] = asked[i].let
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

// An asking is when the heavy requests of an experiment were made, as a bucket
// counts them.
type asking struct {
	id     int       // of the experiment; 0: before any
	at     []float64 // seconds
	taken  []bool    // those that were not turned away
	parts  int       // as of an observation
	counts bool      // it says something of how many are let in
	let    []bool    // which the bucket that was replayed last let in
}

// asked returns all of a history.
func (h *History) asked() []asking {
	first := slices.DeleteFunc(slices.Clone(h.First), func(r record.Request) bool { return r.Route != record.RouteHeavy })
	all := []asking{askingOf(first)}
	for i := range h.Experiments {
		o := &h.Experiments[i]
		x := askingOf(o.Heavy)
		x.id, x.parts = o.ID, o.parts()
		x.counts = (o.What == record.ExperimentWave || o.What == record.ExperimentBaseline) && o.Disturbed == ""
		all = append(all, x)
	}
	return all
}

func askingOf(rs []record.Request) asking {
	x := asking{at: make([]float64, len(rs)), taken: letIn(rs), let: make([]bool, len(rs))}
	for k := range rs {
		x.at[k] = float64(begun(&rs[k])) / 1e9
	}
	return x
}

// admits returns the bucket as it is before anything was asked: full.
func (b *bucket) admits() func(at float64) bool {
	tokens, last := float64(b.burst), 0.0
	return func(at float64) bool {
		tokens = min(float64(b.burst), tokens+b.rate*(at-last))
		last = at
		if tokens < 1 {
			return false
		}
		tokens--
		return true
	}
}

// replay runs a limit through what was asked, and returns the log-likelihood of
// what was turned away.
func replay(asked []asking, admits func(at float64) bool) (ll float64) {
	for i := range asked {
		x := &asked[i]
		for k, at := range x.at {
			x.let[k] = admits(at)
		}
		if x.counts {
			ll += agree(x.taken, x.let, x.parts)
		}
	}
	return ll
}
