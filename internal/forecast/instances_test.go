package forecast

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/costs"
	"github.com/plimsoll-dev/plimsoll/internal/report"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
	"github.com/plimsoll-dev/plimsoll/sim"
)

// Walls are those of an instance, which is what is configured; lines are those of
// all instances together, unless they share what the wall is.
func TestWallsOfInstancesAreEachInstances(t *testing.T) {
	for _, c := range []struct {
		engine, step, change string
		kind                 model.WallKind
		name                 string
		limit                float64
		line                 float64 // per second, of three instances
	}{
		{"thread:max=20", "{await: api}", "", model.WallThreadPool, "", 20, 600},
		{"thread:max=400", "{hold: slots, steps: [{await: api}]}", "", model.WallResource, "slots", 30, 900},
		{"thread:max=400", "{hold: slots, steps: [{await: api}]}", "size: 30, shared: true", model.WallResource, "slots", 30, 300},
		{"thread:connections=25", "{await: api}", "", model.WallConnections, "", 25, 750},
		{"future:executor=10", "{await: other}, {call: api}", "", model.WallExecutor, "", 10, 300},
		{"loop", "{call: api}", "", model.WallLoop, "api", 1, 30},
		{"hybrid:blocking=20", "{call: api}", "", model.WallWorkers, "blocking-workers", 20, 600},
		{"vthread:carriers=8", "{block: 100ms}", "", model.WallCarriers, "", 8, 240},
		{"goroutine", "{compute: 10ms}", "", model.WallCPU, "", 3, 300},
	} {
		t.Run(c.engine+" "+c.step+c.change, func(t *testing.T) {
			t.Parallel()
			source := waits(c.step)
			if c.change != "" {
				source = strings.Replace(source, "size: 30", c.change, 1)
			}
			v, _, err := simulateOn(t, t.Context(), 3, model.LeastConnections, document(t, source), c.engine)
			if err != nil {
				t.Fatal(err)
			}
			e := v.Engines[0]
			if e.Wall.Kind != c.kind || e.Wall.Name != c.name || e.Wall.Limit == nil || *e.Wall.Limit != c.limit || e.Wall.ConfirmedBy == nil {
				t.Errorf("wall %+v; evidence %q", e.Wall, e.Wall.Evidence)
			}
			if line := e.LoadLine; line.Low == nil || line.High == nil || *line.High < 0.88*c.line || *line.Low > 1.02*c.line {
				t.Errorf("load line %s, by arithmetic about %g", report.Interval(e), c.line)
			}
		})
	}
}

func TestTheRecordSaysHowManyInstancesThereWere(t *testing.T) {
	doc, err := AtRate(document(t, waits("{await: api}")), 90, 10e9)
	if err != nil {
		t.Fatal(err)
	}
	v, _, err := simulateOn(t, t.Context(), 3, "", doc, "thread:max=5")
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := report.Compare(&text, v); err != nil {
		t.Fatal(err)
	}
	if first, _, _ := strings.Cut(text.String(), ":"); first != "waits on 3 instances behind a round-robin balancer" {
		t.Errorf("the report begins %q", first)
	}
	if at := v.Engines[0].Rates[0]; at.Threads != 15 || v.Instances != 3 || v.Balancer != "round-robin" {
		t.Errorf("%+v of %d instances behind %s", at, v.Instances, v.Balancer)
	}
	one, _, err := simulate(t, t.Context(), doc, "thread:max=5")
	if err != nil || one.Instances != 0 || report.Service(one) != "waits" {
		t.Errorf("%+v, %v", one, err)
	}
}

// What clients send again is in the record, and latency counts from the first time.
func TestRetriesAreCountedAndNobodysClockBeginsAgain(t *testing.T) {
	doc, err := AtRate(document(t, waits("{await: api}")), 60, 20e9)
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	cfg, err := model.ParseEngine("thread:max=5,queue=0")
	if err != nil {
		t.Fatal(err)
	}
	var got *record.Trial
	err = Run(t.Context(), Options{Document: doc, Engines: []model.EngineConfig{cfg}, CPUs: 1, Retries: 2, Backoff: 400 * time.Millisecond,
		Costs: costs.Choice{Costs: sim.DefaultCosts(), From: costs.Shipped}, Record: record.NewWriter(&file), Progress: func(r *record.Trial) { got = r }})
	if err != nil {
		t.Fatal(err)
	}
	if l := got.Load; l.Retried < 100 || l.Failures["status"] == 0 || l.Arrivals+l.Retried < got.Server.Requests*9/10 || l.Arrivals < 1000 || l.Arrivals > 1400 {
		t.Errorf("%+v; the server had %d requests", l, got.Server.Requests)
	}
	if p99 := time.Duration(got.Load.P99us) * time.Microsecond; p99 < 300*time.Millisecond || p99 > 1400*time.Millisecond {
		t.Errorf("p99 %s, of requests that take 100 ms and wait up to 400 and 800 ms to be sent again", p99)
	}
	if !strings.Contains(file.String(), `"retries":2`) {
		t.Error("the record does not say that clients retry")
	}
}
