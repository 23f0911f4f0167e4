package container

import (
	"github.com/plimsoll-dev/plimsoll/internal/expiry"
	"github.com/plimsoll-dev/plimsoll/internal/lifetime"
	"github.com/plimsoll-dev/plimsoll/internal/reactor"
)

// begin makes the context of a request, which endRequest ends.
func (c *Conn) begin() *lifetime.Context {
	r := lifetime.New(c.base, c)
	c.mu.Lock()
	c.request = r
	c.mu.Unlock()
	return r
}

func (c *Conn) endRequest(r *lifetime.Context) {
	c.mu.Lock()
	c.request = nil
	c.mu.Unlock()
	r.End()
}

// Watch implements [lifetime.Watcher]: it has the poller look out for the
// client's end.
func (c *Conn) Watch(r *lifetime.Context) (left bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.request == r && !c.left && !c.watched && c.state.Load() == expiry.Busy {
		c.watched = true
		_ = c.container.poller.reactor.Modify(c.FD(), reactor.PeerClosed|reactor.OneShot) // out of memory: nobody will tell
	}
	return c.left
}

// hangup tells the request that runs that its client went away.
func (c *Conn) hangup() {
	c.mu.Lock()
	c.left = true
	r := c.request
	c.mu.Unlock()
	if r != nil {
		r.End()
	}
}
