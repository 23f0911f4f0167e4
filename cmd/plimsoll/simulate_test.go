package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
)

// simulated runs the command in this process, where no machine was calibrated.
func simulated(t *testing.T, stdin string, args ...string) (code int, out, errs string) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"XDG_CONFIG_HOME", "HOME", "AppData"} {
		t.Setenv(name, dir)
	}
	var o, e bytes.Buffer
	code = run(append([]string{"simulate"}, args...), streams{in: strings.NewReader(stdin), out: &o, err: &e})
	return code, o.String(), e.String()
}

const piped = `workload: piped
upstreams: {api: {latency: 100ms}}
routes: {r: {steps: [{await: api}]}}
slo: {within: 1s}
`

func TestSimulatePrintsWhatReportPrintsOfItsRecord(t *testing.T) {
	file := filepath.Join(t.TempDir(), "record.jsonl")
	code, out, errs := simulated(t, piped, "-", "-e", "thread:max=5", "-e", "thread:max=10", "--record", file)
	if code != exitOK {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	for _, part := range []string{"load line /s", "thread-pool 5", "recovers in"} {
		if !strings.Contains(out, part) {
			t.Errorf("no %q in\n%s", part, out)
		}
	}
	var again bytes.Buffer
	if code := run([]string{"report", file}, streams{out: &again, err: &again}); code != exitOK || again.String() != out {
		t.Errorf("exit code %d, and report prints\n%s", code, again.String())
	}
}

func TestSimulateAtARateFromStandardInput(t *testing.T) {
	verdict := func(seed string) (v analysis.Verdict) {
		file := filepath.Join(t.TempDir(), "record.jsonl")
		code, out, errs := simulated(t, piped, "-", "-e", "thread:max=4", "--rate", "30", "--duration", "20s", "--seed", seed, "--json", "-", "--record", file)
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
	dir := t.TempDir()
	costs := filepath.Join(dir, "costs.yaml")
	if err := os.WriteFile(costs, []byte("machine: mine\nspeed: 1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	record := filepath.Join(dir, "record.jsonl")
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"black-fridya"}, `did you mean "black-friday"?`},
		{[]string{"claims"}, "compare runs them"},
		{[]string{"black-friday", "-e", "treads"}, "no engine is called"},
		{[]string{"black-friday", "--rate=-5"}, "write requests per second"},
		{[]string{"black-friday", "--rate=0"}, "--rate is 0; write requests per second"},
		{[]string{"black-friday", "--rate=NaN"}, "--rate is NaN; write requests per second"},
		{[]string{"black-friday", "--rate=Inf"}, "above zero and up to 1e+06"},
		{[]string{"black-friday", "--rate=1e12"}, "--rate is 1e+12; write requests per second, as 500, above zero and up to 1e+06"},
		{[]string{"black-friday", "--rate=10", "--duration=100000h"}, "write whole seconds up to 24h"},
		{[]string{"black-friday", "--rate=10", "--duration=1500ms"}, "write whole seconds"},
		{[]string{"black-friday", "--instances=0"}, "--instances is 0; write a number from 1 to"},
		{[]string{"black-friday", "--instances=2", "--balancer=least-connection"}, `did you mean "least-connections"?`},
		{[]string{"black-friday", "--balancer=random"}, "add --instances"},
		{[]string{"black-friday", "--retries=-1"}, "--retries is -1; write a number from 0"},
		{[]string{"black-friday", "--retries=2", "--backoff=-1s"}, "write a time up to 1h"},
		{[]string{"black-friday", "--cpus=0"}, "write a number from 1"},
		{[]string{"black-friday", "--costs", costs}, "quantum is missing"},
		{[]string{"black-friday", "--costs", filepath.Join(dir, "none.yaml")}, "no such file"},
	} {
		code, _, errs := simulated(t, "", append(c.args, "--record", record)...)
		if code != exitUsage || !strings.Contains(errs, c.says) {
			t.Errorf("%v: exit code %d, %q", c.args, code, errs)
		}
	}
	if _, err := os.Stat(record); err == nil {
		t.Error("a record was made all the same")
	}
}
