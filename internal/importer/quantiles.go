package importer

import (
	"math"
	"slices"
	"time"

	"github.com/plimsoll-dev/plimsoll/model"
)

const (
	mostValues  = 100 // of one empirical distribution: its last one is the mean above the 99th percentile
	leastValues = 10
	allValues   = 9000 // of a document, which is at most 128 KiB
)

// empirical returns durations as a distribution of at most n values, each as likely: the
// means of that many equal parts of the sorted durations. The mean is kept, but for
// rounding to three digits; what is smoothed is the variation inside each part.
func empirical(seen []time.Duration, n int) model.Dist {
	sorted := slices.Clone(seen)
	slices.Sort(sorted)
	n = min(n, len(sorted))
	values := make([]time.Duration, n)
	for i := range values {
		from, to := i*len(sorted)/n, (i+1)*len(sorted)/n
		var sum float64
		for _, v := range sorted[from:to] {
			sum += float64(v)
		}
		values[i] = digits(time.Duration(sum / float64(to-from)))
	}
	switch {
	case values[n-1] < time.Microsecond: // a distribution needs a time above zero
		return model.Dist{Kind: model.DistConstant, A: time.Microsecond}
	case values[0] == values[n-1]:
		return model.Dist{Kind: model.DistConstant, A: values[0]}
	}
	return model.Dist{Kind: model.DistEmpirical, Values: values}
}

// longestTime is the longest that a document may name.
const longestTime = 24 * time.Hour

// digits rounds a time to three digits, and to nanoseconds.
func digits(d time.Duration) time.Duration {
	step := time.Duration(1)
	for d/step >= 1000 {
		step *= 10
	}
	return min(longestTime, d.Round(step))
}

func round(v float64, places int) float64 {
	f := math.Pow10(places)
	return math.Round(v*f) / f
}

// percentile returns the smallest time that a share p of sorted ones does not exceed.
func percentile(sorted []time.Duration, p float64) time.Duration {
	return sorted[min(len(sorted)-1, max(0, int(math.Ceil(p*float64(len(sorted))))-1))]
}

func mean(all []time.Duration) time.Duration {
	var sum float64
	for _, v := range all {
		sum += float64(v)
	}
	return time.Duration(sum / float64(len(all)))
}
