package forecast

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/internal/costs"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
	"github.com/plimsoll-dev/plimsoll/sim"
	"github.com/plimsoll-dev/plimsoll/workload"
)

func document(t testing.TB, source string) *workload.Document {
	t.Helper()
	w, _, err := workload.Parse("test.yaml", []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	return &workload.Document{Name: "test.yaml", Source: []byte(source), Workload: w}
}

// simulate runs a document and derives the verdict from its record alone.
func simulate(t testing.TB, ctx context.Context, doc *workload.Document, engines ...string) (*analysis.Verdict, *bytes.Buffer, error) {
	t.Helper()
	return simulateOn(t, ctx, 1, "", doc, engines...)
}

// simulateOn does so on several instances.
func simulateOn(t testing.TB, ctx context.Context, instances int, b model.Balancer, doc *workload.Document, engines ...string) (*analysis.Verdict, *bytes.Buffer, error) {
	t.Helper()
	var file bytes.Buffer
	o := Options{Document: doc, CPUs: 1, Instances: instances, Balancer: b, Costs: costs.Choice{Costs: sim.DefaultCosts(), From: costs.Shipped}, Record: record.NewWriter(&file)}
	for _, text := range engines {
		cfg, err := model.ParseEngine(text)
		if err != nil {
			t.Fatal(err)
		}
		o.Engines = append(o.Engines, cfg)
	}
	runErr := Run(ctx, o)
	run := &analysis.Run{}
	info, err := record.Read(bytes.NewReader(file.Bytes()), func(row record.Row) error {
		return run.Add(row, func(name string, src []byte) (*model.Workload, error) {
			w, _, err := workload.Parse(name, src)
			return w, err
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	run.Hash = info.Hash
	return analysis.Derive(run), &file, runErr
}

// waits is a service whose requests do one step, of 100 ms where it waits.
func waits(step string) string {
	return `workload: waits
upstreams: {api: {latency: 100ms}, other: {latency: 1ms}}
resources: {slots: {size: 30}, lock: {monitor: true}}
routes: {r: {steps: [` + step + `]}}
timeout: 4s
in-flight: 2000
slo: {within: 1s, ratio: 99%, errors: 0.1%}
`
}

func TestEveryWallIsFoundSizedAndConfirmed(t *testing.T) {
	for _, c := range []struct {
		engine, step string
		kind         model.WallKind
		name         string
		limit        float64
		line         float64 // per second, that the limit carries; 0: not looked at
	}{
		{"thread:max=20", "{await: api}", model.WallThreadPool, "", 20, 200},
		{"thread:max=400", "{hold: slots, steps: [{await: api}]}", model.WallResource, "slots", 30, 300},
		{"thread:connections=25", "{await: api}", model.WallConnections, "", 25, 250},
		{"future:executor=10", "{await: other}, {call: api}", model.WallExecutor, "", 10, 100},
		{"loop", "{call: api}", model.WallLoop, "api", 1, 10},
		{"loop", "{compute: 5ms}", model.WallCPU, "", 1, 0},
		{"hybrid:loops=1,workers=1", "{compute: 5ms}", model.WallCPU, "", 1, 0},
		{"vthread:carriers=6", "{block: 100ms}", model.WallCarriers, "", 6, 60},
		{"vthread:carriers=1", "{compute: 5ms}", model.WallCPU, "", 1, 0},
		{"goroutine", "{hold: slots, steps: [{call: api}]}", model.WallResource, "slots", 30, 300},
	} {
		t.Run(c.engine+" "+c.step, func(t *testing.T) {
			t.Parallel()
			v, _, err := simulate(t, t.Context(), document(t, waits(c.step)), c.engine)
			if err != nil {
				t.Fatal(err)
			}
			e := v.Engines[0]
			if e.Void || e.LoadLine.Low == nil || e.LoadLine.High == nil {
				t.Fatalf("line %+v, %v", e.LoadLine, e.VoidReasons)
			}
			if e.Wall.Kind != c.kind || e.Wall.Name != c.name && c.name != "" || e.Wall.Limit == nil || *e.Wall.Limit != c.limit {
				t.Errorf("wall %+v", e.Wall)
			}
			if e.Wall.ConfirmedBy == nil {
				t.Errorf("not confirmed: %q", e.Wall.Evidence)
			}
			// Poisson arrivals lose the objective a little before the limit, and never
			// carry more for long.
			if low, high := *e.LoadLine.Low, *e.LoadLine.High; c.line > 0 && (low < 0.75*c.line || low > 1.02*c.line || high/low > 1.2) {
				t.Errorf("line %.4g … %.4g; the limit carries %.4g", low, high, c.line)
			}
		})
	}
}

func TestTheSameSeedGivesTheSameVerdictAndAnotherAnother(t *testing.T) {
	doc := document(t, waits("{hold: slots, steps: [{await: api}]}, {compute: {exponential: 1ms}}"))
	verdict := func(doc *workload.Document) string {
		v, _, err := simulate(t, t.Context(), doc, "thread:max=40")
		if err != nil {
			t.Fatal(err)
		}
		if v.Kind != "simulate" {
			t.Errorf("kind %q", v.Kind)
		}
		v.Record = "" // it has the wall clock in it
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	other, err := Seeded(doc, 7)
	if err != nil {
		t.Fatal(err)
	}
	if first := verdict(doc); first != verdict(doc) {
		t.Error("the same seed gives another verdict")
	} else if first == verdict(other) {
		t.Error("another seed gives the same verdict")
	}
}

// Two engines that make nobody wait are given the same requests: to the digit.
func TestEnginesAreGivenTheSameRequests(t *testing.T) {
	doc := document(t, strings.Replace(waits("{await: api}"), "latency: 100ms", "latency: {exponential: 100ms}", 1))
	doc, err := AtRate(doc, 50, 20*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	v, _, err := simulate(t, t.Context(), doc, "loop", "goroutine", "thread:max=2000")
	if err != nil {
		t.Fatal(err)
	}
	first := v.Engines[0].Rates[0]
	for _, e := range v.Engines[1:] {
		if at := e.Rates[0]; at.P50MS < first.P50MS-1 || at.P50MS > first.P50MS+1 || at.P99MS < first.P99MS-2 || at.P99MS > first.P99MS+2 {
			t.Errorf("%s: p50 %v, p99 %v ms; %s: %v, %v", e.Name, at.P50MS, at.P99MS, v.Engines[0].Name, first.P50MS, first.P99MS)
		}
	}
}

// What is kept and written does not grow with the time that is simulated.
func TestALongTrialHasNotMoreRowsThanAShortOne(t *testing.T) {
	size := func(window time.Duration) (rows int) {
		doc, err := AtRate(document(t, waits("{await: api}")), 20, window)
		if err != nil {
			t.Fatal(err)
		}
		_, file, err := simulate(t, t.Context(), doc, "thread:max=40")
		if err != nil {
			t.Fatal(err)
		}
		var arrivals int64
		if _, err := record.Read(file, func(row record.Row) error {
			rows++
			if tr, ok := row.(*record.Trial); ok {
				arrivals = tr.Load.Arrivals
				if tr.Seconds != window.Seconds() || len(tr.Load.Goodput) != int(window.Seconds()) {
					t.Errorf("%v s, %d seconds of goodput", tr.Seconds, len(tr.Load.Goodput))
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if want := 20 * window.Seconds(); float64(arrivals) < 0.9*want || float64(arrivals) > 1.1*want {
			t.Errorf("%d arrivals in %s", arrivals, window)
		}
		return rows
	}
	const most = 3*mostSamples + mostBuckets + 20
	if short, long := size(time.Minute), size(2*time.Hour); short > most || long > most {
		t.Errorf("%d rows of a minute, %d of two hours; expected %d at most", short, long, most)
	}
}

func TestHistogramsAddUpToTheTrial(t *testing.T) {
	doc, err := AtRate(document(t, waits("{await: api}")), 300, 100*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	_, file, err := simulate(t, t.Context(), doc, "thread:max=20,queue=10")
	if err != nil {
		t.Fatal(err)
	}
	var trial *record.Trial
	var rows []*record.Histogram
	n := int64(0)
	if _, err := record.Read(file, func(row record.Row) error {
		switch row := row.(type) {
		case *record.Trial:
			trial = row
		case *record.Histogram:
			rows = append(rows, row)
			n += row.Count
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if n != trial.Load.Arrivals || trial.Load.Failures["status"] == 0 || trial.Server.Rejected == 0 {
		t.Errorf("%d of %d arrivals are in histograms; failures %v, %d refused", n, trial.Load.Arrivals, trial.Load.Failures, trial.Server.Rejected)
	}
	h, err := analysis.Latency(trial, rows)
	if err != nil {
		t.Fatal(err)
	}
	if p99 := h.Quantile(0.99).Microseconds(); p99 != trial.Load.P99us {
		t.Errorf("p99 %d from the histograms, %d in the trial", p99, trial.Load.P99us)
	}
}

func TestADeadlockOfPinnedCarriersIsTheVerdict(t *testing.T) {
	v, _, err := simulate(t, t.Context(), document(t, `workload: pinned
upstreams: {api: {latency: 5ms}}
resources: {pool: {size: 1}, lock: {monitor: true}}
routes:
  a: {steps: [{hold: pool, steps: [{call: api}, {hold: lock, steps: [{compute: 10us}]}]}]}
  b: {steps: [{hold: lock, steps: [{hold: pool, steps: [{call: api}]}]}]}
timeout: 2s
slo: {within: 500ms}
`), "vthread:carriers=2,pinning=jdk21")
	if err != nil {
		t.Fatal(err)
	}
	if text := strings.Join(append(v.Engines[0].Wall.Evidence, v.Engines[0].VoidReasons...), " "); !strings.Contains(text, "deadlock") {
		t.Errorf("%+v", v.Engines[0])
	}
}

func TestAnInterruptedRunKeepsWhatWasSimulated(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var file bytes.Buffer
	cfg, err := model.ParseEngine("thread:max=20")
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Document: document(t, waits("{await: api}")), CPUs: 1, Costs: costs.Choice{Costs: sim.DefaultCosts(), From: costs.Shipped}, Record: record.NewWriter(&file), Engines: []model.EngineConfig{cfg},
		Progress: func(row *record.Trial) {
			if row.Purpose == record.PurposeSearch {
				cancel()
			}
		}}
	if err := Run(ctx, o); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v", err)
	}
	if s := file.String(); !strings.Contains(s, `"interrupted"`) || !strings.Contains(s, `"purpose":"search"`) || !strings.Contains(s, `"source":"sim"`) {
		t.Error("the record has not what it should")
	}
}

func TestNoEngineIsAnError(t *testing.T) {
	if err := Run(t.Context(), Options{}); !errors.Is(err, ErrNoEngine) {
		t.Errorf("error %v", err)
	}
}

// Requests that wait for each other for ever are told of once, with what to do, and
// the document's own warning points into the document as it was written.
func TestACircleOfResourcesIsToldOf(t *testing.T) {
	const source = `workload: circle
upstreams: {api: {latency: 10ms}}
resources: {a: {size: 1}, b: {size: 1}}
routes:
  x: {steps: [{hold: a, steps: [{await: api}, {hold: b, steps: [{await: api}]}]}]}
  y: {steps: [{hold: b, steps: [{await: api}, {hold: a, steps: [{await: api}]}]}]}
timeout: 2s
slo: {within: 1s}
`
	doc, err := workload.Read("circle.yaml", strings.NewReader(source))
	if err != nil {
		t.Fatal(err)
	}
	if doc, err = AtRate(doc, 50, 10*time.Second); err != nil {
		t.Fatal(err)
	}
	if len(doc.Warnings) != 1 || !strings.Contains(doc.Warnings[0].String(), "circle.yaml:6:") {
		t.Errorf("%v", doc.Warnings)
	}
	v, _, err := simulate(t, t.Context(), doc, "thread:max=50", "loop")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range v.Engines {
		if len(e.Warnings) != 1 || e.Warnings[0].Code != analysis.WarnDeadlock || !strings.Contains(e.Warnings[0].Text, "every slot of a and b is held by a request that waits") {
			t.Errorf("%s: %+v", e.Name, e.Warnings)
		}
	}
}
