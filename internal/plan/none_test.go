package plan

import (
	"slices"
	"strings"
	"testing"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/model"
)

// Whoever has a slot waits for the loop: more slots would not help.
func TestAFullResourceIsNotBlamedForTheLoopThatItWaitsFor(t *testing.T) {
	long(t)
	p := planned(t, `workload: stalled
upstreams: {db: {latency: 10ms}, tax: {latency: 20ms}}
resources: {license: {size: 40}}
routes:
  list: {weight: 4, steps: [{call: db}]}
  bill: {steps: [{hold: license, steps: [{await: tax}]}]}
slo: {within: 500ms, ratio: 99%, errors: 0.1%}
`, "loop", Question{Rate: 800, CPUs: 1, MaxInstances: 1, Keep: []string{"license"}})
	e := p.Engines[0]
	if e.None == nil || e.None.Kind != model.WallLoop || strings.Contains(e.None.Text, "license") {
		t.Errorf("%+v", e.None)
	}
	if !slices.ContainsFunc(p.Warnings, func(w analysis.Warning) bool { return w.Code == "computes-nothing" }) {
		t.Errorf("nobody says that nothing is computed: %v", p.Warnings)
	}
}

// In short trials chance decides; the pool that would hold was said to be a million.
func TestWhatHoldsByChanceDoesNotHold(t *testing.T) {
	long(t)
	p := planned(t, `workload: tight
upstreams: {api: {latency: {lognormal: {p50: 100ms, p99: 900ms}}}}
resources: {pool: {size: 5}}
routes: {r: {steps: [{hold: pool, steps: [{await: api}]}, {compute: 400us}]}}
slo: {within: 905ms, ratio: 99%, errors: 0%}
`, "vthread", Question{Rate: 300, CPUs: 1, MaxInstances: 3})
	if e := p.Engines[0]; e.None == nil && e.AtRate.Within < 0.99 {
		t.Errorf("%g in time is said to hold: %s", e.AtRate.Within, p.Conclusion)
	}
}

func TestASharePrintsWhatIsKnownOfIt(t *testing.T) {
	for x, want := range map[float64]string{1: "100 %", 0.98995: "98.9 %", 0.8919: "89 %", 0.99985: "99.98 %", 0: "0 %"} {
		if got := share(floored(x)); got != want {
			t.Errorf("%g: %s, not %s", x, got, want)
		}
	}
}
