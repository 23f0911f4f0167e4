package record

import (
	"fmt"
	"math"
	"sort"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

// Every histogram has the same shape, so that any two can be merged.
const (
	HistLowest  = time.Microsecond
	HistHighest = time.Hour
	HistDigits  = 3

	// Microseconds is the unit of the values inside a histogram.
	Microseconds = "us"
)

// A Hist is a distribution of durations from 1 µs to 1 h, to 3 significant
// digits, in a fixed 188 kB. It is not safe for concurrent use.
//
// What it answers depends on its buckets only, never on something that encoding
// loses: before and after [Hist.Encode] the answers are the same to the digit.
// A quantile, and Max, is therefore the upper edge of a bucket: never below the
// true value, and above it by less than 0.1 % (below 2.048 ms, exact to the µs).
type Hist struct{ h *hdr.Histogram }

// NewHist returns an empty histogram.
func NewHist() *Hist {
	return &Hist{hdr.New(int64(HistLowest/time.Microsecond), int64(HistHighest/time.Microsecond), HistDigits)}
}

// Record adds d, rounded to the nearest microsecond. Below 0 it counts as 0,
// above [HistHighest] as that: nothing that happened is dropped.
func (h *Hist) Record(d time.Duration) { h.RecordN(d, 1) }

// RecordN adds d n times; n below 1 adds nothing.
func (h *Hist) RecordN(d time.Duration, n int64) {
	v := int64(min(max(d, 0), HistHighest).Round(time.Microsecond) / time.Microsecond)
	if err := h.h.RecordValues(v, max(n, 0)); err != nil {
		panic("record: " + err.Error()) // v is in range: more than 2^63 values
	}
}

// Quantile returns the smallest duration that at least a share p of the values
// does not exceed, for p in [0, 1], and 0 for an empty histogram.
func (h *Hist) Quantile(p float64) time.Duration {
	n := h.h.TotalCount()
	if n == 0 {
		return 0
	}
	// The library takes the rank nearest to p·n: its p91 of 20 values is the 18th,
	// which only 90 % do not exceed. The factor keeps a product that rounding put
	// just above a whole number (0.07 × 100 = 7.000000000000001) at that number.
	rank := int64(math.Ceil(p * float64(n) * (1 - 1e-12)))
	return h.atRank(min(max(rank, 1), n))
}

// atRank returns the value that is the rank-th smallest, from 1 to Count.
func (h *Hist) atRank(rank int64) time.Duration {
	percent := 100 * float64(rank) / float64(h.h.TotalCount())
	return time.Duration(h.h.ValueAtPercentile(percent)) * time.Microsecond
}

// Within returns how many values were at most d. Values in d's own bucket
// count as within: they are equal to d to 3 digits.
func (h *Hist) Within(d time.Duration) int64 {
	if d < 0 {
		return 0
	}
	us := int64(min(d, HistHighest) / time.Microsecond)
	n := sort.Search(int(h.h.TotalCount()), func(i int) bool {
		v := int64(h.atRank(int64(i)+1) / time.Microsecond)
		return v > us && !h.h.ValuesAreEquivalent(v, us)
	})
	return int64(n)
}

// Mean returns the arithmetic mean, each value taken as the middle of its
// bucket: within 0.05 % of the true mean.
func (h *Hist) Mean() time.Duration {
	return time.Duration(math.Round(h.h.Mean() * float64(time.Microsecond)))
}

// Max returns the largest value.
func (h *Hist) Max() time.Duration { return time.Duration(h.h.Max()) * time.Microsecond }

// Count returns the number of values.
func (h *Hist) Count() int64 { return h.h.TotalCount() }

// Merge adds other's values to h's.
func (h *Hist) Merge(other *Hist) {
	if dropped := h.h.Merge(other.h); dropped > 0 {
		panic(fmt.Sprintf("record: merging dropped %d values", dropped)) // the shapes are equal: more than 2^63 values
	}
}

// Reset empties h for reuse.
func (h *Hist) Reset() { h.h.Reset() }

// DecodeHist reads what [Hist.Encode] wrote, or what another HdrHistogram of
// the same range and precision did.
func DecodeHist(s string) (*Hist, error) {
	h, err := hdr.Decode([]byte(s))
	if err != nil {
		return nil, fmt.Errorf("record: decode histogram: %w", err)
	}
	empty := NewHist().h
	if h.LowestTrackableValue() != empty.LowestTrackableValue() || h.HighestTrackableValue() != empty.HighestTrackableValue() || h.SignificantFigures() != empty.SignificantFigures() {
		return nil, fmt.Errorf("record: decode histogram: it holds %d to %d with %d digits; %s has %d to %d with %d",
			h.LowestTrackableValue(), h.HighestTrackableValue(), h.SignificantFigures(), Format,
			empty.LowestTrackableValue(), empty.HighestTrackableValue(), empty.SignificantFigures())
	}
	return &Hist{h}, nil
}
