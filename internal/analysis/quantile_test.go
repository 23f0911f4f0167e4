package analysis

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/record"
)

// The interval of independent values covers the true quantile more often than
// 95 times in 100, because it allows for values that are not.
func TestAQuantilesIntervalCoversTheTruth(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, p := range []float64{0.5, 0.99} {
		truth := time.Duration(-math.Log(1-p) * float64(100*time.Millisecond))
		covered, width := 0, 0.0
		const runs = 200
		for range runs {
			h := record.NewHist()
			for range 2000 {
				h.Record(time.Duration(random.ExpFloat64() * float64(100*time.Millisecond)))
			}
			q := QuantileOf(h, p)
			if q.Low > q.Value || q.Value > q.High {
				t.Fatalf("p%g: %v is not within %v and %v", 100*p, q.Value, q.Low, q.High)
			}
			// Half a bucket is 0.1 %.
			if float64(q.Low) <= float64(truth)*1.001 && float64(truth) <= float64(q.High)*1.001 {
				covered++
			}
			width += float64(q.High-q.Low) / float64(truth) / runs
		}
		if covered < 95*runs/100 {
			t.Errorf("p%g: %d of %d intervals cover the true value", 100*p, covered, runs)
		}
		if width > 0.5 {
			t.Errorf("p%g: the intervals are %.0f %% of the value wide: they say nothing", 100*p, 100*width)
		}
	}
}

func TestAFewValuesLeaveTheIntervalOpen(t *testing.T) {
	h := record.NewHist()
	if q := QuantileOf(h, 0.99); q != (Quantile{}) {
		t.Errorf("of nothing: %+v", q)
	}
	for i := range 100 {
		h.Record(time.Duration(i+1) * time.Millisecond)
	}
	if q := QuantileOf(h, 0.99); !q.Open || q.High != h.Max() {
		t.Errorf("the 99th percentile of 100 values ends at %v, open %t; its upper end is not known", q.High, q.Open)
	}
	if q := QuantileOf(h, 0.5); q.Open {
		t.Error("the median of 100 values has an upper end")
	}
}

func TestLatencyCountsWhatWasAnsweredInTheWindow(t *testing.T) {
	row := func(metric, status string, second int, latency time.Duration) *record.Histogram {
		h := record.NewHist()
		h.Record(latency)
		r := &record.Histogram{Metric: metric, Status: status, Second: second}
		if err := r.Set(h); err != nil {
			t.Fatal(err)
		}
		return r
	}
	trial := &record.Trial{LeadIn: 1, Seconds: 1.5}
	h, err := Latency(trial, []*record.Histogram{
		row(record.MetricLatency, "200", 0, time.Second),      // lead-in
		row(record.MetricLatency, "200", 1, time.Millisecond), // counts
		row(record.MetricService, "200", 1, time.Second),      // another metric
		row(record.MetricLatency, "reset", 1, time.Second),    // no answer
		row(record.MetricLatency, "timeout", 2, time.Minute),  // at least as long as it says
		row(record.MetricLatency, "200", 3, time.Second),      // after the window
	})
	if err != nil {
		t.Fatal(err)
	}
	if h.Count() != 2 || h.Quantile(0) > 2*time.Millisecond || h.Max() < time.Minute {
		t.Errorf("%d values from %v to %v", h.Count(), h.Quantile(0), h.Max())
	}
	if _, err := Latency(trial, []*record.Histogram{{Metric: record.MetricLatency, Status: "200", Second: 1, Unit: "s"}}); err == nil {
		t.Error("a histogram in seconds was read as one in microseconds")
	}
}
