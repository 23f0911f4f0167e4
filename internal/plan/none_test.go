package plan

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
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

// What comes at once uses nothing up for long: it is the wait that says for what.
func TestABurstIsExplainedByWhatItWaitsFor(t *testing.T) {
	long(t)
	for _, c := range []struct {
		steps, engine, says string
		kind                model.WallKind
	}{
		{"{compute: 2ms}", "thread", "the others wait for their CPUs", model.WallCPU},
		{"{compute: 2ms}", "loop", "the others wait for their CPUs", model.WallCPU},
		{"{hold: license, steps: [{await: db}]}", "vthread", "all 4 of license are taken, which is not ours to choose", model.WallResource},
		{"{call: db}", "loop", "keeps their loops from all else", model.WallLoop},
	} {
		p := planned(t, `workload: calm
upstreams: {db: {latency: 5ms}}
resources: {license: {size: 4}}
routes: {r: {steps: [`+c.steps+`]}}
slo: {within: 200ms, ratio: 99%, errors: 0.1%}
`, c.engine, Question{Rate: 50, CPUs: 1, MaxInstances: 2, Burst: 1000, Keep: []string{"license"}})
		e := p.Engines[0]
		if e.None != nil {
			t.Errorf("%s: %s", c.steps, e.None.Text)
			continue
		}
		i := slices.IndexFunc(e.WhatIf, func(w WhatIf) bool { return w.What == WhatBurst })
		w := e.WhatIf[i]
		if w.Holds || w.None == nil || w.None.Kind != c.kind || !strings.Contains(w.None.Text, c.says) || !strings.Contains(w.None.Text, "1,000 requests at once, beside 50/s, 2 instances would answer") {
			t.Errorf("%s: holds %v, needs %+v, none %+v", c.steps, w.Holds, w.Needs, w.None)
		}
	}
}

// Whoever answers all of them, but late, is not said to answer as many as are asked for.
func TestWhatIsAnsweredTooLateIsSaidToBe(t *testing.T) {
	p := planned(t, `workload: late
upstreams: {db: {latency: 100ms}}
routes: {r: {steps: [{call: db}]}}
slo: {within: 150ms, ratio: 99%, errors: 0.1%}
`, "loop", Question{Rate: 9, CPUs: 1, MaxInstances: 2})
	if e := p.Engines[0]; e.None == nil || !strings.HasPrefix(e.None.Text, "2 instances would answer the 9 requests/s, but too few in time") {
		t.Errorf("%+v", e.None)
	}
}

// A refusal is a response, and no answer.
func TestWhatIsRefusedIsNotSaidToBeAnsweredTooLate(t *testing.T) {
	w := document(t, "workload: refusing\nroutes: {r: {steps: [{compute: 1ms}]}}\nslo: {within: 1s, ratio: 99%, errors: 1%}\n")
	p := &planner{Question: Question{Rate: 200}, workload: w}
	for failed, want := range map[int64]string{
		304: "2 instances would fail 31 % of the 200 requests/s",
		5:   "2 instances would answer the 200 requests/s, but too few in time",
	} {
		trial := &record.Trial{Seconds: 10}
		trial.Load.Arrivals, trial.Load.Failures = 1000, map[string]int64{"status": failed}
		trial.Server.Responses = 1000
		if got := p.carried(decided{Candidate{Instances: 2}, trial}); got != want {
			t.Errorf("%d of 1,000 failed: %s", failed, got)
		}
	}
}

func TestACircleIsSaidToBeOne(t *testing.T) {
	long(t)
	p := planned(t, `workload: circle
upstreams: {api: {latency: 10ms}}
resources: {a: {size: 2}, b: {size: 2}}
routes:
  x: {steps: [{hold: a, steps: [{await: api}, {hold: b, steps: [{await: api}]}]}]}
  y: {steps: [{hold: b, steps: [{await: api}, {hold: a, steps: [{await: api}]}]}]}
timeout: 2s
slo: {within: 1s, ratio: 99%, errors: 0.1%}
`, "vthread", Question{Rate: 50, CPUs: 1, MaxInstances: 1, Keep: []string{"a", "b"}})
	if e := p.Engines[0]; e.None == nil || !strings.Contains(e.None.Text, "every slot of a and b is held by a request that waits for a slot of another of them") {
		t.Errorf("%+v", e.None)
	}
}

// tires fails in the long run whatever has something slow.
type tires struct{ Trier }

func (y tires) Try(ctx context.Context, c Candidate) (*record.Trial, error) {
	t, err := y.Trier.Try(ctx, c)
	if err == nil && c.Long && c.Slow != (Slow{}) {
		late := *t
		late.Outcome, late.Load.Within = record.Failed, t.Load.Within/2
		return &late, nil
	}
	return t, err
}

func TestWhatHoldsForAWhileOnlyDoesNotHoldAfterAChange(t *testing.T) {
	long(t)
	w := document(t, `workload: tiring
upstreams: {db: {latency: 5ms}}
routes: {r: {steps: [{await: db}]}}
slo: {within: 1s, ratio: 99%, errors: 0.1%}
`)
	p, err := Make(t.Context(), Question{Rate: 50, CPUs: 1, MaxInstances: 2}, w, engines(t, "vthread"), tires{simulator(w, 1, free)})
	if err != nil {
		t.Fatal(err)
	}
	if slow := p.Engines[0].WhatIf[0]; slow.What != WhatSlow || slow.Holds || slow.After.Within > 0.6 || slow.Needs != nil || slow.None == nil {
		t.Errorf("%+v, after %+v", slow, slow.After)
	}
}

func TestASharePrintsWhatIsKnownOfIt(t *testing.T) {
	for x, want := range map[float64]string{1: "100 %", 0.98995: "98.9 %", 0.8919: "89 %", 0.99985: "99.98 %", 0: "0 %"} {
		if got := share(floored(x)); got != want {
			t.Errorf("%g: %s, not %s", x, got, want)
		}
	}
}
