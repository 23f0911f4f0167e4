package fiber

import (
	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/internal/expiry"
	"github.com/plimsoll-dev/plimsoll/internal/reactor"
)

// Ready implements reactor.Handler.
func (c *conn) Ready(ev reactor.Events) {
	rested := c.ready(ev)
	if ev&(reactor.PeerClosed|reactor.Broken) != 0 {
		c.hangUp()
	}
	if !rested {
		return
	}
	c.look() // ours
	if c.state.Load() == expiry.Lingering {
		c.drain(c.server.scratch)
		return
	}
	if c.hungUp.Load() {
		if data, end := c.peek(); end && !data {
			c.close() // costs no fiber
			return
		}
	}
	c.server.dispatch(c, c.group.reactor.Now())
}

// peek looks, without waiting, whether there is something to read, or nothing
// more ever will be.
func (c *conn) peek() (data, end bool) {
	if c.acquire(0) != nil {
		return false, true
	}
	defer c.release(0) //nolint:errcheck // as in read
	var one [1]byte
	for {
		switch n, _, err := unix.Recvfrom(c.fd, one[:], unix.MSG_PEEK|unix.MSG_DONTWAIT); err {
		case nil:
			return n > 0, n == 0
		case unix.EAGAIN:
			return false, false
		case unix.EINTR:
		default:
			return false, true
		}
	}
}

// linger waits for a client to hang up that was answered for the last time, and
// was told so. Closing with unread input would reset the connection, and the
// answer with it. The caller has the connection, and must not touch it any
// more.
func (c *conn) linger(buf []byte) {
	c.since.Store(reactor.Clock())
	c.state.Store(expiry.Lingering)
	c.drain(buf)
}

// drain reads what a lingering client still sends, and leaves the rest to the
// reactor's goroutine.
func (c *conn) drain(buf []byte) {
	for {
		n, err := reactor.Read(c.fd, buf)
		c.drained += int32(n)
		switch {
		case err == reactor.ErrAgain:
			if c.rd.state.CompareAndSwap(shut, resting) {
				return
			}
			c.look()
		case err != nil || c.drained > expiry.LingerBytes:
			c.close()
			return
		}
	}
}

// sweep ends the connections whose time is up, and sets the time of the next
// sweep: that of the first to expire. One that comes later has its full time
// from now, at least.
func (s *Server) sweep() {
	now := reactor.Clock()
	sweep := expiry.New(s.cfg.Limits, s.cfg.KeepAlive, s.drain).Sweep(now)
	s.mu.Lock()
	for c := s.first; c != nil; c = c.next {
		if sweep.Over(c.state.Load(), c.since.Load()) {
			s.expired = append(s.expired, c)
		}
	}
	s.mu.Unlock()
	for i, c := range s.expired {
		c.expire(now, &sweep)
		s.expired[i] = nil
	}
	s.expired = s.expired[:0]
	if !s.ended {
		s.group.reactor.Start(&s.sweeper, sweep.Next())
	}
}

// expire closes the connection if it still rests and its time is still up. An
// idle one hears first that nothing more comes, and lingers.
func (c *conn) expire(now int64, sweep *expiry.Sweep) {
	if data, _ := c.peek(); data && c.state.Load() != expiry.Lingering {
		return // a request came in the last moment; Ready is about to hear of it
	}
	if !c.rd.state.CompareAndSwap(resting, shut) {
		return
	}
	state := c.state.Load()
	switch {
	case !sweep.Over(state, c.since.Load()): // it was busy meanwhile
		if !c.rest(state, now) {
			c.server.dispatch(c, now)
		}
	case state == expiry.Lingering || c.CloseWrite() != nil:
		c.close()
	default:
		c.linger(c.server.scratch)
	}
}
