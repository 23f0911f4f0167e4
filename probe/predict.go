package probe

import (
	"math"
	"math/rand/v2"
	"slices"
)

// What a hypothesis predicts of a wave is found by simulation: the wave is made
// again a number of times, with service times drawn from those that were seen
// when nothing was in the way, and the curve of its answers is compared with
// theirs at some points. No form of the service times has to be assumed, and a
// curve that no hypothesis predicts fits none (synthetic likelihood: S. N. Wood,
// Statistical inference for noisy nonlinear ecological dynamic systems, Nature
// 466, 2010).
const (
	replicas = 24
	points   = 10
	// The points of a curve are not independent of each other: together they are
	// worth so many.
	independent = 4.0
)

// A mechanism answers a wave: when each request is done, from when each was sent
// (ascending) and a source of service times, all in seconds.
type mechanism func(sent []float64, draw func() float64, r *rand.Rand) (done []float64)

// unlimited serves all at once.
func unlimited(sent []float64, draw func() float64, _ *rand.Rand) []float64 {
	done := make([]float64, len(sent))
	for k, at := range sent {
		done[k] = at + draw()
	}
	return done
}

// places serves n at once, in the order of arrival.
func places(n int) mechanism {
	return func(sent []float64, draw func() float64, r *rand.Rand) []float64 {
		if n >= len(sent) {
			return unlimited(sent, draw, r)
		}
		done := make([]float64, len(sent))
		var free ends
		for k, at := range sent {
			if len(free) == n {
				at = max(at, free.pop().at)
			}
			done[k] = at + draw()
			free.push(end{done[k], k})
		}
		return done
	}
}

// workers are so many that serve a number of requests each, of connections that
// come to them at random, or in turn.
func workers(n, each int, random bool) mechanism {
	return func(sent []float64, draw func() float64, r *rand.Rand) []float64 {
		done := make([]float64, len(sent))
		free := make([]ends, n)
		for k, at := range sent {
			w := k % n
			if random {
				w = r.IntN(n)
			}
			if len(free[w]) == each {
				at = max(at, free[w].pop().at)
			}
			done[k] = at + draw()
			free[w].push(end{done[k], k})
		}
		return done
	}
}

// together serves one after the other, and answers all when it has done all.
func together(sent []float64, draw func() float64, _ *rand.Rand) []float64 {
	done := make([]float64, len(sent))
	at := 0.0
	for range sent {
		at += draw()
	}
	for k := range done {
		done[k] = at
	}
	return done
}

// slower makes every request longer: in proportion, or by as much.
func slower(level, unit float64, proportion bool) mechanism {
	return func(sent []float64, draw func() float64, _ *rand.Rand) []float64 {
		done := make([]float64, len(sent))
		for k, at := range sent {
			if proportion {
				done[k] = at + level*draw()
			} else {
				done[k] = at + draw() + (level-1)*unit
			}
		}
		return done
	}
}

// admitted lets requests begin a step apart, after a burst.
func admitted(step float64, burst int) mechanism {
	return func(sent []float64, draw func() float64, _ *rand.Rand) []float64 {
		done := make([]float64, len(sent))
		full := math.Inf(-1) // when all of the burst is there again
		for k, at := range sent {
			full = max(full, at) + step
			done[k] = max(at, full-float64(burst)*step) + draw()
		}
		return done
	}
}

// finished has requests end a step apart: one processor works on each in turn.
func finished(step float64) mechanism {
	return func(sent []float64, draw func() float64, r *rand.Rand) []float64 {
		done := unlimited(sent, draw, r)
		slices.Sort(done)
		for k := 1; k < len(done); k++ {
			done[k] = max(done[k], done[k-1]+step)
		}
		return done
	}
}

// at are the indices of the points of a curve of n answers.
func at(n int) []int {
	k := min(n, points)
	ix := make([]int, k)
	for i := range ix {
		ix[i] = (2*i + 1) * n / (2 * k)
	}
	return ix
}

// A curve is what a mechanism makes of a wave: when so many of it are done, on
// average over the replicas, and how that varies; both in seconds.
type curve struct{ mean, variance []float64 }

// simulated is the curve of a mechanism at the points of a wave's own.
func (a *assessment) simulated(w *wave, m mechanism) curve {
	n := w.count()
	ix := at(n)
	sum, squares := make([]float64, len(ix)), make([]float64, len(ix))
	r := rand.New(rand.NewPCG(uint64(w.ID), uint64(n))) // the same for each hypothesis
	draw := func() float64 { return a.seen[r.IntN(len(a.seen))] }
	for range replicas {
		done := m(w.sent, draw, r)
		slices.Sort(done)
		for i, k := range ix {
			sum[i] += done[k]
			squares[i] += done[k] * done[k]
		}
	}
	for i := range ix {
		sum[i] /= replicas
		squares[i] = max(0, squares[i]/replicas-sum[i]*sum[i]) * (1 + 2.0/replicas)
	}
	return curve{sum, squares}
}

// predicts returns the log-likelihood of a wave under a mechanism's curve. That
// requests are somewhat slower among others, or quicker, is allowed, and counted
// against it as far as it is not so in all waves.
func (a *assessment) predicts(w *wave, c curve) float64 {
	n := w.count()
	if n == 0 {
		return 0
	}
	// The factor by which the wave was slower is that of the best fit.
	ix := at(n)
	over, under := 0.0, 0.0
	for i, k := range ix {
		mean := c.mean[i]
		weight := 1 / (mean * mean)
		over += weight * mean * w.done[k]
		under += weight * mean * mean
	}
	slow := min(max(over/under, fastest), slowdown)
	chance := math.Hypot(a.noise.spread/math.Sqrt(float64(n)), a.noise.doubt)
	if math.Abs(math.Log(slow)-a.tempo) < 2*chance {
		slow = math.Exp(a.tempo)
	}
	tolerance := math.Hypot(0.12, chance)
	off := math.Log(slow) - a.tempo
	ll := -off * off / (2 * tolerance * tolerance)
	worth := min(1, independent/float64(len(ix)))
	for i, k := range ix {
		mean := c.mean[i]
		own := 0.02*mean + 0.03*a.noise.mean + 0.001
		spread := math.Sqrt(c.variance[i]+own*own+a.noise.doubt*a.noise.doubt*mean*mean) * slow
		ll += worth * logDensity((w.done[k]-slow*mean)/spread, spread/a.noise.mean)
	}
	return ll
}

// whatever returns the log-likelihood of a wave whose answers follow no
// mechanism: it is what one has to explain better to be one.
func (a *assessment) whatever(w *wave) (ll float64) {
	if w.count() == 0 {
		return 0
	}
	ix := at(w.count())
	for _, k := range ix {
		spread := 0.3 * max(w.done[k], a.noise.mean)
		ll += min(1, independent/float64(len(ix))) * logDensity(1, spread/a.noise.mean)
	}
	return ll
}
