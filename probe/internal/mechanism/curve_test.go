package mechanism

import (
	"math"
	"slices"
	"testing"
)

// The points of a curve stand for parts of it that are as large as each other.
func TestPointsLieInTheMiddleOfEqualParts(t *testing.T) {
	for n := range 300 {
		ix := Points(n)
		if len(ix) != min(n, 10) || !slices.IsSorted(ix) || len(slices.Compact(slices.Clone(ix))) != len(ix) {
			t.Fatalf("of %d: %v", n, ix)
		}
		for i, k := range ix {
			if middle := (float64(i) + 0.5) * float64(n) / float64(len(ix)); math.Abs(float64(k)+0.5-middle) > 0.5 {
				t.Errorf("of %d answers, point %d is %d: the middle of its part is %g", n, i, k, middle)
			}
		}
	}
}

// Of two places, where each request takes a second or three, the first of many has
// been done after one at least and the last when all the work has been, by two.
func TestACurveIsTheMeanOfWhatWasDrawn(t *testing.T) {
	sent := make([]float64, 10)
	c := Simulate(Places{2}, sent, []float64{1, 3}, 1)
	if len(c.Mean) != 10 || !slices.IsSorted(c.Mean) || c.Mean[0] < 1 || c.Mean[9] < 9 || c.Mean[9] > 13 {
		t.Errorf("mean %v", c.Mean)
	}
	if slices.Min(c.Variance) < 0 || c.Variance[9] == 0 {
		t.Errorf("variance %v", c.Variance)
	}
	for i, v := range Simulate(Places{2}, sent, []float64{0.5}, 1).Variance {
		if v > 1e-9 {
			t.Errorf("all take the same, and when answer %d comes varies by %g", i, v)
		}
	}
	if again := Simulate(Places{2}, sent, []float64{1, 3}, 1); !slices.Equal(again.Mean, c.Mean) || !slices.Equal(again.Variance, c.Variance) {
		t.Error("the same seed draws something else")
	}
	if other := Simulate(Places{2}, sent, []float64{1, 3}, 2); slices.Equal(other.Mean, c.Mean) {
		t.Error("another seed draws the same")
	}
}
