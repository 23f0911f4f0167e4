package analysis

import (
	"math"

	"github.com/plimsoll-dev/plimsoll/record"
)

// A Figure is something that was measured, with its 95 % interval; an end that
// is not known is infinite, or 0.
type Figure struct{ Value, Low, High float64 }

// exactly is a figure that was read and not estimated.
func exactly(v float64) Figure { return Figure{v, v, v} }

// over is the ratio of two figures that were estimated independently: relative
// errors add up by their squares.
func (f Figure) over(g Figure) Figure {
	r := f.overBracket(g)
	if r.Value <= 0 || math.IsInf(r.Value, 0) || math.IsNaN(r.Value) {
		return r
	}
	low := math.Hypot(math.Log(f.Value/f.Low), math.Log(g.High/g.Value))
	high := math.Hypot(math.Log(f.High/f.Value), math.Log(g.Value/g.Low))
	return Figure{r.Value, r.Value * math.Exp(-low), r.Value * math.Exp(high)}
}

// overBracket is the ratio of two brackets: its interval holds every ratio of
// what the two hold.
func (f Figure) overBracket(g Figure) Figure {
	div := func(a, b float64) float64 {
		switch {
		case a == 0 || math.IsInf(b, 1):
			return 0
		case b == 0:
			return math.Inf(1)
		}
		return a / b
	}
	return Figure{div(f.Value, g.Value), div(f.Low, g.High), div(f.High, g.Low)}
}

// widened allows for a relative error that the interval does not show.
func (f Figure) widened(ratio float64) Figure { return Figure{f.Value, f.Low / ratio, f.High * ratio} }

// tail is the p-quantile of the latencies of n requests, of which a histogram
// has those that were answered: the others count as later than any of these. The
// interval is that of [QuantileOf].
func tail(h *record.Hist, n int64, p float64) Figure {
	answered, all := float64(h.Count()), float64(max(n, h.Count()))
	if answered == 0 {
		return Figure{math.Inf(1), 0, math.Inf(1)}
	}
	at := func(rank float64) float64 { return h.Quantile(min(1, max(0, rank/answered))).Seconds() }
	spread := 1.96 * math.Sqrt(clustering*all*p*(1-p))
	f := Figure{at(all * p), at(all*p - spread), at(all*p + spread + 1)}
	if all*p > answered {
		f.Value = math.Inf(1)
	}
	if all*p+spread+1 > answered {
		f.High = math.Inf(1)
	}
	return f
}

// proportion is the share of n requests that had something in common (Wilson's
// score interval; requests that queue together count for less, as in [Judge]).
func proportion(k, n int64) Figure {
	if n == 0 {
		return Figure{math.NaN(), 0, 1}
	}
	const z2 = 1.96 * 1.96
	p, m := float64(k)/float64(n), float64(n)/clustering
	mid, half := p+z2/(2*m), 1.96*math.Sqrt(p*(1-p)/m+z2/(4*m*m))
	f := Figure{p, (mid - half) / (1 + z2/m), (mid + half) / (1 + z2/m)}
	switch k { // what the formula gives but for rounding
	case 0:
		f.Low = 0
	case n:
		f.High = 1
	}
	return f
}

// batches is how many a window is divided into: so many are nearly independent,
// and a window of a second still has a sample in each. batchT is Student's t for
// their 95 % interval.
const (
	batches = 10
	batchT  = 2.262
)

// rateOfGrowth estimates by how much one growing quantity grows for each unit of
// another, both seen at the same moments, from means over batches of the window
// [from, to] (Law, Simulation Modeling and Analysis, 9.5.3).
func rateOfGrowth(at []int64, num, den []float64, from, to int64) Figure {
	if len(at) < 2 {
		return Figure{math.NaN(), 0, math.Inf(1)}
	}
	var x, y [batches]float64
	var sumX, sumY float64
	for i := range batches {
		a, b := from+(to-from)*int64(i)/batches, from+(to-from)*int64(i+1)/batches
		x[i], y[i] = interpolate(at, num, b)-interpolate(at, num, a), interpolate(at, den, b)-interpolate(at, den, a)
		sumX, sumY = sumX+x[i], sumY+y[i]
	}
	if sumY <= 0 {
		return Figure{math.NaN(), 0, math.Inf(1)}
	}
	ratio, squares := sumX/sumY, 0.0
	for i := range batches {
		d := x[i] - ratio*y[i]
		squares += d * d
	}
	half := batchT * math.Sqrt(squares/(batches*(batches-1))) / (sumY / batches)
	return Figure{ratio, max(0, ratio-half), ratio + half}
}

// interpolate returns a quantity at one moment, on the line between the samples
// beside it.
func interpolate(at []int64, v []float64, t int64) float64 {
	for i := range at {
		switch {
		case at[i] < t:
			continue
		case i == 0 || at[i] == at[i-1]:
			return v[i]
		}
		return v[i-1] + (v[i]-v[i-1])*float64(t-at[i-1])/float64(at[i]-at[i-1])
	}
	return v[len(v)-1]
}
