package analysis

import (
	"math"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
)

// One CPU, 5 s at 60 requests/s of which each used 8 ms: what the workload
// computes grows with the rate, what the rest costs grows by less. Rates wanted
// are those at which all of the CPU would be used.
func TestCapacityOfACPUIsThatOfWhatItIsUsedFor(t *testing.T) {
	at60 := func(compute time.Duration) (*record.Trial, *bench) {
		b := newBench(t, "goroutine")
		b.w.Routes[0].Steps[1].Time.A = compute
		r := trial(60, record.Passed)
		r.Server.Busy, r.Server.CPUSeconds, r.Server.Available = 0, 300*0.008, 5
		return r, b
	}
	for _, c := range []struct {
		compute time.Duration
		variant Variant
		want    float64
		why     string
	}{
		{8 * time.Millisecond, Variant{}, 125, "only the workload computes: 1 / 8 ms"},
		{8 * time.Millisecond, Variant{Compute: 0.5}, 250, "half of it: 1 / 4 ms"},
		{9 * time.Millisecond, Variant{}, 125, "short requests were drawn: what was used counts"},
		{6 * time.Millisecond, Variant{}, 1 / (0.006 + 0.002/2.04), "2 ms are the engine's, and get cheaper"},
		{6 * time.Millisecond, Variant{Compute: 0.5}, 1 / (0.003 + 0.002/2.04), "and are not halved with the work"},
	} {
		r, b := at60(c.compute)
		got, limit := Capacity(r, b.cfg, b.w, c.variant)
		if want := usableCPU * c.want; limit != model.WallCPU || math.Abs(got-want) > 0.01*want {
			t.Errorf("%s: got %.1f/s of %s, want %.1f", c.why, got, limit, want)
		}
	}
}
