package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plimsoll-dev/plimsoll/internal/report/traceevent/eventtest"
	"github.com/plimsoll-dev/plimsoll/record"
)

// recordOf writes a record of a comparison, with more rows.
func recordOf(t *testing.T, rows ...record.Row) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "run.jsonl")
	w, err := record.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	meta := &record.Meta{Format: record.Format, Command: "compare", Engines: []string{"loop"}, Workload: &record.Workload{Name: "tiny", Source: tinySource}}
	for _, row := range append([]record.Row{meta}, rows...) {
		if err := w.Write(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

const tinySource = "workload: tiny\nroutes: {r: {weight: 1, steps: [{compute: 1ms}]}}\nslo: {within: 1s}\n"

func TestReportWritesTheTraceOfARecord(t *testing.T) {
	path := recordOf(t,
		&record.Trace{Trial: 1, Engine: "loop", End: 1e9, Tracks: []record.Track{{Type: "loop"}}},
		&record.Span{Trial: 1, Engine: "loop", What: "request", Request: 1, End: 1e6})
	file := filepath.Join(t.TempDir(), "trace.json")
	var out, stderr bytes.Buffer
	code := run([]string{"report", path, "--trace", file}, streams{out: &out, err: &stderr})
	if code != exitVoid { // of a record without trials
		t.Errorf("exit code %d\n%s", code, &stderr)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if f, err := eventtest.Check(b); err != nil || len(f.Slices) != 1 || f.Processes[1] != "loop" {
		t.Errorf("%v\n%s", err, b)
	}
}

func TestReportSaysHowToGetATrace(t *testing.T) {
	var out, stderr bytes.Buffer
	file := filepath.Join(t.TempDir(), "trace.json")
	code := run([]string{"report", recordOf(t), "--trace", file}, streams{out: &out, err: &stderr})
	if code != exitUsage || !strings.Contains(stderr.String(), "compare WORKLOAD --trace FILE") {
		t.Errorf("exit code %d: %s", code, &stderr)
	}
	if !strings.Contains(out.String(), "tiny:") {
		t.Errorf("the table is missing: %q", &out)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("there is a file without a trace")
	}
}
