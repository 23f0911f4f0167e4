package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// measuredOnly is measured at one rate and nothing else, so that it takes
// seconds.
const measuredOnly = `workload: ci
upstreams: {api: {latency: 50ms}}
routes: {r: {steps: [{await: api}]}}
timeout: 2s
in-flight: 200
slo: {within: 1s}
engines: [goroutine]
search: false
rates: [{rate: 50, for: 1s}]
expect:
  - {engine: goroutine, at: 50, `

func TestExpectationsDecideTheExitCode(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		bound string
		code  int
		want  []string
	}{
		{`threads: "<= 5000"`, exitOK, []string{"1 of 1 expectations met"}},
		{`threads: "<= 1"`, exitExpectation, []string{"0 of 1 expectations met, 1 missed", "an expectation was missed", `threads: "<= 1"`}},
		// 50 requests cannot show what one in a hundred does.
		{`p99: "<= 1s"`, exitVoid, []string{"0 of 1 expectations met, 1 void", "the measurement is void"}},
		{`p99: "<= 50"`, exitUsage, []string{"ci.yaml:11:", "write 50us, 50ms or 50s"}},
	} {
		t.Run(c.bound, func(t *testing.T) {
			t.Parallel() // what is measured does not depend on the machine
			cmd := plimsoll(t, "compare", "ci.yaml", "--record", "run.jsonl")
			if err := os.WriteFile(filepath.Join(cmd.Dir, "ci.yaml"), []byte(measuredOnly+c.bound+"}\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			out, _ := cmd.CombinedOutput()
			if code := cmd.ProcessState.ExitCode(); code != c.code {
				t.Errorf("exit code %d, want %d\n%s", code, c.code, out)
			}
			for _, w := range c.want {
				if !strings.Contains(string(out), w) {
					t.Errorf("%q is missing in\n%s", w, out)
				}
			}
			if c.code == exitUsage {
				return
			}
			again := plimsoll(t, "report", filepath.Join(cmd.Dir, "run.jsonl"))
			said, _ := again.Output()
			if code := again.ProcessState.ExitCode(); code != c.code || !bytes.Contains(out, said) {
				t.Errorf("report has exit code %d and says\n%s\nof\n%s", code, said, out)
			}
		})
	}
}
