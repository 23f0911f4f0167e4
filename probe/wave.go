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
	timeout := r.timeout(e.Count)
	var kept *link
	var rows []record.Request
	if e.Kept {
		kept = r.open(ctx, r.canary, slowest)
		rows = append(rows, r.ask(ctx, kept, r.canary, true, slowest, nil))
		defer kept.close()
	}
	heavy := make([]record.Request, e.Count)
	var all sync.WaitGroup
	opened, written := make(chan struct{}, e.Count), make(chan struct{}, e.Count)
	fire, fired := make(chan struct{}), int64(0)
	begun := time.Now()
	for i := range heavy {
		r.pause(ctx, time.Until(begun.Add(time.Duration(i)*time.Duration(e.Spacing))))
		due := r.now()
		all.Go(func() {
			l := r.open(ctx, r.heavy, min(timeout, slowOpening))
			opened <- struct{}{}
			if e.Opened {
				<-fire
				due = fired
			}
			heavy[i] = r.ask(ctx, l, r.heavy, false, timeout, func() { written <- struct{}{} })
			heavy[i].Intended = due
			l.close()
		})
	}
	there, writing := e.Count, r.service()/2 // how long it may take until all are written
	if e.Opened {
		// A server that lets in few, and has as few wait, drops the others' packets
		// for as long as those say nothing.
		there = gather(ctx, opened, e.Count, time.Duration(lostSYN*float64(time.Second)))
		writing = slowest
	}
	fired = r.now()
	close(fire)
	gather(ctx, written, there, writing)
	answers := r.meanwhile(ctx, e, kept)
	all.Wait()
	return append(append(rows, heavy...), answers...)
}

// slowOpening is how long a connection of a wave may take to open: what is sent
// on it after a second does not count, and no packet is sent again between 3 s
// and 7 s.
const slowOpening = 3500 * time.Millisecond

// gather waits until n have said that they are there, for so long at most, and
// returns how many have.
func gather(ctx context.Context, there <-chan struct{}, n int, longest time.Duration) int {
	over := time.NewTimer(longest)
	defer over.Stop()
	for k := range n {
		select {
		case <-there:
		case <-over.C:
			return k
		case <-ctx.Done():
			return k
		}
	}
	return n
}

// meanwhile asks for canaries while the heavy requests are in flight.
func (r *runner) meanwhile(ctx context.Context, e *record.Experiment, kept *link) []record.Request {
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
	timeout := r.timeout(e.Count)
	ask := func(f func() record.Request) {
		all.Go(func() {
			row := f()
			mu.Lock()
			defer mu.Unlock()
			answers = append(answers, row)
		})
	}
	if kept != nil && kept.err == nil {
		ask(func() record.Request { return r.ask(ctx, kept, r.canary, true, timeout, nil) })
	}
	for range e.Canaries {
		r.pause(ctx, gap)
		ask(func() record.Request { return r.fresh(ctx, r.canary, timeout) })
	}
	r.held()
	all.Wait()
	return answers
}

// timeout is how long to wait for the answer to one of c requests: for longer
// than a service takes that serves them one after the other.
func (r *runner) timeout(c int) time.Duration {
	return min(5*time.Second+r.service()*time.Duration(c)*3/2, 2*slowest)
}
