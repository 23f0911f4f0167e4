package thread

import (
	"context"
	"sync"

	"github.com/plimsoll-dev/plimsoll/internal/reactor"
)

// A requestContext is a request's context. At the first use of Done or Err it
// becomes one that can end, and has the poller watch for the client's end; a
// handler that uses neither pays for neither.
type requestContext struct {
	context.Context // of the connection: values
	conn            *conn

	mu     sync.Mutex // guards what follows; cancel is called without it
	inner  context.Context
	cancel context.CancelFunc
	ended  bool
}

func (r *requestContext) Done() <-chan struct{} { return r.ending().Done() }

func (r *requestContext) Err() error { return r.ending().Err() }

// Value asks the inner context first, so that package context finds it there
// and derives from it without a goroutine.
func (r *requestContext) Value(key any) any {
	r.mu.Lock()
	ctx := r.inner
	r.mu.Unlock()
	if ctx == nil {
		ctx = r.Context
	}
	return ctx.Value(key)
}

func (r *requestContext) ending() context.Context {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.inner == nil {
		r.inner, r.cancel = context.WithCancel(r.Context)
		if r.ended || r.conn.watch(r) {
			r.cancel()
		}
	}
	return r.inner
}

// end ends the context: the request is answered, or its client went away.
func (r *requestContext) end() {
	r.mu.Lock()
	r.ended = true
	cancel := r.cancel
	r.mu.Unlock()
	if cancel != nil {
		cancel() // which calls what was registered for the end
	}
}

// begin makes the context of a request, which endRequest ends.
func (c *conn) begin() *requestContext {
	r := &requestContext{Context: c.base, conn: c}
	c.mu.Lock()
	c.request = r
	c.mu.Unlock()
	return r
}

func (c *conn) endRequest(r *requestContext) {
	c.mu.Lock()
	c.request = nil
	c.mu.Unlock()
	r.end()
}

// watch has the poller look out for the client's end; true means that it came
// already.
func (c *conn) watch(r *requestContext) (left bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.request == r && !c.left && !c.watched && c.state.Load() == busy {
		c.watched = true
		_ = c.engine.poller.reactor.Modify(c.fd, reactor.PeerClosed|reactor.OneShot) // out of memory: nobody will tell
	}
	return c.left
}

// hangup tells the request that runs that its client went away.
func (c *conn) hangup() {
	c.mu.Lock()
	c.left = true
	r := c.request
	c.mu.Unlock()
	if r != nil {
		r.end()
	}
}
