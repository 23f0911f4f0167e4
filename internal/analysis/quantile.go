package analysis

import (
	"math"
	"time"

	"github.com/plimsoll-dev/plimsoll/record"
)

// A Quantile is an estimate with its 95 % interval.
type Quantile struct {
	Value, Low, High time.Duration
	// Open: so few values lie above that High, the largest of them, is only
	// what the upper end is at least.
	Open bool
}

// QuantileOf estimates the p-quantile, for p in (0, 1), of what the values of a
// histogram are a sample of; it is zero for an empty one.
//
// The interval is that of order statistics, which supposes nothing about the
// distribution: the rank of the true quantile among n independent values is
// binomial (David and Nagaraja, Order Statistics, 7.1). Requests that queue
// together share their fate, so the variance counts double, as in [Judge].
func QuantileOf(h *record.Hist, p float64) Quantile {
	n := float64(h.Count())
	if n == 0 {
		return Quantile{}
	}
	spread := 1.96 * math.Sqrt(clustering*n*p*(1-p))
	low, high := n*p-spread, n*p+spread+1
	return Quantile{
		Value: h.Quantile(p), Low: h.Quantile(max(0, low/n)), High: h.Quantile(min(1, high/n)), Open: high > n,
	}
}

// Latency sums up the latencies, from intended to done, of the requests that
// were due in a trial's window: an SLO is about these.
func Latency(t *record.Trial, rows []*record.Histogram) (*record.Hist, error) {
	sum := record.NewHist()
	for _, r := range rows {
		if r.Metric != record.MetricLatency || !Answered(r.Status) || float64(r.Second) < t.LeadIn || float64(r.Second) >= t.LeadIn+t.Seconds {
			continue
		}
		h, err := r.Hist()
		if err != nil {
			return nil, err
		}
		sum.Merge(h)
	}
	return sum, nil
}

// Answered reports whether a histogram's status is one of HTTP, or a time-out,
// whose latency is at least as long as it says: without it the tail would look
// better the more requests are lost.
func Answered(status string) bool {
	return status == "timeout" || status == "connect-timeout" || (status != "" && status[0] >= '1' && status[0] <= '4')
}
