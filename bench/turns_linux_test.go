package bench

import (
	"math"
	"slices"
	"testing"
)

// turns are a figure of a server, one for each round of a match; not a number
// where a turn gave none.
type turns []float64

// beside returns the ratios to another server's turns in the same rounds.
func (t turns) beside(other turns) turns {
	ratios := make(turns, len(t))
	for i := range t {
		ratios[i] = t[i] / other[i]
	}
	return ratios
}

// report reports the median, and its 95 % interval.
func (t turns) report(b *testing.B, name string) {
	low, high := t.interval()
	b.ReportMetric(t.median(), name)
	b.ReportMetric(low, name+"-low")
	b.ReportMetric(high, name+"-high")
}

func (t turns) median() float64 {
	xs := t.sorted()
	if len(xs) == 0 {
		return math.NaN()
	}
	return (xs[(len(xs)-1)/2] + xs[len(xs)/2]) / 2
}

// interval returns those two order statistics between which the true median is
// in at least 95 of 100 cases, whatever the distribution (the sign test,
// inverted); the extremes where there are too few turns for that.
func (t turns) interval() (low, high float64) {
	xs := t.sorted()
	n := len(xs)
	if n == 0 {
		return math.NaN(), math.NaN()
	}
	k := 0 // how many may be left out at each end
	below := math.Pow(0.5, float64(n))
	for tail, ways := below, 1.0; tail <= 0.025; k++ {
		ways *= float64(n-k) / float64(k+1)
		tail += ways * below
	}
	k = max(k-1, 0)
	return xs[k], xs[n-1-k]
}

func (t turns) sorted() []float64 {
	xs := slices.DeleteFunc(slices.Clone(t), math.IsNaN)
	slices.Sort(xs)
	return xs
}

// The ranks are those of the sign test's tables.
func TestTheMedianHasTheSignTestsInterval(t *testing.T) {
	for n, rank := range map[int]int{1: 1, 5: 1, 6: 1, 8: 1, 9: 2, 12: 3, 20: 6, 25: 8} {
		var xs turns
		for i := n; i > 0; i-- {
			xs = append(xs, float64(i))
		}
		xs = append(xs, math.NaN())
		low, high := xs.interval()
		if low != float64(rank) || high != float64(n+1-rank) || xs.median() != float64(n+1)/2 {
			t.Errorf("of 1 to %d: %v to %v around %v", n, low, high, xs.median())
		}
	}
}
