package lab

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
	"github.com/plimsoll-dev/plimsoll/workload"
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

// circle is two routes that take the same two pools in opposite order.
const circle = `workload: circle
upstreams:
  api: {latency: 10ms}
resources:
  a: {size: 1}
  b: {size: 1}
routes:
  x:
    weight: 1
    steps:
      - hold: a
        steps:
          - await: api
          - hold: b
            steps:
              - await: api
  y:
    weight: 1
    steps:
      - hold: b
        steps:
          - await: api
          - hold: a
            steps:
              - await: api
timeout: 1s
in-flight: 200
slo: {within: 500ms, ratio: 99%, errors: 1%}
`

// Every engine hangs, and each says the same of it that a simulation does.
func TestResourcesHeldInACircleAreNamed(t *testing.T) {
	t.Parallel() // it happens at any rate
	for _, name := range []string{"thread:max=50", "loop", "goroutine"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			v, err := compare(t, ctx, circle, func(o *Options) {
				show := o.Progress
				o.Progress = func(p Progress) {
					show(p)
					if p.Trial != nil && len(p.Trial.Server.Circle) > 0 {
						cancel() // more is not needed
					}
				}
			}, name)
			if !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			const says = "it came to a standstill for good: deadlock: every slot of a and b is held by a request that waits for a slot of another of them"
			if ws := v.Engines[0].Warnings; !slices.ContainsFunc(ws, func(w analysis.Warning) bool {
				return w.Code == analysis.WarnDeadlock && strings.Contains(w.Text, says)
			}) {
				t.Errorf("%+v", ws)
			}
		})
	}
}

// A pool that is only very busy gives slots back.
func TestABusyPoolIsNotHeldInACircle(t *testing.T) {
	w, _, err := workload.Parse("circle.yaml", []byte(circle))
	if err != nil {
		t.Fatal(err)
	}
	seen := func(taken func(i int) float64, waits float64) *samples {
		g := &samples{resources: []resourceSeries{{name: "a", size: 1}, {name: "b", size: 1}}}
		for i := range 40 {
			at := int64(i) * int64(sampleEvery)
			for k := range g.resources {
				r := &g.resources[k]
				r.inUse.add(at, 1)
				r.acquired.add(at, taken(i))
				r.waited.add(at, waits*float64(at)/1e9)
			}
		}
		return g
	}
	beside := func(g *samples, s *series, value func(seconds float64) float64) *samples {
		for _, at := range g.resources[0].inUse.at {
			s.add(at, value(float64(at)/1e9))
		}
		return g
	}
	stops := func(i int) float64 { return float64(min(i, 10)) } // one second after the beginning
	cpu := func(share float64) *samples {
		g := seen(stops, 3)
		return beside(g, &g.cpu, func(seconds float64) float64 { return share * seconds })
	}
	loop, upstream, gone := cpu(0.1), cpu(0.1), cpu(0.1)
	loop.loops = make([]loopSeries, 2)
	beside(loop, &loop.loops[1].busy, func(seconds float64) float64 { return 0.9 * seconds })
	beside(upstream, &upstream.up.waiting, func(float64) float64 { return 2 })
	beside(gone, &gone.up.waiting, func(seconds float64) float64 { return max(0, 2-seconds) })
	for _, c := range []struct {
		why   string
		g     *samples
		until time.Duration
		want  int
	}{
		{"none is given back", seen(stops, 3), 3900 * time.Millisecond, 2},
		{"a request may keep one for so long", seen(stops, 3), 1900 * time.Millisecond, 0},
		{"nobody waits", seen(stops, 0), 3900 * time.Millisecond, 0},
		{"one is given back now and then", seen(func(i int) float64 { return float64(i / 5) }, 3), 3900 * time.Millisecond, 0},
		{"the CPU is idle, but for who is turned away", cpu(0.1), 3900 * time.Millisecond, 2},
		{"who holds them may wait for a CPU", cpu(0.5), 3900 * time.Millisecond, 0},
		{"for a loop, which may be kept by a wait", loop, 3900 * time.Millisecond, 0},
		{"for an upstream with as much as it takes", upstream, 3900 * time.Millisecond, 0},
		{"the upstream's queue is empty again", gone, 3900 * time.Millisecond, 2},
	} {
		if got := c.g.circleUntil(int64(c.until), w); len(got) != c.want {
			t.Errorf("%s: %v", c.why, got)
		}
	}
}

// From the document to the verdict: the engine finds that it is deadlocked, the
// record has it, and the verdict names it, with the lock.
func TestADeadlockOfPinnedCarriersIsNamed(t *testing.T) {
	t.Parallel() // it happens at any rate
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
