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

// A claim whose control is a run of its own, with an outcome that no machine can
// change: a thread is there or not.
const smallClaim = `workload: small
claim: Twenty threads are more than ten.
about: What needs twenty threads.
upstreams: {api: {latency: 200ms}}
routes: {r: {steps: [{call: api}]}}
timeout: 2s
in-flight: 200
slo: {within: 1s}
engines: ["thread:max=20,spare=20", "thread:max=10,spare=10"]
search: false
rates: [{rate: 30, for: 1s}]
expect:
  - {engine: "thread:max=20,spare=20", at: 30, threads: ">= BOUND"}
control:
  about: Another bound, in a run of its own.
  engines: ["thread:max=20,spare=20"]
  rates: [{rate: 30, for: 1s}]
  expect:
    - {engine: "thread:max=20,spare=20", at: 30, threads: ">= CONTROL"}
`

func TestAClaimIsRunWithItsControlAndReportedAlike(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		bound, control string
		outcome        string
	}{
		{"5", "5000", analysis.BorneOut},
		{"5000", "5000", analysis.NotBorneOut},
	} {
		t.Run(c.outcome, func(t *testing.T) {
			t.Parallel()
			cmd := plimsoll(t, "compare", "small.yaml", "--record", "run.jsonl", "--json", "small.json", "--markdown", "small.md", "--html", "small.html")
			source := strings.NewReplacer("BOUND", c.bound, "CONTROL", c.control).Replace(smallClaim)
			if err := os.WriteFile(filepath.Join(cmd.Dir, "small.yaml"), []byte(source), 0o644); err != nil {
				t.Fatal(err)
			}
			var stdout, stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			if err := cmd.Run(); err != nil {
				t.Fatalf("%v\n%s", err, &stderr) // an outcome is no failure
			}
			b, err := os.ReadFile(filepath.Join(cmd.Dir, "small.json"))
			if err != nil {
				t.Fatal(err)
			}
			var v analysis.SuiteVerdict
			if err := json.Unmarshal(b, &v); err != nil {
				t.Fatal(err)
			}
			if len(v.Claims) != 1 || v.Claims[0].Outcome != c.outcome || len(v.Claims[0].Control) != 1 || v.Claims[0].Control[0].Value == nil || v.Host.CPU == "" {
				t.Errorf("verdict %+v, want one claim, %s, with its control measured", v, c.outcome)
			}
			md, err := os.ReadFile(filepath.Join(cmd.Dir, "small.md"))
			if err != nil || !strings.Contains(string(md), "Twenty threads are more than ten.") || !strings.Contains(string(md), c.outcome) {
				t.Errorf("Markdown, %v:\n%s", err, md)
			}
			again := plimsoll(t, "report", filepath.Join(cmd.Dir, "run.jsonl"), "--markdown", "again.md", "--html", "again.html")
			said, err := again.Output()
			if err != nil || !bytes.Equal(said, stdout.Bytes()) {
				t.Errorf("report: %v\n%s\nwhere compare said\n%s", err, said, &stdout)
			}
			if md2, err := os.ReadFile(filepath.Join(again.Dir, "again.md")); err != nil || !bytes.Equal(md, md2) {
				t.Errorf("report writes another page, %v:\n%s", err, md2)
			}
			page, err := os.ReadFile(filepath.Join(cmd.Dir, "small.html"))
			if err != nil || !bytes.Contains(page, []byte("Twenty threads are more than ten.")) || !bytes.Contains(page, []byte(v.Record)) {
				t.Errorf("the page, %v, has not what the verdict says", err)
			}
			if page2, err := os.ReadFile(filepath.Join(again.Dir, "again.html")); err != nil || !bytes.Equal(page, page2) {
				t.Errorf("the pages of compare and report differ (%v)", err)
			}
		})
	}
}

func TestClaimsRefuseWhatDoesNotFit(t *testing.T) {
	refuses(t, "", []refusal{
		{"compare claims -e thread", "leave out -e"},
		{"compare black-friday --markdown x.md", "only claims"},
		{"compare claims/busy-poling", `did you mean "claims/busy-polling"?`},
		{"workload show claims", "claims/pool-saturates"},
	})
}
