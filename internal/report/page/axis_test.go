package page

import (
	"math"
	"slices"
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
		{axis{low: 500, high: 2000, log: true}, 5, []float64{500, 1000, 2000}}, // few decades: 2 and 5 as well
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
		if low <= 0 || high < 4*low*(1-1e-9) {
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

func TestLabelsKeepApart(t *testing.T) {
	for _, wanted := range [][]float64{{50}, {50, 50, 50}, {20, 30, 190, 199, 200}, {0, 0, 200, 200}, slices.Repeat([]float64{100}, 12)} {
		got := apart(wanted, 14, 20, 200)
		for i, y := range got {
			if i > 0 && y-got[i-1] < 14-1e-9 {
				t.Errorf("%v: labels at %v overlap", wanted, got)
			}
			if y > 200+1e-9 || y < 0 {
				t.Errorf("%v: a label at %g leaves the chart", wanted, y)
			}
		}
	}
	// Where there is room, a label stays beside its curve.
	if got := apart([]float64{50, 150}, 14, 20, 200); got[0] != 50 || got[1] != 150 {
		t.Errorf("labels were moved to %v for nothing", got)
	}
}
