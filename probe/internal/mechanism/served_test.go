package mechanism

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// What places make of service times is undone, if there are so many; of one fewer
// some end before they began, and of one more they seem to have taken longer.
func TestServedAreTheTimesOfThePlaces(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 5))
		const n, requests = 20, 1000
		sent := make([]float64, requests)
		for k := 1; k < requests; k++ {
			sent[k] = sent[k-1] + r.ExpFloat64()/n/1.2
		}
		var took []float64
		sum := 0.0
		done := Places{n}.answer(sent, func() float64 {
			took = append(took, r.ExpFloat64())
			sum += took[len(took)-1]
			return took[len(took)-1]
		}, r)
		for k, x := range (Places{n}).Served(sent, done) {
			if math.Abs(x-took[k]) > 1e-9 {
				t.Fatalf("seed %d: request %d was served for %g s, not %g", seed, k, took[k], x)
			}
		}
		if x := slices.Min(Places{n - 1}.Served(sent, done)); x >= 0 {
			t.Errorf("seed %d: of %d places none ended before it began", seed, n-1)
		}
		longer := 0.0
		for _, x := range (Places{n + 1}).Served(sent, done) {
			longer += x
		}
		if longer < 1.02*sum {
			t.Errorf("seed %d: of %d places they took %.1f s, and of %d %.1f s", seed, n, sum, n+1, longer)
		}
	}
}
