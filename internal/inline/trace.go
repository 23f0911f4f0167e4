package inline

import (
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/account"
	"github.com/plimsoll-dev/plimsoll/internal/trace"
)

// A Stage is a [Host] that knows what runs a branch of [engine.Task.All].
// Requests a trace finds by their [account.Clock].
type Stage interface {
	// Runs says that the calling goroutine runs a strand from here until end is
	// called. It is asked whether or not anything is recorded: that may begin
	// while the strand runs.
	Runs(s trace.Strand) (end func())
}

// Running returns what a trace knows the task as, and when its request was
// taken up; 0 for a branch.
func (t *Task) Running() (s trace.Strand, began int64) {
	if t.clock != nil {
		began = t.clock.Began()
	}
	return t.strand, began
}

// follow records a branch, from here until end is called.
func (t *Task) follow(op string) (end func()) {
	since, left := account.Now(), func() {}
	if stage, ok := t.host.(Stage); ok {
		left = stage.Runs(t.strand)
	}
	return func() {
		left()
		if trace.On() {
			trace.Add(trace.Event{What: trace.Branch, Strand: t.strand, Op: op, From: since, To: account.Now()})
		}
	}
}

// waited is how long a slot was waited for. One that was free takes its time,
// too, but less than any wait.
func waited(since, has int64) int64 {
	if d := has - since; d >= int64(time.Microsecond) {
		return d
	}
	return 0
}
