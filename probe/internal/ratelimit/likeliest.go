package ratelimit

import (
	"math"
	"slices"
)

// Likeliest returns the limit that explains best how many requests of each
// experiment were turned away: by trying a grid of token buckets, and windows. Of
// those that were sent at once, room were let in at most before others were turned
// away. Ever since the first was, so many a second were answered; 0: that is not
// known. Canaries count as well, perhaps, where some of them were turned away, too.
func Likeliest(made []Experiment, room int, answered float64, denied bool) Limiter {
	of, all := asked(made)
	heavy := slices.DeleteFunc(slices.Clone(all), func(x arrival) bool { return x.say == nil })
	s := search{of: of, top: math.Inf(-1), explained: map[float64]float64{}}
	s.limits(heavy, max(room, 24), answered, Limiter{})
	if denied {
		s.limits(all, max(room, 24), answered, Limiter{Everyone: true})
	}
	best := s.best
	for rate, ll := range s.explained {
		if ll > s.top-plausible && math.Abs(math.Log(rate/best.Rate)) > math.Log(1.25) {
			known := s.explained[best.Rival]
			if !best.Vague || ll > known || ll == known && rate > best.Rival { // not by the order of a map
				best.Vague, best.Rival = true, rate
			}
		}
	}
	met := heavy
	if best.Everyone {
		met = all
	}
	replay(of, met, best.admits(), math.Inf(-1))
	best.Admitted = map[int][]bool{}
	for i := range of {
		best.Admitted[of[i].ID] = of[i].let
	}
	atOnce := float64(best.Burst)
	if best.Window != nil {
		atOnce *= 2 // at the end of one, and at the beginning of the next
	}
	best.Unlike = unlike(of) || exceeded(met, best.Rate, atOnce)
	return best
}

// plausible is how much less likely, in logarithm, a limit may make what was seen to be
// thought of beside the likeliest.
const plausible = 3

// A search looks for the limit under which a history is likeliest.
type search struct {
	of        []asking
	best      Limiter
	top       float64             // log-likelihood under it
	explained map[float64]float64 // how well by each rate
}

func (s *search) try(counted []arrival, l Limiter, occam float64) {
	ll := replay(s.of, counted, l.admits(), s.top-plausible+occam) - occam
	if known, ok := s.explained[l.Rate]; !ok || ll > known {
		s.explained[l.Rate] = ll
	}
	if ll > s.top {
		s.best, s.top = l, ll
	}
}

// limits tries those that count these requests, and are else as like says.
func (s *search) limits(counted []arrival, room int, about float64, like Limiter) {
	occam := 0.0
	if like.Everyone {
		occam = math.Log(2)
	}
	for _, w := range windows(counted) {
		l := like
		l.Rate, l.Burst, l.Window = w.rate(), w.N, &w
		s.try(counted, l, occam+math.Log(float64(len(Lengths)))+math.Log(w.choices()))
	}
	token := func(rate float64, burst int) {
		l := like
		l.Rate, l.Burst = rate, burst
		s.try(counted, l, occam)
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
	if found := s.best; found.Window == nil && found.Everyone == like.Everyone {
		for rate := found.Rate / 1.15; rate < 1.15*found.Rate; rate *= 1.005 {
			token(rate, found.Burst)
		}
	}
}
