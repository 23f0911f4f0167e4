package probe

import (
	"math"

	"github.com/plimsoll-dev/plimsoll/probe/internal/mechanism"
)

// visited is a wave of requests that came to a pool of n several times.
func (a *assessment) visited(w *wave, n, way int) float64 {
	if n >= w.count() {
		return a.free(w)
	}
	return a.say(w, mechanism.Visits{N: n, Way: way})
}

// revisits finds the size of a pool that requests come to several times, and how
// often, and reports whether there may be one: the requests of the largest wave
// took longer, nearly all of them. Of one or two places they are like CPUs.
func (a *assessment) revisits(x *hypothesis) bool {
	w := a.largest(func(w *wave) bool { return w.count() > 2 && w.failed == 0 })
	if w == nil || 4*w.onTime(1.5, a.noise) > w.count() {
		return false
	}
	// The last is answered when all has been done, n at a time.
	last := w.done[w.count()-1] - w.sent[0]
	about := float64(w.count()) * a.noise.mean / last
	best := math.Inf(-1)
	lls := map[[2]int]float64{}
	for way := range mechanism.Ways {
		for n := max(3, int(0.8*about)-1); n <= int(1.25*about)+1 && n < w.count(); n++ {
			ll := 0.0
			for i := range a.waves {
				ll += a.visited(&a.waves[i], n, way)
			}
			if lls[[2]int{way, n}] = ll; ll > best {
				best, x.limit, x.visits = ll, n, way
			}
		}
	}
	x.low, x.high = x.limit, x.limit
	for at, ll := range lls {
		if ll > best-3 && at[0] == x.visits {
			x.low, x.high = min(x.low, at[1]), max(x.high, at[1])
		}
	}
	return x.limit > 0
}
