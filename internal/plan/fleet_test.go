package plan

import (
	"testing"

	"github.com/plimsoll-dev/plimsoll/model"
)

func planned(t *testing.T, source, engine string, q Question) *Plan {
	t.Helper()
	w := document(t, source)
	p, err := Make(t.Context(), q, w, engines(t, engine), simulator(w, q.CPUs, free))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// One slot for all instances serves 200/s, however many there are.
func TestInstancesDoNotMultiplyWhatTheyShare(t *testing.T) {
	long(t)
	const source = `workload: gated
upstreams: {api: {latency: 5ms}}
resources: {gate: {size: 1, shared: true}}
routes: {r: {steps: [{hold: gate, steps: [{await: api}]}]}}
slo: {within: 1s, ratio: 99%, errors: 0.1%}
`
	p := planned(t, source, "goroutine", Question{Rate: 400, CPUs: 1, MaxInstances: 200})
	if e := p.Engines[0]; e.None == nil || e.None.Kind != model.WallResource || e.None.Name != "gate" {
		t.Errorf("400/s hold: %s", p.Conclusion)
	}
	p = planned(t, source, "goroutine", Question{Rate: 150, CPUs: 1, MaxInstances: 200})
	e := p.Engines[0]
	if e.Instances == nil || *e.Instances != 1 {
		t.Fatalf("150/s do not hold: %s", p.Conclusion)
	}
	if wall := e.Walls[0]; wall.Kind != model.WallResource || wall.Limit == nil || *wall.Limit != 1 {
		t.Errorf("the wall is %+v", wall)
	}
}
