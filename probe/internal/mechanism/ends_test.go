package mechanism

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestTheEarliestEndIsFirst(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 3))
		var heap ends
		var left []float64
		for range 200 {
			if len(left) == 0 || r.IntN(3) > 0 {
				at := float64(r.IntN(40)) // some of them at the same time
				heap.push(end{at, 0})
				left = append(left, at)
				continue
			}
			first := slices.Index(left, slices.Min(left))
			if got := heap.pop().at; got != left[first] {
				t.Fatalf("seed %d: the end at %g was given, and %g is the earliest", seed, got, left[first])
			}
			left = slices.Delete(left, first, first+1)
		}
	}
}
