package page

import (
	"math"
	"testing"
)

func TestTicksAreRoundValues(t *testing.T) {
	for _, c := range []struct {
		axis axis
		n    int
		want []float64
	}{
		{axis{high: 1130}, 5, []float64{0, 500, 1000}},
		{axis{high: 0.7}, 4, []float64{0, 0.2, 0.4, 0.6}},
		{axis{low: 95, high: 212}, 3, []float64{100, 150, 200}},
		{axis{high: 80 << 20, unit: 1 << 20}, 4, []float64{0, 20 << 20, 40 << 20, 60 << 20, 80 << 20}}, // whole MiB
		{axis{low: 10, high: 20000, log: true}, 5, []float64{10, 100, 1000, 10000}},
		{axis{low: 500, high: 9000, log: true}, 5, []float64{500, 1000, 2000, 5000}},               // few decades: 2 and 5 as well
		{axis{low: 500, high: 1400, log: true}, 5, []float64{500, 600, 700, 800, 900, 1000, 1200}}, // less than one
		{axis{}, 5, []float64{0}}, // nothing to show
	} {
		got := c.axis.ticks(c.n)
		same := len(got) == len(c.want)
		for i := range got {
			same = same && math.Abs(got[i]-c.want[i]) <= 1e-9*math.Abs(c.want[i])+1e-12 && !math.Signbit(got[i])
		}
		if !same {
			t.Errorf("%+v: %v, want %v", c.axis, got, c.want)
		}
	}
}

func TestAnAxisHoldsItsValues(t *testing.T) {
	for _, values := range [][]float64{{3}, {0.02, 900}, {700, 930}, {0, 5}, {99.9, 100.1}, nil} {
		low, high := around(values)
		if low <= 0 || high < 2*low*(1-1e-9) {
			t.Errorf("%v: from %g to %g", values, low, high)
		}
		for _, v := range values {
			if v > 0 && (v < low || v > high) {
				t.Errorf("%g is not from %g to %g", v, low, high)
			}
		}
	}
	a := axis{low: 10, high: 1000, from: 300, to: 20, log: true}
	if got := a.at(100); math.Abs(got-160) > 1e-9 {
		t.Errorf("the middle of two decades is at %g", got)
	}
	if got := a.at(1); got != 300 {
		t.Errorf("what is below the axis is drawn at %g, not on it", got)
	}
}
