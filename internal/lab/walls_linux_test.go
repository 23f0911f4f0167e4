package lab

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/model"
)

// soakEnv asks for what takes too long for every change: all pairs of walls, each
// to the end of its confirmation.
const soakEnv = "PLIMSOLL_SOAK"

// planted is a service with every kind of limit. A request keeps its thread for
// 40 ms and a slot for half of that, also while it computes: n threads carry 25 n
// requests/s, n slots 50 n. With so many errors allowed, 30 threads that nobody
// may wait for carry 500/s (Erlang's loss formula).
//
// The latencies vary, because equal ones put the threads in step: all compute at
// once and are done at once, and then the CPU idles while all of them wait.
const planted = `workload: planted
upstreams:
  bank: {latency: {exponential: 20ms}}
  store: {latency: {exponential: 20ms}}
resources:
  slots: {size: %d}
routes:
  r:
    weight: 1
    steps:
      - await: bank
      - hold: slots
        steps:
          - await: store
          - compute: %s
timeout: 4s
in-flight: 400
slo: {within: 1s, ratio: 99%%, errors: 1%%}
`

const idle = "20us" // of compute: the CPU is not the wall

// walls has every pair of limits in both orders, with the rates at which they
// are reached; those of the CPU are what it does under the race detector. A CPU
// is the wall only where far more requests may be inside than keep it busy: for
// 1.5 ms of every 40, some 30.
var walls = []struct {
	first, second model.WallKind
	engine        string
	slots         int
	compute       string
	soak          bool
}{
	{model.WallThreadPool, model.WallResource, "thread:max=24", 18, idle, true},            // 600 before 900
	{model.WallResource, model.WallThreadPool, "thread:max=36", 12, idle, false},           // 600 before 900
	{model.WallThreadPool, model.WallCPU, "thread:max=16", 100, "1ms", false},              // 400 before 700
	{model.WallCPU, model.WallThreadPool, "thread:max=120", 300, "1500us", true},           // 500 before 3,000
	{model.WallResource, model.WallCPU, "thread:max=200", 8, "1ms", true},                  // 400 before 700
	{model.WallCPU, model.WallResource, "thread:max=200", 60, "1500us", true},              // 500 before 3,000
	{model.WallRejecting, model.WallThreadPool, "thread:max=30,queue=0", 100, idle, true},  // 500 before 750
	{model.WallThreadPool, model.WallRejecting, "thread:max=24,queue=20", 100, idle, true}, // 600: the queue fills up because of it
	{model.WallRejecting, model.WallResource, "thread:max=30,queue=0", 18, idle, true},     // 500 before 900
	{model.WallResource, model.WallRejecting, "thread:max=30,queue=20", 10, idle, true},    // 500: threads and queue fill up because of it
	{model.WallRejecting, model.WallCPU, "thread:max=30,queue=0", 100, "500us", true},      // 500 before 1,000
	{model.WallCPU, model.WallRejecting, "thread:max=120,queue=20", 300, "1500us", true},   // 500: threads and queue fill up because of it
}

// TestOfEveryPairOfWallsTheBindingOneIsNamed puts load on a real server with
// two walls. In most rows the trial that failed shows both as reached.
func TestOfEveryPairOfWallsTheBindingOneIsNamed(t *testing.T) {
	soak := os.Getenv(soakEnv) != ""
	for _, w := range walls {
		t.Run(fmt.Sprintf("%s before %s", w.first, w.second), func(t *testing.T) {
			change := searchOnly
			if soak {
				change = nil
			} else if w.soak {
				t.Skipf("takes long; %s=1 runs it", soakEnv)
			}
			e := known(t, fmt.Sprintf(planted, w.slots, w.compute), change, w.engine)
			if e.Wall.Kind != w.first {
				t.Errorf("%s stops it, and this was named: %+v", w.first, e.Wall)
			}
			if soak && e.Wall.ConfirmedBy == nil {
				t.Errorf("not confirmed: %q", e.Wall.Evidence)
			}
		})
	}
}

// A build that starts fewer threads than it is configured to is told how many
// there are.
func TestThreadsThatWereSecretlyNotStartedAreMissed(t *testing.T) {
	t.Setenv(plantEnv, "137")
	source := strings.Replace(fmt.Sprintf(waiting, 300), "100ms", "400ms", 1) // 137 threads carry 342/s
	e := known(t, source, searchOnly, "thread:max=200")
	if e.Wall.Kind != model.WallThreadPool || *e.Wall.Limit != 137 || !strings.Contains(e.Wall.Evidence[0], "200 are configured") {
		t.Errorf("wall %+v", e.Wall)
	}
	// Trials of so many requests tell 10 %.
	if low := e.LoadLine.Low; low != nil && *low > 1.1*137/0.4 {
		t.Errorf("%.0f/s passed, and 137 threads of 400 ms carry %.0f/s", *low, 137/0.4)
	}
}

// known measures until the verdict names a wall. What did not come to a line's
// upper end, or ends there for a reason that the verdict admits not to know, is
// measured again: somebody else uses the machine. If it never comes to that end
// it is skipped; a wall that is wrong never is.
func known(t *testing.T, source string, change func(*Options), engine string) analysis.EngineVerdict {
	t.Helper()
	for attempt := 1; ; attempt++ {
		v, err := compare(t, t.Context(), source, change, engine)
		if err != nil {
			t.Fatal(err)
		}
		e := v.Engines[0]
		reached := e.LoadLine.High != nil
		switch {
		case reached && e.Wall.Kind != model.WallUnknown:
			return e
		case attempt < 3:
			t.Logf("measured again: void %q, %q", e.VoidReasons, e.Wall.Evidence)
		case reached:
			t.Fatalf("no wall was named: %q", e.Wall.Evidence)
		default:
			t.Skipf("no trial that failed counts: void %q, %q", e.VoidReasons, e.Wall.Evidence)
		}
	}
}
