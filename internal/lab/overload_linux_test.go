package lab

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/internal/reactor"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
	"github.com/plimsoll-dev/plimsoll/workload"
)

// A search may end at a fail that somebody else's use of the machine brought
// about. Who then passes well above it has another line.
func TestASearchGoesOnWhereTheFirstOverloadIsPassed(t *testing.T) {
	t.Parallel() // there is little load
	const source = "workload: waits\nupstreams:\n  bank: {latency: 20ms}\nroutes:\n  r: {weight: 1, steps: [await: bank]}\nin-flight: 100\nslo: {within: 1s, ratio: 99%, errors: 0.1%}\n"
	w, _, err := workload.Parse("test.yaml", []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	rw, err := record.Create(filepath.Join(t.TempDir(), "record.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer rw.Close()
	four, err := model.ParseEngine("thread:max=4") // 200/s
	if err != nil {
		t.Fatal(err)
	}
	l := &lab{
		Options: Options{
			Quick: true, Record: rw,
			Engines: []model.EngineConfig{four}, window: time.Second,
		},
		doc: &workload.Document{Name: "test.yaml", Source: []byte(source), Workload: w}, workload: w, origin: reactor.Clock(), run: &analysis.Run{},
	}
	defer l.stopAll()
	ctx := t.Context()
	if err := l.prepare(ctx); err != nil {
		t.Fatal(err)
	}
	c := l.contestants[0]
	for rate, outcome := range map[float64]string{100: record.Passed, 110: record.Failed} {
		row := &record.Trial{Engine: c.Name, Purpose: record.PurposeSearch, Rate: rate, Outcome: outcome}
		if err := l.write(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.pastLine(ctx, c); err != nil {
		t.Fatal(err)
	}
	line := analysis.Line(c.Trials)
	if line.Low < 120 || line.Low > 230 {
		t.Errorf("the line is %.0f … %.0f/s", line.Low, line.High)
	}
	again := 0
	for _, row := range c.Trials {
		if row.Purpose == record.PurposeSearch && row.Rate == 110 {
			again++
		}
		t.Logf("%s at %.0f/s: %s %v", row.Purpose, row.Rate, row.Outcome, row.Reasons)
		if row.Purpose == record.PurposeOverload && row.Rate < 1.19*line.Low {
			t.Errorf("an overload at %.0f/s is kept, below the line", row.Rate)
		}
	}
	if again < 2 {
		t.Error("the search did not go on: what was refuted was not tried again")
	}
}
