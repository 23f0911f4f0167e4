package probe

import (
	"context"
	"sync"
	"time"

	"github.com/plimsoll-dev/plimsoll/record"
)

// wave has e.Count heavy requests in flight at once, and asks for canaries
// meanwhile.
//
// Connections are opened e.Spacing apart: opened all at once they overflow
// short accept queues, and the lost SYNs come again a second later.
func (r *runner) wave(ctx context.Context, e *record.Experiment) []record.Request {
	timeout := r.patience(e.Count)
	var kept *link
	var rows []record.Request
	if e.Kept {
		kept = r.open(ctx, r.canary, slowest)
		rows = append(rows, r.ask(ctx, kept, r.canary, true, slowest, nil))
		defer kept.close()
	}
	heavy := make([]record.Request, e.Count)
	var all, written sync.WaitGroup
	written.Add(e.Count)
	fire := make(chan struct{})
	var open sync.WaitGroup
	open.Add(e.Count)
	begun := time.Now()
	for i := range heavy {
		r.pause(ctx, time.Until(begun.Add(time.Duration(i)*time.Duration(e.Spacing))))
		due := r.now()
		all.Go(func() {
			l := r.open(ctx, r.heavy, timeout)
			open.Done()
			if e.Opened {
				<-fire
				due = r.now()
			}
			heavy[i] = r.ask(ctx, l, r.heavy, false, timeout, written.Done)
			heavy[i].Intended = due
			l.close()
		})
	}
	if e.Opened {
		open.Wait()
	}
	close(fire)
	answers := r.meanwhile(ctx, e, kept, &written)
	all.Wait()
	return append(append(rows, heavy...), answers...)
}

// meanwhile asks for canaries while the heavy requests are in flight.
func (r *runner) meanwhile(ctx context.Context, e *record.Experiment, kept *link, written *sync.WaitGroup) []record.Request {
	written.Wait()
	if e.Canaries == 0 && kept == nil {
		r.held()
		return nil
	}
	// What was written is with the service a moment later, and the first answer
	// may come after one service time: the canaries take the first part of it.
	service := r.service()
	r.pause(ctx, min(service/10, 20*time.Millisecond))
	gap := min(service/time.Duration(4*(e.Canaries+1)), 10*time.Millisecond)
	answers := make([]record.Request, 0, e.Canaries+1)
	var mu sync.Mutex // guards answers
	var all sync.WaitGroup
	patience := r.patience(e.Count)
	ask := func(f func() record.Request) {
		all.Go(func() {
			row := f()
			mu.Lock()
			defer mu.Unlock()
			answers = append(answers, row)
		})
	}
	if kept != nil && kept.err == nil {
		ask(func() record.Request { return r.ask(ctx, kept, r.canary, true, patience, nil) })
	}
	for range e.Canaries {
		r.pause(ctx, gap)
		ask(func() record.Request { return r.fresh(ctx, r.canary, patience) })
	}
	r.held()
	all.Wait()
	return answers
}

// patience is how long to wait for the answer to one of c requests: for longer
// than a service takes that serves them one after the other.
func (r *runner) patience(c int) time.Duration {
	return min(5*time.Second+r.service()*time.Duration(c)*3/2, 2*slowest)
}
