package engine

import (
	"context"
	"fmt"
)

// HoldContext is [Task.Hold], and gives up waiting for a slot when ctx ends:
// then f is not called, and the error wraps that of ctx. Once f runs, ctx is
// f's business.
func HoldContext(ctx context.Context, t Task, r *Resource, f func(Task) error) error {
	if err := ctx.Err(); err != nil {
		return giveUpError(r, err)
	}
	if ctx.Done() == nil {
		return t.Hold(r, f)
	}
	// Engines know nothing of this: they acquire, run a function and release,
	// of a resource that shares r's slots and need not have got one.
	bounded := *r
	bounded.ctx = ctx
	return t.Hold(&bounded, func(t Task) error {
		if bounded.gaveUp {
			return giveUpError(r, ctx.Err())
		}
		return f(t)
	})
}

func giveUpError(r *Resource, err error) error {
	return fmt.Errorf("engine: wait for resource %q: %w", r.name, err)
}

// giveUp ends the wait of w, unless a slot is its own already. It may be
// called on any goroutine.
func (s *slots) giveUp(w *waiter) {
	s.mu.Lock()
	waits := !w.granted
	if waits {
		s.account()
		s.leave(w)
		w.gaveUp = true
	}
	s.mu.Unlock()
	if waits {
		w.parker.Unpark()
	}
}
