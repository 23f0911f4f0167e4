package analysis

import "math"

// Steady finds where a series of batch means stops warming up: the number of
// leading batches to leave out. ok is false while the best place to
// cut lies in the middle or later, or the series is too short: go on measuring.
//
// It is MSER, the marginal standard error rule: leave out the d batches for
// which the standard error of the rest is smallest (White 1997, "An effective
// truncation heuristic for bias reduction in simulation output").
func Steady(batches []float64) (leaveOut int, ok bool) {
	n := len(batches)
	if n < minBatches {
		return 0, false
	}
	best, at := math.Inf(1), 0
	var sum, squares float64
	// From the back, so that one pass has the sums of every suffix. Suffixes
	// shorter than half are not looked at: their variance means little.
	for d := n - 1; d >= 0; d-- {
		sum += batches[d]
		squares += batches[d] * batches[d]
		if d > n/2 {
			continue
		}
		m := float64(n - d)
		mean := sum / m
		mser := max(0, squares/m-mean*mean) / m
		if mser <= best+1e-12*mean*mean { // equal but for rounding: the longer one
			best, at = mser, d
		}
	}
	mean, variance := meanVar(batches[at:])
	like := func(head []float64, errors float64) bool {
		m, _ := meanVar(head)
		noise := math.Sqrt(variance/float64(len(head)) + variance/float64(n-at))
		return math.Abs(m-mean) <= max(errors*noise, 0.02*math.Abs(mean))
	}
	if at > 0 && like(batches[:at], 4) {
		return 0, true // noise has such runs; there was nothing to leave out
	}
	if at == n/2 {
		return at, false
	}
	// MSER likes to leave out a few batches too many: take those back.
	for at > 0 && like(batches[at-1:at], 4) {
		at--
	}
	return at, true
}

// meanVar returns the mean and the sample variance.
func meanVar(x []float64) (mean, variance float64) {
	for _, v := range x {
		mean += v
	}
	mean /= float64(len(x))
	if len(x) < 2 {
		return mean, 0
	}
	for _, v := range x {
		variance += (v - mean) * (v - mean)
	}
	return mean, variance / float64(len(x)-1)
}

// minBatches is how many batch means a judgement needs.
const minBatches = 8
