package goroutine

import "github.com/plimsoll-dev/plimsoll/internal/lifetime"

// Watch implements [lifetime.Watcher]. The connection is watched until unwatch;
// one that a handler has taken over is not any more, as under net/http.
func (c *conn) Watch(r *lifetime.Context) (hungUp bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.request = r
	if c.watched == 0 && !c.hungUp && !c.handed {
		_ = c.t.raw.Control(func(fd uintptr) { c.watched = c.s.gone.Add(int(fd), c.hangUp) })
	}
	return c.hungUp
}

func (c *conn) unwatch() {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.watched
	c.watched = 0
	if n != 0 {
		_ = c.t.raw.Control(func(fd uintptr) { c.s.gone.Remove(int(fd), n) })
	}
}

// handOver ends the watch for good: the descriptor is a handler's.
func (c *conn) handOver() {
	c.mu.Lock()
	c.handed = true
	c.mu.Unlock()
	c.unwatch()
}

// hangUp ends the context of the request that is running.
func (c *conn) hangUp() {
	c.mu.Lock()
	c.hungUp = true
	r := c.request
	c.mu.Unlock()
	if r != nil {
		r.End()
	}
}
