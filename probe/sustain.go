package probe

import (
	"context"
	"sync"
	"time"

	"github.com/plimsoll-dev/plimsoll/record"
)

// sustain keeps e.Count heavy requests in flight for e.Seconds: each answer is
// followed by a request on a fresh connection. Canaries are asked for towards the
// end, half a service time apart.
func (r *runner) sustain(ctx context.Context, e *record.Experiment) (rows []record.Request) {
	timeout := r.timeout(e.Count)
	others := cost(e) - e.Count
	var mu sync.Mutex // guards rows and left
	left := min(8*r.cfg.MaxConcurrency, r.allowed()-others)
	var all sync.WaitGroup
	end := time.Now().Add(time.Duration(e.Seconds) * time.Second)
	for range e.Count {
		all.Go(func() {
			for time.Now().Before(end) && ctx.Err() == nil {
				mu.Lock()
				ok := left > 0
				left--
				mu.Unlock()
				if !ok {
					return
				}
				row := r.fresh(ctx, r.heavy, timeout)
				mu.Lock()
				rows = append(rows, row)
				mu.Unlock()
				if !answered(&row) {
					return // a service that refuses is not asked again and again
				}
			}
		})
		r.pause(ctx, time.Duration(e.Spacing))
	}
	service := r.service()
	if e.Canaries > 0 { // as late as may be: what is slow to fill is full by then
		first := time.Until(end) - time.Duration(e.Canaries+2)*service/2
		r.pause(ctx, max(first, 2*service))
	}
	for range e.Canaries {
		all.Go(func() {
			row := r.fresh(ctx, r.canary, timeout)
			mu.Lock()
			defer mu.Unlock()
			rows = append(rows, row)
		})
		r.pause(ctx, service/2)
	}
	all.Wait()
	return rows
}
