package plan

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
)

func TestAPartOfAFleetHasItsPartOfWhatIsShared(t *testing.T) {
	w := &model.Workload{Resources: []model.Resource{{Name: "gate", Shared: true}}}
	for _, c := range []struct{ instances, slots, want int }{
		{10, 1, 10},       // all
		{200, 1, 200},     // the one slot is everybody's
		{17, 20, 17},      // 16 would have 18.8
		{1000, 1000, 16},  // one each
		{1000, 40, 400},   // 16 slots
		{1000, 16000, 16}, // many
	} {
		x := Candidate{Instances: c.instances, Sizes: []int{c.slots}, Rate: 1}
		if got := x.cell(w, model.RoundRobin); got != c.want {
			t.Errorf("%d slots for %d instances: %d are simulated, not %d", c.slots, c.instances, got, c.want)
		}
	}
}

func TestSmallerCellsHaveASlotOfWhatIsShared(t *testing.T) {
	w := &model.Workload{Resources: []model.Resource{{Name: "gate", Shared: true}, {Name: "pool"}}}
	for _, c := range []struct {
		instances, slots int
		rate             float64
		want             []int
	}{
		{10, 1, 1e6, nil},               // the one slot is everybody's
		{200, 1, 1e6, nil},              // likewise
		{1000, 8, 1e6, []int{125, 500}}, // 1 slot, 4 slots
		{1000, 40, 1e6, []int{25, 100}}, // 1 and 4, before 400 with 16
		{1000, 40, 1e5, []int{100}},     // fewer have too few requests
		{1000, 40, 1e4, nil},            // that is so of 400, too
		{1000, 16000, 1e7, []int{1, 4}}, // as few as if nothing were shared; then 16
		{1000, 1000, 1e7, []int{1, 4}},  // 1 slot, 4 slots; then 16
		{3, 100, 1e6, []int{1}},         // 33 slots
		{100_000, 40, 1e7, []int{2500, 10_000}},
	} {
		x := Candidate{Instances: c.instances, Sizes: []int{c.slots, 1}, Rate: c.rate}
		if got := x.rungs(w, model.RoundRobin); !slices.Equal(got, c.want) {
			t.Errorf("%d slots for %d instances and %g/s: %v, not %v", c.slots, c.instances, c.rate, got, c.want)
		}
	}
}

// What decides is the smallest cell that its slots are no limit of, or that says
// what instances with all slots to themselves say.
func TestOfAFleetNoMoreIsSimulatedThanDecides(t *testing.T) {
	const instances, slots = 1000, 40
	w := &model.Workload{Resources: []model.Resource{{Name: "gate", Shared: true, Size: slots}}, SLO: model.SLO{Ratio: 0.99}}
	const usual = 10_000 // µs
	slow := func(p99 int64, t *record.Trial) *record.Trial {
		t.Load.P99us = p99
		return t
	}
	trial := func(late int64, waiting float64) *record.Trial {
		r := &record.Trial{Outcome: record.Passed, Load: record.TrialLoad{Arrivals: 10_000, Within: 10_000 - late, P99us: usual}}
		if late > 100 {
			r.Outcome = record.Failed
		}
		r.Server.Resources = []record.TrialResource{{Name: "gate", Waiting: waiting}}
		return r
	}
	slotsTaken := func(share float64, answered int64) *record.Trial {
		r := trial(10_000, 5)
		r.Rate, r.Seconds, r.Drift.Drifts, r.Server.Responses = 1000, 1, true, answered
		r.Server.Resources[0].Size, r.Server.Resources[0].FullShare = 1, share
		return r
	}
	for _, c := range []struct {
		name  string
		tight func(instances int) *record.Trial
		free  *record.Trial
		want  string // instances and slots, one after the other
		row   int    // instances of those that decide
	}{
		{"nobody waits for a slot", func(int) *record.Trial { return trial(0, 0) }, nil, "25/1", 25},
		{"they wait, and it makes no difference", func(int) *record.Trial { return trial(20, 0.1) }, trial(0, 0), "25/1 4/40", 25},
		{"as many are in time, and the part waits for longer", func(n int) *record.Trial { return slow(usual+50*usual/int64(n), trial(20, 0.1)) }, trial(0, 0), "25/1 4/40 100/4 400/16", 400},
		{"it waits a little longer", func(int) *record.Trial { return slow(1.09*usual, trial(20, 0.1)) }, trial(0, 0), "25/1 4/40", 25},
		{"it fails, and how slow it is then is no matter", func(int) *record.Trial { return slow(5*usual, trial(5000, 0.1)) }, trial(4500, 0), "25/1 4/40", 25},
		{"something else fails it", func(int) *record.Trial { return trial(5000, 0.1) }, trial(4500, 0), "25/1 4/40", 25},
		{"what is shared fails it, too", func(int) *record.Trial { return trial(5000, 0.1) }, trial(200, 0), "25/1 4/40 100/4 400/16", 400},
		{"what is shared fails it", func(int) *record.Trial { return trial(200, 0.1) }, trial(0, 0), "25/1 4/40 100/4 400/16", 400},
		{"the slot is never free, and half is answered", func(int) *record.Trial { return slotsTaken(1, 500) }, nil, "25/1", 25},
		{"it is never free, and nearly all is answered", func(int) *record.Trial { return slotsTaken(1, 900) }, trial(0, 0), "25/1 4/40 100/4 400/16", 400},
		{"it is free at times, and half is answered", func(int) *record.Trial { return slotsTaken(0.9, 500) }, trial(0, 0), "25/1 4/40 100/4 400/16", 400},
		{"so few slots do", func(n int) *record.Trial { return trial(int64(5000/n), 0.1) }, trial(40, 0), "25/1 4/40 100/4", 100},
	} {
		simulated := ""
		s := &Simulator{Workload: w, Simulate: func(_ context.Context, u Setup) (*record.Trial, error) {
			size := u.Workload.Resources[0].Size
			simulated += fmt.Sprintf(" %d/%d", u.Instances, size)
			if size == slots {
				return c.free, nil
			}
			return c.tight(u.Instances), nil
		}}
		row, err := s.Try(t.Context(), Candidate{Engine: engines(t, "loop")[0], Instances: instances, Sizes: []int{slots}, Rate: 1e6})
		if err != nil || simulated != " "+c.want || row.Instances != c.row {
			t.Errorf("%s: simulated%s, not %s (%v); %+v decides", c.name, simulated, c.want, err, row)
		}
	}
}

// What is decided by a part of a fleet is what all of it decide.
func TestAPartOfAFleetSaysWhatTheWholeSays(t *testing.T) {
	long(t)
	const source = `workload: gated
upstreams: {api: {latency: {exponential: 200us}}, slow: {latency: {exponential: 50ms}}}
resources: {gate: {size: 48, shared: true}, pool: {size: 3}}
routes: {r: {steps: [{hold: gate, steps: [{await: api}]}, {hold: pool, steps: [{await: slow}]}]}}
slo: {within: 300ms, ratio: 99%, errors: 0.1%}
`
	w := document(t, source)
	smaller := 0
	for _, x := range []struct {
		rate float64
		pool int
	}{{150_000, 60}, {150_000, 90}, {230_000, 80}, {230_000, 140}, {260_000, 160}, {350_000, 240}} {
		c := Candidate{Engine: engines(t, "goroutine")[0], Instances: 96, Sizes: []int{48, x.pool}, Rate: x.rate}
		s := simulator(w, 1, free)
		simulate, last := s.Simulate, 0
		s.Simulate = func(ctx context.Context, u Setup) (*record.Trial, error) {
			last = u.Instances
			return simulate(ctx, u)
		}
		part, err := s.try(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		if last < c.cell(w, "") {
			smaller++
		}
		all, err := s.part(t.Context(), c, c.Instances, c.workload(w, c.Instances))
		if err != nil {
			t.Fatal(err)
		}
		if part.Outcome != all.Outcome {
			t.Errorf("%g/s with pools of %d: %s by a part, %s by all", x.rate, x.pool, part.Outcome, all.Outcome)
		}
	}
	if smaller == 0 {
		t.Error("no part was enough")
	}
}
