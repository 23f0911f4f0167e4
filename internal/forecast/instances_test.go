package forecast

import (
	"strings"
	"testing"

	"github.com/plimsoll-dev/plimsoll/internal/report"
	"github.com/plimsoll-dev/plimsoll/model"
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
