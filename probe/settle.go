package probe

import (
	"context"
	"sync"
	"time"

	"github.com/plimsoll-dev/plimsoll/record"
)

// settle asks for a few heavy requests at once, and a canary: is the service
// free again?
func (r *runner) settle(ctx context.Context, e *record.Experiment) []record.Request {
	rows := make([]record.Request, e.Count)
	var all sync.WaitGroup
	for i := range rows {
		all.Go(func() { rows[i] = r.fresh(ctx, r.heavy, slowest) })
		r.pause(ctx, time.Duration(e.Spacing))
	}
	all.Wait()
	for range e.Canaries {
		rows = append(rows, r.fresh(ctx, r.canary, slowest))
	}
	return rows
}
