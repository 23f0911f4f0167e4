package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
)

// uncalibrated has the test be on a machine whose costs nobody has measured.
func uncalibrated(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"XDG_CONFIG_HOME", "HOME", "AppData"} {
		t.Setenv(name, dir)
	}
}

const piped = `workload: piped
upstreams: {api: {latency: 100ms}}
routes: {r: {steps: [{await: api}]}}
slo: {within: 1s}
`

func TestSimulatePrintsWhatReportPrintsOfItsRecord(t *testing.T) {
	arithmetic(t)
	uncalibrated(t)
	file := filepath.Join(t.TempDir(), "record.jsonl")
	code, out, errs := given(t, piped, "simulate", "-", "-e", "thread:max=5", "-e", "thread:max=10", "--record", file)
	if code != exitOK {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	for _, part := range []string{"load line /s", "thread-pool 5", "recovers in"} {
		if !strings.Contains(out, part) {
			t.Errorf("no %q in\n%s", part, out)
		}
	}
	if code, again, errs := exec(t, "report", file); code != exitOK || again != out {
		t.Errorf("exit code %d, and report prints\n%s%s", code, again, errs)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	// As of a run that was killed before its end: the last row is the verdict.
	if err := os.WriteFile(file, b[:len(b)-100], 0o644); err != nil {
		t.Fatal(err)
	}
	if code, cut, errs := exec(t, "report", file); code != exitOK || !strings.Contains(cut, "warning: the record breaks off") {
		t.Errorf("exit code %d, and report prints of a record without its end\n%s%s", code, cut, errs)
	}
}

func TestSimulateAtARateFromStandardInput(t *testing.T) {
	arithmetic(t)
	uncalibrated(t)
	verdict := func(seed string) (v analysis.Verdict) {
		file := filepath.Join(t.TempDir(), "record.jsonl")
		code, out, errs := given(t, piped, "simulate", "-", "-e", "thread:max=4", "--rate", "30", "--duration", "20s", "--seed", seed, "--json", "-", "--record", file)
		if code != exitOK {
			t.Fatalf("exit code %d: %s", code, errs)
		}
		if err := json.Unmarshal([]byte(out), &v); err != nil {
			t.Fatalf("%v in %s", err, out)
		}
		return v
	}
	v := verdict("3")
	if v.Kind != "simulate" || v.Searched || len(v.Engines) != 1 || len(v.Engines[0].Rates) != 1 {
		t.Fatalf("%+v", v)
	}
	if at := v.Engines[0].Rates[0]; at.Rate != 30 || at.P50MS < 100 || at.Threads != 4 {
		t.Errorf("%+v", at)
	}
	if a, b := v.Engines[0].Rates[0], verdict("4").Engines[0].Rates[0]; a.P99MS == b.P99MS && a.InFlight == b.InFlight {
		t.Error("another seed changes nothing")
	}
}

func TestSimulateSaysWhatToWriteInstead(t *testing.T) {
	uncalibrated(t)
	dir := t.TempDir()
	costs := filepath.Join(dir, "costs.yaml")
	if err := os.WriteFile(costs, []byte("machine: mine\nspeed: 1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	record := filepath.Join(dir, "record.jsonl")
	refuses(t, "simulate --record "+record, []refusal{
		{"black-fridya", `did you mean "black-friday"?`},
		{"claims", "compare runs them"},
		{"black-friday -e treads", "no engine is called"},
		{"black-friday --rate=-5", "write requests per second"},
		{"black-friday --rate=0", "--rate is 0; write requests per second"},
		{"black-friday --rate=NaN", "--rate is NaN; write requests per second"},
		{"black-friday --rate=Inf", "above zero and up to 1e+06"},
		{"black-friday --rate=1e12", "--rate is 1e+12; write requests per second, as 500, above zero and up to 1e+06"},
		{"black-friday --rate=10 --duration=100000h", "write whole seconds up to 24h"},
		{"black-friday --rate=10 --duration=1500ms", "write whole seconds"},
		{"black-friday --instances=0", "--instances is 0; write a number from 1 to"},
		{"black-friday --instances=2 --balancer=least-connection", `did you mean "least-connections"?`},
		{"black-friday --balancer=random", "add --instances"},
		{"black-friday --retries=-1", "--retries is -1; write a number from 0"},
		{"black-friday --retries=2 --backoff=-1s", "write a time up to 1h"},
		{"black-friday --cpus=0", "write a number from 1"},
		{"black-friday --costs " + costs, "quantum is missing"},
		{"black-friday --costs " + filepath.Join(dir, "none.yaml"), "no such file"},
	})
	if _, err := os.Stat(record); err == nil {
		t.Error("a record was made all the same")
	}
}
