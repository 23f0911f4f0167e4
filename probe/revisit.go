package probe

import (
	"math"
	"math/rand/v2"
)

// visits are the ways in which a request may come to a pool several times: the
// shares of its time that it takes there, each time at the end of the queue. Two
// or three queries, each on a connection from the pool; or all at once, and then
// something short, as a connection that is reset when it is given back.
var visits = [][]float64{{1, 0}, {1. / 2, 1. / 2}, {1. / 3, 1. / 3, 1. / 3}, {1. / 4, 1. / 4, 1. / 4, 1. / 4}}

// revisited serves n at once, and each request in so many visits.
func revisited(n int, shares []float64) mechanism {
	return func(sent []float64, draw func() float64, _ *rand.Rand) []float64 {
		whole, done := make([]float64, len(sent)), make([]float64, len(sent))
		for k := range whole {
			whole[k] = draw()
		}
		made := make([]int, len(sent)) // visits
		var busy ends
		queue := make([]int, 0, len(sent)*len(shares))
		for next := 0; next < len(sent) || len(busy) > 0; {
			now := 0.0
			if next < len(sent) && (len(busy) == 0 || sent[next] <= busy[0].at) {
				now = sent[next]
				queue = append(queue, next)
				next++
			} else {
				visit := busy.pop()
				k := visit.request
				now = visit.at
				if made[k]++; made[k] < len(shares) {
					queue = append(queue, k)
				} else {
					done[k] = now
				}
			}
			for len(busy) < n && len(queue) > 0 {
				k := queue[0]
				queue = queue[1:]
				busy.push(end{now + shares[made[k]]*whole[k], k})
			}
		}
		return done
	}
}

// again is a wave of requests that came to a pool of n several times.
func (a *assessment) again(w *wave, n, way int) float64 {
	if n >= w.count() {
		return a.free(w)
	}
	return a.say(w, wayAgain, n, float64(way), revisited(n, visits[way]))
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
	for way := range visits {
		for n := max(3, int(0.8*about)-1); n <= int(1.25*about)+1 && n < w.count(); n++ {
			ll := 0.0
			for i := range a.waves {
				ll += a.again(&a.waves[i], n, way)
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
