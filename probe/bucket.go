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
	vague    bool    // rates that are quite different explain it nearly as well
	rival    float64 // the likeliest of those
	unlike   bool    // it is the best, and explains little of what was seen: its rate is nobody's
	burst    int
	window   *window        // nil: it is a token bucket
	everyone bool           // canaries count, too
	admitted map[int][]bool // by experiment: which requests the best bucket would have let in; nil: nothing was turned away
}

// bucketOf finds the limit that explains best how many requests of each
// experiment were turned away: by trying a grid of token buckets, and windows.
func bucketOf(a *assessment) bucket {
	room := a.room()
	for _, o := range a.h.made(record.ExperimentBaseline) {
		if n := turnedAway(o); n > 0 {
			room = max(room, len(o.Heavy)-n)
		}
	}
	if room == 0 {
		return bucket{}
	}
	of, all := a.h.asked()
	heavy := slices.DeleteFunc(slices.Clone(all), func(x arrival) bool { return x.say == nil })
	s := search{of: of, top: math.Inf(-1), explained: map[float64]float64{}}
	s.limits(heavy, max(room, 24), a.h.admittedRate(), bucket{})
	if a.denies() {
		s.limits(all, max(room, 24), a.h.admittedRate(), bucket{everyone: true})
	}
	best := s.best
	for rate, ll := range s.explained {
		if ll > s.top-plausible && math.Abs(math.Log(rate/best.rate)) > math.Log(1.25) {
			known := s.explained[best.rival]
			if !best.vague || ll > known || ll == known && rate > best.rival { // not by the order of a map
				best.vague, best.rival = true, rate
			}
		}
	}
	met := heavy
	if best.everyone {
		met = all
	}
	replay(of, met, best.admits(), math.Inf(-1))
	best.admitted = map[int][]bool{}
	for i := range of {
		best.admitted[of[i].id] = of[i].let
	}
	atOnce := float64(best.burst)
	if best.window != nil {
		atOnce *= 2 // at the end of one, and at the beginning of the next
	}
	best.unlike = unlike(of) || exceeded(met, best.rate, atOnce)
	return best
}

// plausible is how much less likely, in logarithm, a limit may make what was seen to be
// thought of beside the likeliest.
const plausible = 3

// A search looks for the limit under which a history is likeliest.
type search struct {
	of        []asking
	best      bucket
	top       float64             // log-likelihood under it
	explained map[float64]float64 // how well by each rate
}

func (s *search) try(counted []arrival, b bucket, occam float64) {
	ll := replay(s.of, counted, b.admits(), s.top-plausible+occam) - occam
	if known, ok := s.explained[b.rate]; !ok || ll > known {
		s.explained[b.rate] = ll
	}
	if ll > s.top {
		s.best, s.top = b, ll
	}
}

// limits tries those that count these requests, and are else as like says.
func (s *search) limits(counted []arrival, room int, about float64, like bucket) {
	occam := 0.0
	if like.everyone {
		occam = math.Log(2)
	}
	for _, w := range windows(counted) {
		b := like
		b.rate, b.burst, b.window = w.rate(), w.n, &w
		s.try(counted, b, occam+math.Log(float64(len(lengths)))+math.Log(w.choices()))
	}
	token := func(rate float64, burst int) {
		b := like
		b.rate, b.burst = rate, burst
		s.try(counted, b, occam)
	}
	// The baselines may have used up some of the burst before the first wave.
	for burst := 1; burst <= room; burst += 1 + burst/24 {
		for rate := 0.25; rate < 4000; rate *= 1.15 {
			token(rate, burst)
		}
		// A rate that is a little off misses more and more. Where requests were refused
		// all the time, it is about that of those that were not.
		for rate := 0.8 * about; about > 0 && rate < 1.25*about; rate *= 1.005 {
			token(rate, burst)
		}
	}
	// Where silences lie between, that is not so, but what was found is near.
	if found := s.best; found.window == nil && found.everyone == like.everyone {
		for rate := found.rate / 1.15; rate < 1.15*found.rate; rate *= 1.005 {
			token(rate, found.burst)
		}
	}
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

// admits returns the limit as it is before anything was asked: a bucket is full.
func (b *bucket) admits() func(at float64) bool {
	if b.window != nil {
		return b.window.admits()
	}
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
