package inline

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/internal/account"
	"github.com/plimsoll-dev/plimsoll/internal/trace"
)

// recorded runs f as a request, which says from when on it is recorded, and
// returns the events in the order in which they began, the longer first: times
// in seconds since f began.
func recorded(t *testing.T, f func(t *Task, record func())) []string {
	var lines []string
	run(t, func(task *Task) {
		began := account.Now()
		f(task, func() { trace.Start(account.Now, int64(time.Hour), 100) })
		events := trace.Take().Events
		slices.SortStableFunc(events, func(a, b trace.Event) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(b.To, a.To)) })
		branches := map[uint32]int{0: 0}
		for _, e := range events {
			if _, known := branches[e.Strand.Branch]; !known {
				branches[e.Strand.Branch] = len(branches)
			}
			verb := ""
			if e.Verb != 0 {
				verb = " " + e.Verb.String()
			}
			lines = append(lines, fmt.Sprintf("%s%s %s of %d/%d: %d+%d..%d", e.What, verb, e.Op, e.Strand.Request, branches[e.Strand.Branch],
				(e.From-began)/second, e.Waited/second, (e.To-began)/second))
		}
	})
	return lines
}

func expect(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func TestStepsAreRecordedWholeAlsoThoseThatHadBegun(t *testing.T) {
	expect(t, recorded(t, func(task *Task, record func()) {
		task.Await("before", sleep(1)) // nobody records
		task.Call("outer", func(engine.Task) error {
			time.Sleep(time.Second)
			record()
			return task.Block("inner", func() error { return sleep(2)(nil) })
		})
		task.Compute("after", func() { time.Sleep(time.Second) })
	}),
		"step call outer of 1/0: 1+0..4",
		"step block inner of 1/0: 2+0..4",
		"step compute after of 1/0: 4+0..5")
}

func TestAHoldSaysHowLongItWaited(t *testing.T) {
	pool := engine.NewResource("pool", 1)
	expect(t, recorded(t, func(task *Task, record func()) {
		record()
		pool.Acquire(engine.NewParker)
		go func() { time.Sleep(3 * time.Second); pool.Release() }()
		task.Hold(pool, sleep(2)) // nobody has it after three seconds
		task.Hold(pool, sleep(1)) // nobody has it
	}),
		"step hold pool of 1/0: 0+3..5",
		"step hold pool of 1/0: 5+0..6")
}

func TestBranchesAreStrandsOfTheirOwn(t *testing.T) {
	expect(t, recorded(t, func(task *Task, record func()) {
		task.All("all",
			func(b engine.Task) error { return b.Await("first", sleep(2)) },
			func(b engine.Task) error { time.Sleep(time.Second); record(); return b.Call("second", sleep(4)) })
	}),
		"branch all of 1/1: 0+0..5",
		"step parallel all of 1/0: 0+0..5",
		"step await first of 1/0: 0+0..2",
		"step call second of 1/1: 1+0..5")
}

// stage is a host that knows what its branches run on.
type stage struct {
	goHost
	ran []trace.Strand
}

func (s *stage) Runs(x trace.Strand) (end func()) {
	return func() { s.ran = append(s.ran, x) }
}

func TestAStageIsToldWhichBranchRuns(t *testing.T) {
	run(t, func(task *Task) {
		s := &stage{}
		task.host = s
		strand, began := task.Running()
		if strand.Request != 1 || strand.Branch != 0 || began != account.Now() {
			t.Errorf("the request is %+v since %d", strand, began)
		}
		var inside trace.Strand
		task.All("all", sleep(0), func(b engine.Task) error {
			inside, began = b.(*Task).Running()
			return nil
		})
		if len(s.ran) != 1 || s.ran[0] != inside || inside.Request != 1 || inside.Branch == 0 || began != 0 {
			t.Errorf("it was told of %+v; the branch is %+v since %d", s.ran, inside, began)
		}
	})
}
