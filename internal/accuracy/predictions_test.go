package accuracy

import (
	"bytes"
	"strings"
	"testing"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
)

// engine is one whose line was measured at a rate, and predicted off by a share.
func engine(name string, kind model.WallKind, rate, off float64) analysis.EngineVerdict {
	at := func(x float64) *float64 { return &x }
	confirmed := "it moved"
	return analysis.EngineVerdict{
		Name: name, LoadLine: analysis.LoadLine{Low: at(0.98 * rate), High: at(1.02 * rate), Rate: at(rate)},
		Wall:   analysis.Wall{Kind: kind, Limit: at(200), ConfirmedBy: &confirmed},
		AtLine: &analysis.AtLine{CPUMicros: 250, CPUShare: 0.3},
		Predicted: &analysis.Predicted{LoadLine: analysis.LoadLine{Low: at(0.98 * rate * (1 + off)), High: at(1.02 * rate * (1 + off))},
			Wall: analysis.PredictedWall{Kind: kind, Limit: at(200)}, CPUMicros: 240, Error: &off},
	}
}

func TestPredictionErrorsAreTalliedByWhatStopsTheEngine(t *testing.T) {
	busy := engine("hybrid", model.WallWorkers, 300, 0.15)
	busy.AtLine.CPUShare = 0.95 // its workers compute: the CPU by another name
	unknown := engine("vthread", model.WallUnknown, 4500, 0.1)
	unknown.AtLine.CPUShare = 0.9
	oneSided := engine("goroutine", model.WallCPU, 4000, 0)
	oneSided.LoadLine.High, oneSided.Predicted.Error = nil, nil
	p := Predicted{
		Host:  record.Host{CPU: "Planted", CPUs: []int{0, 1}, OS: "linux", Kernel: "6.1", Go: "go1.26"},
		Costs: &record.Costs{Nanos: map[string]int64{"switch": 5000, "request": 27000}, Low: map[string]int64{"switch": 4000, "request": 26000}, High: map[string]int64{"switch": 10000, "request": 31000}},
		Verdict: &analysis.Verdict{Workload: "shop", Warnings: []analysis.Warning{{Text: "calibration: a noisy machine"}}, Engines: []analysis.EngineVerdict{
			engine("thread:max=200", model.WallThreadPool, 1000, -0.04), engine("future", model.WallThreadPool, 2000, 0.12), engine("loop", model.WallCPU, 4000, 0.25), busy, unknown, oneSided,
		}},
	}
	var out bytes.Buffer
	if err := WritePredictions(&out, []Predicted{p}); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{
		"Measured on: Planted; 2 CPUs; linux 6.1; go1.26.",
		"**1 of 2** lines are within 10 %; off by 8 % on average and 12 % at worst. Where it is the CPU: **2 of 3** lines are within 20 %; off by 17 % on average and 25 % at worst.",
		"| shop | thread:max=200 | 980 … 1,020 | 941 … 979 | −4 % | thread-pool 200 | thread-pool 200 | 250 µs | 240 µs |",
		"| shop | goroutine | at least 3,920 | 3,920 … 4,080 | ? |",
		"- shop: request 27 µs (26 µs … 31 µs), switch 5 µs (4 µs … 10 µs).",
		"- Warning of shop: calibration: a noisy machine",
	} {
		if !strings.Contains(out.String(), part) {
			t.Errorf("no %q in\n%s", part, &out)
		}
	}
}

func TestTheSectionOfPredictionsIsWrittenBetweenItsOwnMarks(t *testing.T) {
	got, err := Section("before\n"+BeginPredictions+"\nold\n\n"+End+"after\n", BeginPredictions, "new")
	if want := "before\n" + BeginPredictions + "\nnew\n\n" + End + "after\n"; err != nil || got != want {
		t.Errorf("%v: %q", err, got)
	}
}
