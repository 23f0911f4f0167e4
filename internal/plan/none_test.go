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
