package probe

import (
	"math"
)

// The shares of a request's time for which it may hold a place and not all the
// time: less is a processor's turn or a pace, more cannot be told from all.
const (
	leastShare = 0.1
	mostShare  = 0.8
)

// heldFor is the mean time between an answer and the one that is n later, over all
// waves in which there is one: what one of n places is held for, whatever is done
// before and after that. 0: there is none.
func (a *assessment) heldFor(n int) float64 {
	sum, of := 0.0, 0
	for i := range a.waves {
		w := &a.waves[i]
		for k := n; k < w.count(); k++ {
			sum += w.done[k] - w.done[k-n]
			of++
		}
	}
	if of == 0 {
		return 0
	}
	return sum / float64(of)
}

// portion returns the log-likelihood of a pool of n of which a place is held for
// so many seconds, by when each answer of a wave was due.
func (w *wave) portion(n int, hold float64, noise noise) (ll float64) {
	alone := math.Exp(noise.centre)
	for k, done := range w.done {
		due := w.sent[k] + alone
		if k >= n {
			due = max(due, w.done[k-n]+hold)
		}
		ll += noise.log(done-due+alone, 1)
	}
	return ll
}

// portions finds the size of a pool of which a place is held for a portion of a
// request's time, and that, and reports whether there may be one. Where times
// vary, answers do not come in rounds that would tell it from a larger pool.
func (a *assessment) portions(x *hypothesis) bool {
	alone := noiseOf(a.h.serial()) // of waves, the smaller ones may have waited a little
	if !alone.steady() {
		return false
	}
	best := math.Inf(-1)
	lls := map[int]float64{}
	for _, n := range a.pools.n {
		hold := a.heldFor(n)
		if share := hold / alone.mean; n < 3 || 2*n > a.most || share < leastShare || share > mostShare { // of one or two places it is like CPUs
			continue
		}
		ll := 0.0
		for i := range a.waves {
			w := &a.waves[i]
			ll += w.portion(n, hold, alone)
		}
		if lls[n] = sizePower * ll; lls[n] > best {
			best, x.limit, x.share = lls[n], n, hold/alone.mean
		}
	}
	x.low, x.high = x.limit, x.limit
	for n, ll := range lls {
		if ll > best-3 {
			x.low, x.high = min(x.low, n), max(x.high, n)
		}
	}
	return x.limit > 0
}

// inWork is how many requests a wall lets the service have in work at once: more
// than there are places, where each is held for a portion of a request's time.
func (x *hypothesis) inWork() int {
	if x.variant == portion {
		return int(math.Round(float64(x.limit) / x.share))
	}
	return x.limit
}
