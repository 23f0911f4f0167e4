package executor

import (
	"math"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/internal/account"
)

// totals only grow.
type totals struct {
	changed                int64 // up to when the integrals are
	busyNanos, queuedNanos int64
	done, rejected         uint64
}

// account brings the integrals up to now, before running or the queue changes;
// mu is held.
func (x *Executor[J]) account() {
	now := account.Now()
	passed := now - x.totals.changed
	x.totals.changed = now
	x.totals.busyNanos += passed * int64(x.running)
	x.totals.queuedNanos += passed * int64(x.queue.len())
}

// Stats returns a snapshot. A thread is busy from when a job was given to it.
// The Size of an executor that may grow without limit is 0.
func (x *Executor[J]) Stats() engine.PoolStats {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.account()
	size := x.Max
	switch {
	case x.Queue < 0:
		size = x.Core // a queue that is never full makes no threads
	case size == math.MaxInt:
		size = 0
	}
	return engine.PoolStats{
		Name: x.Name, Size: size, Threads: x.alive, Busy: x.running, Queued: x.queue.len(),
		BusyNanos: x.totals.busyNanos, QueuedNanos: x.totals.queuedNanos,
		Done: x.totals.done, Rejected: x.totals.rejected,
	}
}
