package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/internal/report/traceevent/eventtest"
)

// built is the directory of the program, once a test has asked for that.
var built string

// binary is the program as `make build` builds it.
var binary = sync.OnceValues(func() (path string, err error) {
	if built, err = os.MkdirTemp("", "plimsoll-test-"); err != nil {
		return "", err
	}
	path = filepath.Join(built, "plimsoll")
	cmd := osexec.Command("go", "build", "-trimpath", "-o", path, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	os.RemoveAll(built)
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
	t.Parallel() // it does not matter what is measured
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

// measuring starts a comparison, and returns when children are at work and a trial
// has begun, with what it says from then on.
func measuring(t *testing.T) (cmd *osexec.Cmd, says *bufio.Reader) {
	t.Helper()
	cmd = plimsoll(t, "compare", "tiny.yaml", "-e", "goroutine", "-e", "thread:max=10", "--record", "run.jsonl")
	writeTiny(t, cmd.Dir)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	says = bufio.NewReader(stderr)
	if _, err := says.ReadString('\n'); err != nil { // of the first trial
		t.Fatal(err)
	}
	if len(childrenOf(t, cmd.Path)) < 2 {
		t.Error("it measures without children")
	}
	return cmd, says
}

func TestInterruptedCompareSavesWhatItHasAndLeavesNobody(t *testing.T) {
	cmd, says := measuring(t)
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	rest, _ := io.ReadAll(says)
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
		t.Errorf("exit code %d\n%s", code, rest)
	}
	if pids := childrenOf(t, cmd.Path); len(pids) > 0 {
		t.Errorf("the processes %v are left", pids)
	}
	out, err := plimsoll(t, "report", filepath.Join(cmd.Dir, "run.jsonl")).CombinedOutput()
	if !strings.Contains(string(out), "Interrupted") {
		t.Errorf("report on it: %v\n%s", err, out)
	}
}

// Nobody can tell the children that their parent was killed, but they notice.
func TestAKilledCompareLeavesNobody(t *testing.T) {
	cmd, says := measuring(t)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_, _ = io.ReadAll(says)
	_ = cmd.Wait()
	for deadline := time.Now().Add(20 * time.Second); len(childrenOf(t, cmd.Path)) > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the processes %v are left", childrenOf(t, cmd.Path))
		}
	}
	left, err := os.ReadDir(cmd.Dir)
	if err != nil || len(left) != 2 { // the workload and the record
		t.Errorf("files left: %v, %v", left, err)
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
	t.Chdir(t.TempDir()) // where a record would be, were one made
	refuses(t, "", []refusal{
		{"compare black-fryday", `did you mean "black-friday"?`},
		{"compare black-friday -e treads", `no engine is called "treads"`},
		{"compare black-friday -e treads", `did you mean "thread"?`},
		{"compare black-friday -e thread:max=none", "option max"},
		{"compare black-friday -e thread:max=none", "whole number from 1"},
		{"compare black-friday -e thread:size=3", `no option "size"`},
		{"compare black-friday -e thread:size=3", "max, spare, queue"},
		{"compare black-friday --record /nowhere/at/all.jsonl", "record: create: open /nowhere/at/all.jsonl"},
		{"compare black-friday --html /nowhere/at/all.html", "write result: open /nowhere/at/all.html"},
		{"compare black-friday --trace /nowhere/at/all.json", "write result: open /nowhere/at/all.json"},
		{"compare claims --trace t.json", "leave out --trace"},
		{"report nothing.jsonl", "nothing.jsonl"},
	})
	if left, err := os.ReadDir("."); err != nil || len(left) > 0 {
		t.Errorf("%v was left behind, %v", left, err)
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
