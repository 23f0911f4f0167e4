package lab

import (
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
)

// The requests that the trial before left at the upstreams are in the first
// samples of a run.
func TestAPeakBelongsToItsStretch(t *testing.T) {
	r := &run{done: new(loadDone), samples: new(samples)}
	r.done.Elapsed = int64(10 * time.Second)
	for second, peak := range []float64{740, 720, 200, 199, 200, 350} {
		at := int64(second) * int64(time.Second)
		for _, s := range []*series{&r.samples.up.requests, &r.samples.up.held, &r.samples.up.waiting} {
			s.add(at, 0)
		}
		r.samples.up.peak.add(at, peak)
	}
	for _, c := range []struct{ from, to, most int }{{2, 4, 200}, {4, 5, 350}} {
		trial := new(record.Trial)
		if err := r.fill(trial, time.Duration(c.from)*time.Second, time.Duration(c.to)*time.Second, &model.Workload{}); err != nil {
			t.Fatal(err)
		}
		if got := trial.Upstream.InFlightMax; got != c.most {
			t.Errorf("from %d s to %d s: at most %d in flight, want %d", c.from, c.to, got, c.most)
		}
	}
}
