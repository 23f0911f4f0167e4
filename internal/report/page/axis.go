package page

import (
	"cmp"
	"math"
)

// An axis maps values to pixels.
type axis struct {
	low, high float64 // values
	from, to  float64 // pixels
	log       bool
	unit      float64 // of round values; 0: 1
}

func (a axis) at(v float64) float64 {
	low, high := a.low, a.high
	if a.log {
		v, low, high = math.Log(max(v, low)), math.Log(low), math.Log(high)
	}
	if high <= low {
		return a.from
	}
	return a.from + (a.to-a.from)*(v-low)/(high-low)
}

// ticks are round values of the axis, about n of them.
func (a axis) ticks(n int) []float64 {
	if a.log {
		return a.decades()
	}
	unit := cmp.Or(a.unit, 1)
	step := unit * roundUp((a.high-a.low)/float64(max(n, 1))/unit)
	if step <= 0 {
		return []float64{a.low}
	}
	var t []float64
	for k := math.Ceil(a.low/step - 1e-9); k*step <= a.high*(1+1e-9); k++ {
		t = append(t, k*step+0) // never −0
	}
	return t
}

// decades are the powers of ten of a logarithmic axis; with 2 and 5 times them
// where it covers few, and more of their multiples where it covers less than one.
func (a axis) decades() []float64 {
	within := []float64{1}
	switch {
	case a.high/a.low < 6:
		within = []float64{1, 1.2, 1.5, 2, 3, 4, 5, 6, 7, 8, 9}
	case a.high/a.low < 500:
		within = []float64{1, 2, 5}
	}
	var t []float64
	for k := math.Floor(math.Log10(a.low)); k <= math.Log10(a.high)+1e-9; k++ {
		for _, m := range within {
			if v := m * math.Pow(10, k); v >= a.low*(1-1e-9) && v <= a.high*(1+1e-9) {
				t = append(t, v)
			}
		}
	}
	return t
}

// roundUp is the next of 1, 2 and 5 times a power of ten.
func roundUp(x float64) float64 {
	if x <= 0 || math.IsInf(x, 0) || math.IsNaN(x) {
		return 0
	}
	scale := math.Pow(10, math.Floor(math.Log10(x)))
	for _, m := range [...]float64{1, 2, 5, 10} {
		if x <= m*scale*(1+1e-9) {
			return m * scale
		}
	}
	return 10 * scale
}

// around is a logarithmic range that holds the values with some room.
func around(values []float64) (low, high float64) {
	low, high = math.Inf(1), 0
	for _, v := range values {
		if v > 0 {
			low, high = min(low, v), max(high, v)
		}
	}
	if high == 0 {
		return 1, 10
	}
	low, high = low/1.12, high*1.12
	if narrow := 2 * low / high; narrow > 1 { // one value, or nearly: noise would fill the chart
		low, high = low/math.Sqrt(narrow), high*math.Sqrt(narrow)
	}
	return low, high
}

// upTo is a range from zero that holds the values with some room.
func upTo(values []float64) float64 {
	high := 0.0
	for _, v := range values {
		high = max(high, v)
	}
	if high == 0 {
		return 1
	}
	return high * 1.06
}
