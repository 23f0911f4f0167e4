package plan

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/plimsoll-dev/plimsoll/internal/costs"
	"github.com/plimsoll-dev/plimsoll/record"
	"github.com/plimsoll-dev/plimsoll/sim"
	"github.com/plimsoll-dev/plimsoll/workload"
)

const small = `workload: small
upstreams: {api: {latency: {exponential: 20ms}}}
resources: {pool: {size: 10}}
routes: {r: {steps: [{hold: pool, steps: [{await: api}]}, {compute: 100us}]}}
slo: {within: 200ms, ratio: 99%, errors: 0.1%}
`

// recorded plans into a record.
func recorded(t *testing.T, ctx context.Context, progress func(int)) ([]byte, error) {
	t.Helper()
	var file bytes.Buffer
	err := recordedTo(t, ctx, &file, progress)
	return file.Bytes(), err
}

// recordedTo is recorded, into a file that can be looked at meanwhile.
func recordedTo(t *testing.T, ctx context.Context, file *bytes.Buffer, progress func(int)) error {
	t.Helper()
	w := document(t, small)
	names, sizes := []string{"thread:max=50", "thread", "vthread"}, "pool.size=5..20/5"
	simulate := simulates(1, sim.DefaultCosts())
	if testing.Short() { // what runs beside each other does so here, too
		names, sizes = names[:2], "pool.size=10..20/10"
		simulate = func(ctx context.Context, s Setup) (*record.Trial, error) {
			s.Long = false // which is more of the same, on one goroutine
			return simulates(1, sim.DefaultCosts())(ctx, s)
		}
	}
	vary, err := ParseVary(sizes, w, engines(t, "thread"))
	if err != nil {
		t.Fatal(err)
	}
	return Run(ctx, Options{
		Question: Question{Rate: 600, CPUs: 1, MaxInstances: 20, Burst: 50, Price: &Price{0.1, "instance"}, Vary: []Vary{vary}},
		Document: &workload.Document{Name: "small.yaml", Source: []byte(small), Workload: w}, Engines: engines(t, names...),
		Costs: costs.Choice{Costs: sim.DefaultCosts(), From: costs.Shipped}, Simulate: simulate, Record: record.NewWriter(file), Progress: progress,
	})
}

// read makes the plan again, and returns the one that was written beside it.
func read(t *testing.T, file []byte) (again, written []byte) {
	t.Helper()
	var r Reader
	info, err := record.Read(bytes.NewReader(file), func(row record.Row) error {
		if v, ok := row.(*record.Verdict); ok {
			written = v.JSON
		}
		return r.Add(row)
	})
	if err != nil {
		t.Fatal(err)
	}
	p, err := r.Plan(info.Hash)
	if err != nil {
		t.Fatal(err)
	}
	again, err = json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return again, written
}

func TestAPlanFollowsFromItsRecordAlone(t *testing.T) {
	file, err := recorded(t, t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	again, written := read(t, file)
	if !bytes.Equal(again, written) {
		t.Errorf("from the record\n%s\nwritten was\n%s", again, written)
	}
	var p Plan
	if err := json.Unmarshal(written, &p); err != nil {
		t.Fatal(err)
	}
	kinds := 2 // of engines: those of one kind are one
	if testing.Short() {
		kinds = 1
	}
	if p.Partial || len(p.Engines) != kinds || len(p.Grids) != kinds || len(p.Rules) == 0 || p.Record == "" {
		t.Errorf("partial %v, %d engines, %d grids, %d rules, record %q", p.Partial, len(p.Engines), len(p.Grids), len(p.Rules), p.Record)
	}
}

func TestTheSameQuestionGivesTheSameTrials(t *testing.T) {
	long(t)
	trials := func() []byte {
		file, err := recorded(t, t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		return file[bytes.IndexByte(file, '\n'):bytes.LastIndex(file, []byte(`{"kind":"verdict"`))] // the first row has the time of day
	}
	if a, b := trials(), trials(); !bytes.Equal(a, b) {
		t.Error("the trials differ, or stand in another order")
	}
}

func TestWhatWasFoundOutUntilAnInterruptionIsKept(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	file, err := recorded(t, ctx, func(tried int) {
		if tried == 30 {
			stop()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	again, written := read(t, file)
	for what, b := range map[string][]byte{"written": written, "from the record": again} {
		var p Plan
		if err := json.Unmarshal(b, &p); err != nil || !p.Partial || p.Conclusion == "" {
			t.Errorf("%s: partial %v, %q, %v", what, p.Partial, p.Conclusion, err)
		}
	}
}

// Whoever is killed writes no last row.
func TestAPlanThatIsKilledLeavesItsQuestion(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	var file bytes.Buffer
	var left []byte
	err := recordedTo(t, ctx, &file, func(int) {
		if left == nil {
			left = bytes.Clone(file.Bytes())
			stop()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	again, _ := read(t, left)
	var p Plan
	if err := json.Unmarshal(again, &p); err != nil || !p.Partial || p.Rate != 600 || len(p.Engines) == 0 || p.Conclusion != "Nothing was found out yet." {
		t.Errorf("%v in %s", err, again)
	}
}
