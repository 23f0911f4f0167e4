package goroutine

import (
	"context"
	"sync"
	"time"
)

// A requestContext is a request's context. It becomes a context that can end,
// and finds out whether the client has gone, at the first use of Done or Err;
// a handler that uses neither pays for neither.
type requestContext struct {
	base context.Context
	conn *conn

	mu     sync.Mutex // held for assignments and cancel; never while waiting
	inner  context.Context
	cancel context.CancelFunc
	ended  bool
}

var _ context.Context = (*requestContext)(nil)

func (r *requestContext) Deadline() (time.Time, bool) { return r.base.Deadline() }

// Value asks the inner context, if there is one, so that package context
// recognises it and attaches what derives from it without a goroutine.
func (r *requestContext) Value(key any) any {
	r.mu.Lock()
	ctx := r.inner
	r.mu.Unlock()
	if ctx == nil {
		ctx = r.base
	}
	return ctx.Value(key)
}

func (r *requestContext) Done() <-chan struct{} { return r.ending().Done() }

func (r *requestContext) Err() error { return r.ending().Err() }

// ending returns the context that ends when the client goes away.
func (r *requestContext) ending() context.Context {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.inner != nil {
		return r.inner
	}
	r.inner, r.cancel = context.WithCancel(r.base)
	if r.ended || r.conn.watch(r) {
		r.cancel()
	}
	return r.inner
}

// end ends the context: the request is answered, or its client has gone.
func (r *requestContext) end() {
	r.mu.Lock()
	r.ended = true
	cancel := r.cancel
	r.mu.Unlock()
	if cancel != nil {
		cancel() // outside the lock: it calls what was registered for the end
	}
}
