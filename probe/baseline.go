package probe

import (
	"context"
	"time"

	"github.com/plimsoll-dev/plimsoll/record"
)

// slowest is how long a single request may take. A service that needs longer
// for one request alone cannot be probed in the time there is.
const slowest = 30 * time.Second

// baseline asks for heavy requests and canaries one after the other, in turn,
// e.Spacing apart.
func (r *runner) baseline(ctx context.Context, e *record.Experiment) (rows []record.Request) {
	for i := range max(e.Count, e.Canaries) {
		if ctx.Err() != nil {
			break
		}
		if i > 0 {
			r.pause(ctx, time.Duration(e.Spacing))
		}
		if i < e.Count {
			rows = append(rows, r.fresh(ctx, r.heavy, slowest))
		}
		if i < e.Canaries {
			rows = append(rows, r.fresh(ctx, r.canary, slowest))
		}
	}
	if e.Kept {
		l := r.open(ctx, r.canary, slowest)
		for range e.Canaries + 1 { // the first is not on a kept connection yet
			if l.err == nil {
				rows = append(rows, r.ask(ctx, l, r.canary, true, slowest, nil))
			}
		}
		l.close()
	}
	return rows
}

// fresh asks on a connection of its own.
func (r *runner) fresh(ctx context.Context, m *message, timeout time.Duration) record.Request {
	due := r.now()
	l := r.open(ctx, m, timeout)
	row := r.ask(ctx, l, m, false, timeout, nil)
	row.Intended = due
	l.close()
	return row
}

// pause waits, and no longer than ctx.
func (r *runner) pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
