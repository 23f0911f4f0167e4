package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/internal/report/traceevent/eventtest"
)

// binary is the program as `make build` builds it.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "plimsoll-test-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "plimsoll")
	cmd := osexec.Command("go", "build", "-trimpath", "-o", path, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", &buildError{err, out}
	}
	return path, nil
})

type buildError struct {
	err error
	out []byte
}

func (e *buildError) Error() string { return e.err.Error() + "\n" + string(e.out) }

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := binary(); err == nil {
		os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// plimsoll prepares the built program in an empty folder, in a process group of
// its own, as a shell would start it.
func plimsoll(t *testing.T, args ...string) *osexec.Cmd {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := osexec.CommandContext(t.Context(), path, args...)
	cmd.Dir = t.TempDir()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

// Ten threads carry 500/s of it: enough requests for trials of two seconds.
const tiny = `workload: tiny
upstreams:
  api: {latency: 20ms}
routes:
  r: {weight: 1, steps: [{await: api}]}
timeout: 2s
in-flight: 300
slo: {within: 500ms, ratio: 99%, errors: 0.1%}
`

func writeTiny(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "tiny.yaml")
	if err := os.WriteFile(path, []byte(tiny), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCompareLeavesARecordFromWhichReportSaysTheSame(t *testing.T) {
	cmd := plimsoll(t, "compare", "tiny.yaml", "-e", "thread:max=10", "--quick", "--record", "run.jsonl", "--json", "-", "--html", "run.html", "--trace", "run.trace")
	writeTiny(t, cmd.Dir)
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	err := cmd.Run()
	if code := cmd.ProcessState.ExitCode(); code != exitOK && code != exitVoid {
		t.Fatalf("exit code %d, %v\n%s", code, err, &stderr)
	}
	var v analysis.Verdict
	d := json.NewDecoder(&out)
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		t.Fatalf("standard output is not a verdict: %v\n%s", err, &out)
	}
	if rest, _ := io.ReadAll(d.Buffered()); strings.TrimSpace(string(rest)) != "" {
		t.Errorf("more than the verdict on standard output: %q", rest)
	}
	if v.Schema != "plimsoll.verdict/1" || v.Kind != "compare" || len(v.Engines) != 1 || v.Engines[0].Name != "thread:max=10" || !strings.HasPrefix(v.Record, "sha256:") {
		t.Errorf("verdict %+v", v)
	}
	again := plimsoll(t, "report", filepath.Join(cmd.Dir, "run.jsonl"), "--json", "-", "--html", "again.html", "--trace", "again.trace")
	b, err := again.Output()
	if err != nil && again.ProcessState.ExitCode() != exitVoid {
		t.Fatal(err)
	}
	var w analysis.Verdict
	if err := json.Unmarshal(b, &w); err != nil {
		t.Fatal(err)
	}
	first, _ := json.Marshal(v)
	second, _ := json.Marshal(w)
	if !bytes.Equal(first, second) {
		t.Errorf("compare and report differ:\n%s\n%s", first, second)
	}
	page, err := os.ReadFile(filepath.Join(cmd.Dir, "run.html"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(page, []byte(v.Conclusion)) || !bytes.Contains(page, []byte(v.Record)) {
		t.Error("the page has not what the verdict says")
	}
	if from, err := os.ReadFile(filepath.Join(again.Dir, "again.html")); err != nil || !bytes.Equal(page, from) {
		t.Errorf("the pages of compare and report differ (%v)", err)
	}
	trace, err := os.ReadFile(filepath.Join(cmd.Dir, "run.trace"))
	if err != nil {
		t.Fatal(err)
	}
	if from, err := os.ReadFile(filepath.Join(again.Dir, "again.trace")); err != nil || !bytes.Equal(trace, from) {
		t.Errorf("the traces of compare and report differ (%v)", err)
	}
	if f, err := eventtest.Check(trace); err != nil || f.Processes[1] != "thread:max=10" {
		t.Errorf("the trace of %v: %v", f.Processes, err)
	}
}

func TestInterruptedCompareSavesWhatItHasAndLeavesNobody(t *testing.T) {
	cmd := plimsoll(t, "compare", "tiny.yaml", "-e", "goroutine", "-e", "thread:max=10", "--record", "run.jsonl")
	writeTiny(t, cmd.Dir)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// The first line is that of the first trial: children are at work.
	lines := bufio.NewReader(stderr)
	if _, err := lines.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	group := cmd.Process.Pid
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	rest, _ := io.ReadAll(lines)
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
		t.Errorf("exit code %d\n%s", code, rest)
	}
	for _, pid := range childrenOf(t, cmd.Path) {
		t.Errorf("process %s of group %d is left", pid, group)
	}
	out, err := plimsoll(t, "report", filepath.Join(cmd.Dir, "run.jsonl")).CombinedOutput()
	if !strings.Contains(string(out), "Interrupted") {
		t.Errorf("report on it: %v\n%s", err, out)
	}
}

// childrenOf returns the processes that run a program.
func childrenOf(t *testing.T, program string) []string {
	t.Helper()
	links, err := filepath.Glob("/proc/[0-9]*/exe")
	if err != nil {
		t.Fatal(err)
	}
	var pids []string
	for _, l := range links {
		if to, err := os.Readlink(l); err == nil && to == program {
			pids = append(pids, filepath.Base(filepath.Dir(l)))
		}
	}
	return pids
}

func TestCompareRefusesBadInput(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
		want []string // parts of the message
	}{
		{"no such workload", []string{"compare", "black-fryday"}, []string{`did you mean "black-friday"?`}},
		{"no such engine", []string{"compare", "black-friday", "-e", "treads"}, []string{`no engine is called "treads"`, `did you mean "thread"?`}},
		{"a bad option", []string{"compare", "black-friday", "-e", "thread:max=none"}, []string{"option max", "whole number from 1"}},
		{"an unknown option", []string{"compare", "black-friday", "-e", "thread:size=3"}, []string{`no option "size"`, "max, spare, queue"}},
		{"a record that cannot be written", []string{"compare", "black-friday", "--record", "/nowhere/at/all.jsonl"}, []string{"record: create", "/nowhere/at/all.jsonl"}},
		{"a page that cannot be written", []string{"compare", "black-friday", "--html", "/nowhere/at/all.html"}, []string{"write result", "/nowhere/at/all.html"}},
		{"a trace that cannot be written", []string{"compare", "black-friday", "--trace", "/nowhere/at/all.json"}, []string{"write result", "/nowhere/at/all.json"}},
		{"a trace of claims", []string{"compare", "claims", "--trace", "t.json"}, []string{"leave out --trace"}},
		{"no record there", []string{"report", "nothing.jsonl"}, []string{"nothing.jsonl"}},
	} {
		cmd := plimsoll(t, c.args...)
		out, _ := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != exitUsage {
			t.Errorf("%s: exit code %d", c.name, code)
		}
		for _, w := range c.want {
			if !strings.Contains(string(out), w) {
				t.Errorf("%s: %q is missing in %q", c.name, w, out)
			}
		}
	}
}

func TestReportSaysWhatIsNoRecord(t *testing.T) {
	cmd := plimsoll(t, "report", "some.txt")
	if err := os.WriteFile(filepath.Join(cmd.Dir, "some.txt"), []byte("not a record\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	out, _ := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); code != exitUsage || !strings.Contains(string(out), "line 1") {
		t.Errorf("exit code %d: %s", code, out)
	}
}
