package sim

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/load"
)

// Every request waits for what the synthetic service would have it wait for: the
// numbers follow from its seed, in the order of its steps, and each branch of a
// parallel has its own.
func TestRequestsWaitForWhatTheirSeedSays(t *testing.T) {
	const document = `
upstreams:
  a: {latency: {lognormal: {p50: 20ms, p99: 90ms}}}
  b: {latency: {uniform: {from: 1ms, to: 9ms}}}
  c: {latency: {exponential: 5ms}}
  d: {latency: {empirical: [1ms, 2ms, 40ms]}}
routes:
  r:
    steps:
      - await: a
      - parallel: [[await: b], [{call: c}, {call: d}]]
      - choice: [{p: 40%, steps: [await: c]}, {p: 60%, steps: [block: {uniform: {from: 1ms, to: 3ms}}]}]
`
	r := simulate(t, "goroutine", document, 100, nil)
	w := r.config.Workload
	latency := func(name string, r *rand.Rand) time.Duration {
		d := w.Upstream(name).Latency.Sample(r)
		r.Uint64() // which of the upstream's processes is asked
		return d
	}
	schedule, err := load.NewSchedule(w.Arrivals, r.config.Stages, r.config.routes(), r.config.Seed)
	if err != nil {
		t.Fatal(err)
	}
	want := map[int64]time.Duration{}
	for range 500 {
		a, _ := schedule.Next()
		x := rand.New(rand.NewPCG(a.Seed, routeStream))
		sum := latency("a", x)
		first, second := rand.New(rand.NewPCG(x.Uint64(), 0)), rand.New(rand.NewPCG(x.Uint64(), 1))
		sum += max(latency("b", first), latency("c", second)+latency("d", second))
		if x.Float64() < 0.4 {
			sum += latency("c", x)
		} else {
			sum += w.Routes[0].Steps[2].Branches[1].Steps[0].Time.Sample(x)
		}
		want[int64(a.At)] = sum
	}
	n := 0
	r.ended = func(e Ended) {
		expected, ok := want[e.Intended]
		off := e.Done - e.Intended - int64(expected)
		if n++; ok && max(off, -off) > 5 { // rounding of each step
			t.Errorf("a request due at %d took %d, and its seed says %d", e.Intended, e.Done-e.Intended, expected)
		}
		delete(want, e.Intended)
	}
	r.until(time.Minute)
	if len(want) > 0 {
		t.Errorf("%d of %d requests were not seen", len(want), n)
	}
}
