// Package lifetime has the context of a request: it ends when the request has
// been answered, or its client has gone away. Most handlers never ask, so it is
// made to cost nothing until one does: one allocation, no goroutine, no timer,
// nobody watches the connection.
package lifetime

import (
	"context"
	"sync"
)

// A Watcher knows a request's client.
type Watcher interface {
	// Watch has End called on c when the client goes away, and reports whether
	// it has already. It is called at most once for each Context, on any
	// goroutine, with c's lock held: it must not call c's methods itself, nor
	// wait for somebody who does.
	Watch(c *Context) (gone bool)
}

// A Context is the context of one request. It becomes one that can end, and
// finds out whether the client has gone, at the first use of Done or Err. It
// belongs to one request and is never reused: handlers may keep it. All methods
// may be called concurrently.
type Context struct {
	context.Context // values and deadline
	watcher         Watcher

	mu     sync.Mutex // guards what follows; held for assignments and Watch, never while waiting, and not while cancelling
	inner  context.Context
	cancel context.CancelFunc
	ended  bool
}

// Init makes c the context of a request with the values of base. It is for a
// Context that is part of a larger value.
func (c *Context) Init(base context.Context, w Watcher) { c.Context, c.watcher = base, w }

// New returns the context of a request with the values of base.
func New(base context.Context, w Watcher) *Context { return &Context{Context: base, watcher: w} }

// Done implements [context.Context].
func (c *Context) Done() <-chan struct{} { return c.ending().Done() }

// Err implements [context.Context].
func (c *Context) Err() error { return c.ending().Err() }

// Value implements [context.Context]. It asks the context that can end first,
// if there is one, so that package context finds it there, and attaches what
// derives from it without a goroutine.
func (c *Context) Value(key any) any {
	c.mu.Lock()
	ctx := c.inner
	c.mu.Unlock()
	if ctx == nil {
		ctx = c.Context
	}
	return ctx.Value(key)
}

func (c *Context) ending() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.inner == nil {
		c.inner, c.cancel = context.WithCancel(c.Context)
		if c.ended || c.watcher.Watch(c) {
			c.cancel()
		}
	}
	return c.inner
}

// End ends the context: the request is answered, or its client has gone.
func (c *Context) End() {
	c.mu.Lock()
	c.ended = true
	cancel := c.cancel
	c.mu.Unlock()
	if cancel != nil {
		cancel() // outside the lock: it calls what was registered for the end
	}
}
