package probe

import (
	"context"
	"sync"
	"time"

	"github.com/plimsoll-dev/plimsoll/record"
)

// idle opens connections that ask for nothing, or for nothing more, and asks
// for canaries on fresh ones beside them.
func (r *runner) idle(ctx context.Context, e *record.Experiment) (rows []record.Request) {
	// Past a cap there is no answer while the connections are open. Servers close
	// idle ones after two seconds and more: all has to be known before.
	timeout := 500*time.Millisecond + 5*r.history.canary()
	links := make([]*link, e.Count)
	served := make([]record.Request, e.Count)
	var all sync.WaitGroup
	for i := range links {
		all.Go(func() {
			links[i] = r.open(ctx, r.canary, timeout)
			if e.Served {
				served[i] = r.ask(ctx, links[i], r.canary, true, timeout, nil)
			}
		})
		r.pause(ctx, time.Duration(e.Spacing))
	}
	all.Wait()
	for _, row := range served {
		if row.Conn != 0 {
			rows = append(rows, row)
		}
	}
	answers := make([]record.Request, e.Canaries)
	for i := range answers {
		all.Go(func() { answers[i] = r.fresh(ctx, r.canary, timeout) })
		r.pause(ctx, 5*time.Millisecond)
	}
	all.Wait()
	for _, l := range links {
		l.close()
	}
	return append(rows, answers...)
}
