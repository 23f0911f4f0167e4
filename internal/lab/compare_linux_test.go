package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/thread"
	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/internal/engines"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
	"github.com/plimsoll-dev/plimsoll/workload"
)

// plantEnv makes the engines of the children lie, so that the lab can be shown
// to find the truth.
const plantEnv = "PLIMSOLL_TEST_PLANT"

func TestMain(m *testing.M) {
	ChildMain(func(cfg model.EngineConfig) (engine.Engine, error) {
		if n, _ := strconv.Atoi(os.Getenv(plantEnv)); n > 0 && cfg.Engine == "thread" {
			return thread.NewPlanted(cfg, thread.Plant{Workers: n})
		}
		return engines.New(cfg)
	})
	code := m.Run()
	if pids := children(); len(pids) > 0 {
		fmt.Fprintln(os.Stderr, "children left:", pids)
		code = 1
	}
	os.Exit(code)
}

// noChildren fails if a child of this process is left. It is not for tests that run
// beside others, who have theirs.
func noChildren(t *testing.T) {
	t.Helper()
	if pids := children(); len(pids) > 0 {
		t.Errorf("children left: %v", pids)
	}
}

func children() (pids []string) {
	files, _ := filepath.Glob("/proc/self/task/*/children")
	for _, f := range files {
		b, _ := os.ReadFile(f) // of a thread that has just ended
		pids = append(pids, strings.Fields(string(b))...)
	}
	return pids
}

// A comparison of a test: small, so that the line is far from what the machine
// can do even under the race detector.
func compare(t *testing.T, ctx context.Context, source string, change func(*Options), names ...string) (*analysis.Verdict, error) {
	t.Helper()
	w, _, err := workload.Parse("test.yaml", []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "record.jsonl")
	rw, err := record.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{
		Document: &workload.Document{Name: "test.yaml", Source: []byte(source), Workload: w}, Quick: true, Record: rw,
		Progress: func(p Progress) {
			if p.Trial != nil {
				t.Logf("%6.1fs %s: %s %s %v", p.Elapsed.Seconds(), p.Engine, p.Text, p.Trial.Outcome, p.Trial.Reasons)
			}
		},
	}
	for _, n := range names {
		cfg, err := model.ParseEngine(n)
		if err != nil {
			t.Fatal(err)
		}
		o.Engines = append(o.Engines, cfg)
	}
	if change != nil {
		change(&o)
	}
	runErr := Compare(ctx, o)
	if err := rw.Close(); err != nil {
		t.Fatal(err)
	}
	run := &analysis.Run{}
	info, err := record.Open(path, func(row record.Row) error {
		switch row.(type) {
		case *record.Trace, *record.Span:
			t.Error("there is a trace that nobody asked for")
		}
		return run.Add(row, func(name string, src []byte) (*model.Workload, error) {
			w, _, err := workload.Parse(name, src)
			return w, err
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	if run.Meta == nil {
		return nil, runErr
	}
	run.Hash = info.Hash
	return analysis.Derive(run), runErr
}

// waiting is a service that only waits: n threads carry n / 100 ms.
const waiting = `workload: waiting
upstreams:
  api: {latency: 100ms}
resources:
  slots: {size: %d}
routes:
  r:
    weight: 1
    steps:
      - hold: slots
        steps:
          - await: api
timeout: 4s
in-flight: 400
slo: {within: 1s, ratio: 99%%, errors: 0.1%%}
`

// usable skips a test whose measurement the machine has spoiled, as the verdict
// itself says; a wrong verdict is never skipped.
func usable(t *testing.T, v *analysis.Verdict) analysis.EngineVerdict {
	t.Helper()
	e := v.Engines[0]
	if e.Void || (len(e.VoidReasons) > 0 && e.LoadLine.High == nil) {
		t.Skipf("the measurement is void: %v", e.VoidReasons)
	}
	return e
}

func TestAWallOfThreadsIsFoundSizedAndConfirmed(t *testing.T) {
	v, err := compare(t, t.Context(), fmt.Sprintf(waiting, 300), nil, "thread:max=20")
	if err != nil {
		t.Fatal(err)
	}
	if reasons := v.Engines[0].VoidReasons; lateGenerator(reasons) && !otherProcesses(reasons) {
		t.Errorf("nobody held the generator up: %q", reasons)
	}
	e := usable(t, v)
	if e.Wall.Kind != model.WallThreadPool || e.Wall.Limit == nil || *e.Wall.Limit != 20 {
		t.Errorf("wall %+v", e.Wall)
	}
	if e.Wall.ConfirmedBy == nil {
		t.Errorf("not confirmed: %q", e.Wall.Evidence)
	}
	if e.AtLine == nil || e.AtLine.UpstreamMax > 20 {
		t.Errorf("at the line: %+v", e.AtLine)
	}
}

// searchOnly leaves out what a test does not look at.
func searchOnly(o *Options) { o.searchOnly = true }

// roughly has trials that tell a wall, but not a line within 10 %.
func roughly(o *Options) { o.searchOnly, o.window = true, 2*time.Second }

func TestAnUpstreamThatGivesNoMoreIsTheWall(t *testing.T) {
	t.Parallel() // there is little load
	v, err := compare(t, t.Context(), fmt.Sprintf(waiting, 300), func(o *Options) {
		roughly(o)
		o.UpstreamCapacity = map[string]int{"api": 10}
	}, "goroutine")
	if err != nil {
		t.Fatal(err)
	}
	if e := usable(t, v); e.Wall.Kind != model.WallUpstream {
		t.Errorf("wall %+v", e.Wall)
	}
}

// That one which nobody holds up is not, is in
// [TestAWallOfThreadsIsFoundSizedAndConfirmed].
func TestAThrottledGeneratorIsNamed(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	voids := 0
	v, err := compare(t, ctx, fmt.Sprintf(waiting, 300), func(o *Options) {
		roughly(o)
		show := o.Progress
		o.Progress = func(p Progress) {
			show(p)
			if p.Trial != nil && p.Trial.Outcome == record.Voided {
				if voids++; voids == 2 {
					cancel() // it has been said
				}
			}
		}
		o.LoadStarted = func(pid int) { go throttle(ctx, pid) }
	}, "thread:max=20")
	if err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if e := v.Engines[0]; !lateGenerator(e.VoidReasons) {
		t.Errorf("reasons %q, line %+v", e.VoidReasons, e.LoadLine)
	}
}

func lateGenerator(reasons []string) bool {
	return strings.Contains(strings.Join(reasons, ";"), "generator: up to")
}

func otherProcesses(reasons []string) bool {
	return strings.Contains(strings.Join(reasons, ";"), "machine: ")
}

// throttle lets a process run for only a fraction of the time, as a control
// group with a quota would, until it has ended.
func throttle(ctx context.Context, pid int) {
	for ctx.Err() == nil {
		if syscall.Kill(pid, syscall.SIGSTOP) != nil {
			return
		}
		time.Sleep(700 * time.Millisecond)
		if syscall.Kill(pid, syscall.SIGCONT) != nil {
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
}

func TestAnInterruptedRunKeepsWhatWasMeasured(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	v, err := compare(t, ctx, fmt.Sprintf(waiting, 300), func(o *Options) {
		roughly(o)
		show := o.Progress
		o.Progress = func(p Progress) {
			show(p)
			if p.Trial != nil && p.Trial.Purpose == record.PurposeSearch {
				cancel()
			}
		}
	}, "thread:max=20", "goroutine")
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v", err)
	}
	if v == nil || !v.Partial || len(v.Engines) != 2 {
		t.Errorf("verdict %+v", v)
	}
	noChildren(t)
}

func TestAServerThatDiesIsAnErrorWithItsName(t *testing.T) {
	started := 0
	_, err := compare(t, t.Context(), fmt.Sprintf(waiting, 300), func(o *Options) {
		o.LoadStarted = func(int) {
			if started++; started == 1 {
				killEngine(t)
			}
		}
	}, "goroutine")
	if err == nil || !strings.Contains(err.Error(), "engine process died") {
		t.Errorf("error %v", err)
	}
	noChildren(t)
}

// killEngine kills the child that is an engine.
func killEngine(t *testing.T) {
	for _, pid := range children() {
		env, _ := os.ReadFile("/proc/" + pid + "/environ")
		if strings.Contains(string(env), roleEnv+"="+roleEngine) {
			n, _ := strconv.Atoi(pid)
			if err := syscall.Kill(n, syscall.SIGKILL); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestTooFewDescriptorsAreAClearError(t *testing.T) {
	source := strings.Replace(fmt.Sprintf(waiting, 300), "in-flight: 400", "in-flight: 900000", 1)
	_, err := compare(t, t.Context(), source, nil, "goroutine")
	if err == nil || !strings.Contains(err.Error(), "lower the workload's in-flight") {
		t.Errorf("error %v", err)
	}
}

func TestNoEngineIsAnError(t *testing.T) {
	if err := Compare(t.Context(), Options{}); !errors.Is(err, ErrNoEngine) {
		t.Errorf("error %v", err)
	}
}
