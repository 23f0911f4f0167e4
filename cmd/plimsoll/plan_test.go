package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plimsoll-dev/plimsoll/internal/plan"
)

const plannedDocument = `workload: piped
upstreams: {db: {latency: {exponential: 20ms}}}
resources: {pool: {size: 10}}
routes: {r: {steps: [{hold: pool, steps: [{await: db}]}, {compute: 100us}]}}
slo: {within: 200ms, ratio: 99%, errors: 0.1%}
`

func TestPlanPrintsWhatReportPrintsOfItsRecord(t *testing.T) {
	arithmetic(t)
	dir := t.TempDir()
	file, page := filepath.Join(dir, "record.jsonl"), filepath.Join(dir, "plan.json")
	code, out, errs := given(t, plannedDocument, "plan", "-", "--rate", "500", "-e", "thread:max=500", "--cpus", "1", "--price", "0.2", "--burst", "20",
		"--vary", "db.size=10..20/10", "--vary", "thread.max=20,40", "--record", file, "--json", page)
	if code != exitOK {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	for _, part := range []string{"piped at 500 requests/s", "hold", "pool", "threads", "what if", "db takes twice as long", "an instance is lost", "Little: L = λW", "HikariCP", "a month", `db.size \ thread.max`} {
		if !strings.Contains(out, part) {
			t.Errorf("no %q in\n%s", part, out)
		}
	}
	if code, again, errs := exec(t, "report", file); code != exitOK || again != out {
		t.Errorf("exit code %d, and report prints\n%s%s", code, again, errs)
	}
	b, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var p plan.Plan
	if err := json.Unmarshal(b, &p); err != nil || p.Schema != plan.Schema || p.Engines[0].Instances == nil || p.Engines[0].Cost == nil {
		t.Errorf("%v in %s", err, b)
	}
}

func TestPlanSaysWhyNothingHolds(t *testing.T) {
	arithmetic(t)
	for _, c := range []struct {
		document, says string
		args           []string
	}{
		{strings.ReplaceAll(plannedDocument, "within: 200ms", "within: 30ms"), "too long already", nil},
		{strings.Replace(plannedDocument, "{size: 10}", "{monitor: true}", 1), "the monitor pool lets one request in at a time", nil},
		{plannedDocument, "all 10 of pool are taken, which is not ours to choose", []string{"--keep", "pool"}},
		{strings.Replace(plannedDocument, "{size: 10}", "{size: 10, shared: true}", 1), "all 10 of pool are taken, which is not ours to choose", []string{"--max-instances", "9"}},
		{strings.Replace(plannedDocument, "100us", "20ms", 1), "their CPUs are used up", nil},
	} {
		args := append([]string{"plan", "-", "--rate", "2000", "-e", "thread", "--cpus", "1", "--max-instances", "3", "--record", filepath.Join(t.TempDir(), "record.jsonl")}, c.args...)
		code, out, errs := given(t, c.document, args...)
		if code != exitExpectation || !strings.Contains(strings.Join(strings.Fields(out), " "), c.says) || !strings.Contains(errs, "nothing holds 2000 requests/s") {
			t.Errorf("exit code %d, no %q in\n%s%s", code, c.says, out, errs)
		}
	}
}

func TestPlanSaysWhatToWriteInstead(t *testing.T) {
	record := filepath.Join(t.TempDir(), "record.jsonl")
	refuses(t, "plan --rate=5 --record "+record, []refusal{
		{"black-fridya", `did you mean "black-friday"?`},
		{"claims", "compare runs them"},
		{"black-friday -e treads", "no engine is called"},
		{"black-friday --cpus=-1", "write a number from 1"},
		{"black-friday --cpus=0", "write a number from 1"},
		{"black-friday --vary=instances=1..5000", "5000 are more than the 1000 that there may be"},
		{"black-friday --max-instances=3 --vary=instances=2,4", "allow more with --max-instances"},
		{"black-friday --keep=inventory-pool --vary=inventory-db.size=20,50", "leave one of them out"},
		{"black-friday -e thread --vary=thread.backlog=1..9", "what can be varied is instances, inventory-pool.size, thread.max, thread.spare, thread.queue, thread.connections\n"},
		{"black-friday -e hybrid --vary=hybrid.nice=1..9", "there is no hybrid.nice"},
		{"black-friday --max-instances=0", "write a number from 1"},
		{"black-friday --burst=-1", "write a number of requests"},
		{"black-friday --balancer=least", "write one of random"},
		{"black-friday --price=cheap", "write what an instance costs for an hour"},
		{"black-friday --price=1/core", "write 1/instance or 1/GiB"},
		{"black-friday --keep=pool", "it has inventory-pool"},
		{"black-friday --vary=thread.max", "write thread.max=20..200"},
		{"black-friday --vary=thread.maks=1..2", `did you mean "thread.max"?`},
		{"black-friday --vary=x=1..2", "what can be varied is instances, inventory-pool.size, thread.max"},
		{"black-friday --vary=thread.max=0..9", "is not a whole number"},
		{"black-friday --vary=thread.max=9..1", "write 1..9"},
		{"black-friday --vary=thread.max=1..900/1", "write a longer step"},
		{"black-friday --vary=thread.max=1000001", "is not a whole number from 1 to"},
		{"black-friday --vary=thread.max=1 --vary=instances=1 --vary=thread.spare=1", "two axes at most"},
		{"black-friday --vary=inventory-pool.size=1 --vary=inventory-db.size=2", "sizes of one pool"},
		{"black-friday -e hybrid --vary=hybrid.blocking-max=20 --vary=hybrid.blocking=80", "vary one of them at a time"},
		{"black-friday --rate=-5", "write requests per second"},
		{"black-friday --rate=1e12", "above zero and up to 1e+08"},
	})
	if _, err := os.Stat(record); err == nil {
		t.Error("a record was made all the same")
	}
}

// Whatever a document comes from, it can be planned.
func TestPlanTakesEveryBuiltInWorkloadAndAnImportedOne(t *testing.T) {
	arithmetic(t)
	code, imported, errs := exec(t, "workload", "import", "--otlp", samples+"otlp.json")
	if code != exitOK {
		t.Fatal(errs)
	}
	for _, c := range []struct{ document, name, rate string }{
		{"", "black-friday", "1000"}, {"", "document-qa", "30"}, {"", "document-qa-blocking", "30"}, {imported, "-", "30"},
	} {
		code, out, errs := given(t, c.document, "plan", c.name, "--rate", c.rate, "-e", "vthread", "--cpus", "2", "--burst", "0", "--max-instances", "20", "--json", "-", "--record", filepath.Join(t.TempDir(), "record.jsonl"))
		var p plan.Plan
		if err := json.Unmarshal([]byte(out), &p); code != exitOK || err != nil {
			t.Errorf("%s: exit code %d, %v: %s", c.name, code, err, errs)
			continue
		}
		e := p.Engines[0]
		if e.Instances == nil || e.LoadLine == nil || e.LoadLine.Low == nil || *e.LoadLine.Low < p.Rate || *e.Memory <= 0 || len(e.Walls) == 0 || len(e.WhatIf) == 0 {
			t.Errorf("%s: %+v", c.name, e)
		}
	}
}

// Who asks for what takes long is told so, and what to ask for instead.
func TestPlanSaysBeforehandThatItTakesLong(t *testing.T) {
	for _, c := range []struct {
		rate    float64
		cpus    int
		engines []string
		says    string // "": nothing
	}{
		{5000, 1, nil, ""},
		{200_000, 4, nil, ""}, // of many instances a few stand for all
		{200_000, 128, []string{"vthread"}, "about 2 minutes, and about 572 MiB of memory"},
		{200_000, 128, nil, "about 6 minutes"}, // 600 trials of 600,000 requests, a million of them a second
		{10_000_000, 4096, nil, "hours"},
	} {
		cmd := planCmd{Workload: "black-friday", Rate: c.rate, CPUs: &c.cpus, Engine: c.engines, MaxInstances: 1000, Burst: 500}
		o, err := cmd.options(t.Context(), streams{})
		if err != nil {
			t.Fatal(err)
		}
		text, err := foretell(&o, 2)
		if err != nil || (text == "") != (c.says == "") || !strings.Contains(text, c.says) {
			t.Errorf("%g/s: %q (%v), not %q", c.rate, text, err, c.says)
		}
	}
}
