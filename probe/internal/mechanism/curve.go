package mechanism

import (
	"math/rand/v2"
	"slices"
)

const (
	replicas = 24 // of a wave
	points   = 10 // of a curve, at most
)

// A Curve is what a mechanism makes of a wave: when so many of it are done, on
// average over the replicas, and how that varies, at each of its [Points].
type Curve struct{ Mean, Variance []float64 }

// Points are the answers, counted from 0 in the order in which they come, at which
// a curve of n of them is known.
func Points(n int) []int {
	k := min(n, points)
	ix := make([]int, k)
	for i := range ix {
		ix[i] = (2*i + 1) * n / (2 * k)
	}
	return ix
}

// Simulate has a mechanism answer requests that were sent at those times,
// ascending, and take one of the service times that were seen each. The same seed
// draws the same.
func Simulate(m Mechanism, sent, seen []float64, seed uint64) Curve {
	ix := Points(len(sent))
	sum, squares := make([]float64, len(ix)), make([]float64, len(ix))
	r := rand.New(rand.NewPCG(seed, uint64(len(sent))))
	draw := func() float64 { return seen[r.IntN(len(seen))] }
	for range replicas {
		done := m.answer(sent, draw, r)
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
	return Curve{sum, squares}
}
