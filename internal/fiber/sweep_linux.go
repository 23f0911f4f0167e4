package fiber

import (
	"math"
	"time"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/internal/reactor"
)

// forever is a time that does not come.
const forever = math.MaxInt64

const (
	// lingerTime is how long a connection that was answered for the last time
	// waits for the client to hang up (net/http's rstAvoidanceDelay), and
	// lingerBytes how much it reads meanwhile.
	lingerTime  = 500 * time.Millisecond
	lingerBytes = 1 << 20
	// sweepGap bounds how often the connections are gone through: the cost of
	// 10,000 of them is then 1 % of a CPU, and a time-out up to this late.
	sweepGap = 20 * time.Millisecond
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
	if c.state.Load() == lingering {
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
	c.state.Store(lingering)
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
		case err != nil || c.drained > lingerBytes:
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
	rules := s.rules()
	next := now + min(rules.first, rules.keepalive, int64(lingerTime))
	s.mu.Lock()
	for c := s.first; c != nil; c = c.next {
		switch at := rules.expiry(c.state.Load(), c.since.Load()); {
		case at <= now:
			s.expired = append(s.expired, c)
		default:
			next = min(next, at)
		}
	}
	s.mu.Unlock()
	for i, c := range s.expired {
		c.expire(now, rules)
		s.expired[i] = nil
	}
	s.expired = s.expired[:0]
	if !s.ended {
		s.group.reactor.Start(&s.sweeper, max(next, now+int64(sweepGap)))
	}
}

func (s *Server) rules() rules {
	return rules{orForever(s.cfg.Limits.HeaderTimeout), orForever(s.cfg.KeepAlive), int64(s.cfg.Limits.Linger), s.drain}
}

func orForever(d time.Duration) int64 {
	if d <= 0 {
		return forever / 2 // so that a time can be added
	}
	return int64(d)
}

// rules say when the server gives up on a connection; nanoseconds.
type rules struct {
	first     int64 // for the first byte of a connection
	keepalive int64 // for that of a next request
	linger    int64 // for a request under way, once the server stops
	drain     int64 // when it began to stop; 0: it runs
}

func (r rules) expiry(state uint32, since int64) int64 {
	switch {
	case state == lingering:
		return since + int64(lingerTime)
	case state != idle && state != fresh:
		return forever
	case r.drain != 0:
		return max(r.drain, since) + r.linger
	case state == fresh:
		return since + r.first
	}
	return since + r.keepalive
}

// expire closes the connection if it still rests and its time is still up. An
// idle one hears first that nothing more comes, and lingers.
func (c *conn) expire(now int64, r rules) {
	if data, _ := c.peek(); data && c.state.Load() != lingering {
		return // a request came in the last moment; Ready is about to hear of it
	}
	if !c.rd.state.CompareAndSwap(resting, shut) {
		return
	}
	state := c.state.Load()
	switch {
	case r.expiry(state, c.since.Load()) > now: // it was busy meanwhile
		if !c.rest(state, now) {
			c.server.dispatch(c, now)
		}
	case state == lingering || c.CloseWrite() != nil:
		c.close()
	default:
		c.linger(c.server.scratch)
	}
}
