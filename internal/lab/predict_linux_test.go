package lab

import (
	"bytes"
	"math"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/internal/calibration"
	"github.com/plimsoll-dev/plimsoll/internal/host"
	"github.com/plimsoll-dev/plimsoll/internal/work"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
	"github.com/plimsoll-dev/plimsoll/workload"
)

// The machine is made up: an engine adds 50 µs to any request, and nothing else
// costs anything.
func TestPredictionsAreRecordedBesideTheMeasurement(t *testing.T) {
	arithmetic(t)
	const source = `workload: pools
upstreams: {api: {latency: 100ms}}
routes: {r: {steps: [{await: api}]}}
slo: {within: 1s}
`
	w, _, err := workload.Parse("pools", []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	var round []calibration.Observation
	for _, cell := range calibration.Cells() {
		round = append(round, calibration.Observation{Cell: cell, Rate: 2000, CPU: 150 * time.Microsecond})
	}
	var file bytes.Buffer
	l := &lab{
		Options: Options{Record: record.NewWriter(&file)}, workload: w, run: &analysis.Run{}, place: host.Placement{Server: []int{0}},
		doc:     &workload.Document{Name: "pools", Source: []byte(source), Workload: w},
		machine: &calibration.Measured{Speed: work.Speed{UnitsPerMicrosecond: 10}, Rounds: [][]calibration.Observation{round}},
	}
	meta := &record.Meta{Format: record.Format, Command: "compare", Workload: &record.Workload{Name: "pools", Source: source}}
	for _, text := range []string{"thread:max=20", "thread:max=40", "thread:max=20"} { // one twice: an A/A comparison
		cfg, err := model.ParseEngine(text)
		if err != nil {
			t.Fatal(err)
		}
		l.Engines = append(l.Engines, cfg)
		meta.Engines = append(meta.Engines, cfg.String())
	}
	if err := l.write(meta); err != nil {
		t.Fatal(err)
	}
	for _, e := range l.run.Engines {
		l.contestants = append(l.contestants, &contestant{EngineRun: e})
	}
	if err := l.predict(t.Context()); err != nil {
		t.Fatal(err)
	}
	run := &analysis.Run{}
	costs := 0
	if _, err := record.Read(&file, func(row record.Row) error {
		if c, ok := row.(*record.Costs); ok && c.Nanos["request"] > 40_000 && c.Nanos["request"] < 60_000 {
			costs++
		}
		return run.Add(row, func(name string, src []byte) (*model.Workload, error) { return w, nil })
	}); err != nil {
		t.Fatal(err)
	}
	if costs != 1 {
		t.Errorf("%d rows with the costs", costs)
	}
	for i, want := range []float64{200, 400, 200} { // threads by 100 ms
		p := analysis.Derive(run).Engines[i].Predicted
		if p == nil || p.LoadLine.Rate == nil || math.Abs(*p.LoadLine.Rate-want) > 0.2*want || p.Wall.Kind != model.WallThreadPool || p.Error != nil {
			t.Errorf("engine %d: %+v", i, p)
		}
	}
}
