package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plimsoll-dev/plimsoll/internal/accuracy"
	"github.com/plimsoll-dev/plimsoll/record"
	"github.com/plimsoll-dev/plimsoll/workload"
)

// recorded is a record of two trials that bracket a line, and a prediction.
func recorded(t *testing.T, predicted bool) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "record.jsonl")
	w, err := record.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("io-bound.yaml")
	if err != nil {
		t.Fatal(err)
	}
	rows := []record.Row{
		&record.Meta{Format: record.Format, Command: "compare", Engines: []string{"thread:max=40"}, Workload: &record.Workload{Name: "io-bound", Source: string(source)}},
		&record.Trial{ID: 1, Engine: "thread:max=40", Purpose: record.PurposeSearch, Rate: 390, Seconds: 2, Outcome: record.Passed},
		&record.Trial{ID: 2, Engine: "thread:max=40", Purpose: record.PurposeSearch, Rate: 410, Seconds: 2, Outcome: record.Failed},
	}
	if predicted {
		rows = append(rows, &record.Costs{Nanos: map[string]int64{"switch": 5000}, Low: map[string]int64{"switch": 4000}, High: map[string]int64{"switch": 6000}},
			&record.Prediction{Engine: "thread:max=40", Low: 370, High: 390, Wall: "thread-pool", WallLimit: 40, CPUus: 200})
	}
	for _, row := range rows {
		if err := w.Write(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTheTableIsWrittenIntoTheDocument(t *testing.T) {
	document := filepath.Join(t.TempDir(), "accuracy.md")
	if err := os.WriteFile(document, []byte("# Before\n\n"+accuracy.BeginPredictions+"\nold\n\n"+accuracy.End), 0o644); err != nil {
		t.Fatal(err)
	}
	var out, said bytes.Buffer
	if err := run([]string{"-document", document, recorded(t, true)}, &out, &said); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"# Before", "| io-bound | thread:max=40 | 390 … 410 | 370 … 390 | −5 % |"} {
		if !strings.Contains(string(b), part) {
			t.Errorf("no %q in\n%s", part, b)
		}
	}
	if strings.Contains(string(b), "old") {
		t.Error("what stood there before stands there still")
	}
}

func TestWhatIsNoPredictionIsAnError(t *testing.T) {
	var out, said bytes.Buffer
	for _, c := range []struct {
		args []string
		says string
	}{
		{nil, "--predict"},
		{[]string{recorded(t, false)}, "nothing was predicted"},
		{[]string{filepath.Join(t.TempDir(), "none.jsonl")}, "no such file"},
	} {
		if err := run(c.args, &out, &said); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v: %v", c.args, err)
		}
	}
}

func TestTheWorkloadIsValid(t *testing.T) {
	source, err := os.ReadFile("io-bound.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if _, warnings, err := workload.Parse("io-bound.yaml", source); err != nil || len(warnings) > 0 {
		t.Errorf("%v, %v", err, warnings)
	}
}
