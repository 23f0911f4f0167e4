package lab

import (
	"testing"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
)

// At 40/s and 100 ms four requests are in flight: two threads are too few, and a
// light request waits behind the slow ones; a goroutine engine does not notice.
const beside = `workload: beside
upstreams: {api: {latency: 100ms}}
routes:
  slow: {weight: 4, steps: [{call: api}]}
  light: {weight: 1, steps: [{compute: 1us}]}
timeout: 4s
in-flight: 200
slo: {within: 300ms}
engines: ["thread:max=2,spare=2", goroutine]
search: false
rates: [{rate: 40, for: 2s}, {rate: 15, for: 1s, route: slow}]
expect:
  - {engine: "thread:max=2,spare=2", at: 40, route: light, p50: ">= 150ms"}
  - {engine: goroutine, at: 40, route: light, p50: ">= 90ms"}
  - {engine: goroutine, at: 15, route: slow, p50: ">= 100ms", threads: "<= 1000"}
`

func TestRoutesAreMeasuredAtARateBesideEachOtherAndAlone(t *testing.T) {
	t.Parallel() // latencies are of queues and upstreams
	v, err := compare(t, t.Context(), beside, nil, "thread:max=2,spare=2", "goroutine")
	if err != nil {
		t.Fatal(err)
	}
	if v.Searched {
		t.Error("a load line was searched")
	}
	for _, e := range v.Engines {
		if len(e.Rates) != 2 || e.LoadLine.Low != nil || e.LoadLine.High != nil || e.Void {
			t.Fatalf("%s: measured %+v, line %+v, void %v", e.Name, e.Rates, e.LoadLine, e.Void)
		}
		both, alone := e.Rates[0], e.Rates[1]
		if both.Rate != 40 || both.Route != "" || len(both.Routes) != 2 || both.Routes[1].Name != "light" {
			t.Errorf("%s, both routes: %+v", e.Name, both)
		}
		if alone.Rate != 15 || alone.Route != "slow" || len(alone.Routes) != 1 || alone.Routes[0].P50MS < 100 {
			t.Errorf("%s, one route: %+v", e.Name, alone)
		}
	}
	for i, want := range []string{analysis.Met, analysis.Missed, analysis.Met, analysis.Met} {
		if x := v.Expectations[i]; x.Outcome != want && x.Outcome != analysis.Undone {
			t.Errorf("{%s} is %s, want %s", x.Text, x.Outcome, want)
		}
	}
}
