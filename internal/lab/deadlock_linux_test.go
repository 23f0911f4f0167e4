package lab

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"testing"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
)

// incident is what Netflix met in 2024 ("Java 21 Virtual Threads - Dude, Where's
// My Lock?"): a lock that is held across a wait, by requests whose thread has
// unmounted, and wanted by others inside a monitor, which pin their carriers.
// Once all carriers are pinned so, the owner's answer comes and finds none.
const incident = `workload: incident
upstreams:
  tracing: {latency: 20ms}
resources:
  lock: {size: 1}
  span: {monitor: true}
  entry: {monitor: true}
routes:
  report:
    weight: 1
    steps:
      - hold: lock
        steps:
          - await: tracing
  finish:
    weight: 1
    steps:
      - hold: span
        steps:
          - hold: lock
            steps:
              - compute: 20us
  log:
    weight: 1
    steps:
      - hold: entry
        steps:
          - hold: lock
            steps:
              - compute: 20us
timeout: 1s
in-flight: 200
slo: {within: 300ms, ratio: 99%, errors: 1%}
`

// From the document to the verdict: the engine finds that it is deadlocked, the
// record has it, and the verdict names it, with the lock.
func TestADeadlockOfPinnedCarriersIsNamed(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	v, err := compare(t, ctx, incident, func(o *Options) {
		show := o.Progress
		o.Progress = func(p Progress) {
			show(p)
			if p.Trial != nil && p.Trial.Outcome == record.Failed {
				cancel() // more is not needed
			}
		}
	}, "vthread:carriers=2,pinning=jdk21")
	if err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	e := v.Engines[0]
	if e.LoadLine.High == nil || e.Wall.Kind != model.WallCarriers || *e.Wall.Limit != 2 {
		t.Errorf("line %+v, wall %+v", e.LoadLine, e.Wall)
	}
	// One waits for the lock, and the other for that, too, or behind the first.
	says := regexp.MustCompile("deadlock: each of the 2 carriers is pinned by a wait for .*lock.*, and whoever could end that has no carrier")
	if !slices.ContainsFunc(e.Wall.Evidence, says.MatchString) {
		t.Errorf("evidence %q", e.Wall.Evidence)
	}
	if !slices.ContainsFunc(e.Warnings, func(w analysis.Warning) bool { return w.Code == analysis.WarnDeadlock && says.MatchString(w.Text) }) {
		t.Errorf("warnings %+v", e.Warnings)
	}
}
