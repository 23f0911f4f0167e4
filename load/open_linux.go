package load

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/internal/reactor"
)

func sockaddrOf(a netip.AddrPort) unix.Sockaddr {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
}

// preopen opens connections until there are as many as asked for, or further
// ones failed. It is an error if there is none.
func (c *client) preopen() error {
	c.wanted = c.cfg.Preopen
	c.pump()
	for c.wanted > 0 && (c.failure == nil || len(c.conns) > len(c.connecting)) {
		if c.ctx.Err() != nil {
			return fmt.Errorf("load: open connections to %s: %w", c.addr, c.ctx.Err())
		}
		if err := c.r.Poll(sampleEvery); err != nil {
			return fmt.Errorf("load: %w", err)
		}
		c.giveUpConnecting(reactor.Clock())
		c.pump()
	}
	switch {
	case c.wanted > 0 || c.cfg.Preopen > 0 && c.unwanted == c.cfg.Preopen:
		return fmt.Errorf("load: connect to %s: %w", c.addr, c.failure)
	case c.unwanted > 0:
		c.warn("preopen-failed", fmt.Sprintf("of %d connections to open before the start, %d failed: %v", c.cfg.Preopen, c.unwanted, c.failure))
	}
	return nil
}

// mayOpen keeps to the pace at which connections are opened. A connection that
// only takes the place of one that ended does not make the server's backlog
// longer than it was.
func (c *client) mayOpen() bool {
	if c.reopen > 0 {
		c.reopen--
		return true
	}
	if c.cfg.ConnectEvery < 0 {
		return true
	}
	now := reactor.Clock()
	if now < c.openAfter {
		if !c.pace.Started() {
			c.r.Start(&c.pace, c.openAfter)
		}
		return false
	}
	c.openAfter = now + int64(c.cfg.ConnectEvery)
	return true
}

// open begins to open a connection.
func (c *client) open() {
	k := &conn{client: c, fd: -1, begun: reactor.Clock()}
	family := unix.AF_INET
	if c.addr.Addr().Is6() {
		family = unix.AF_INET6
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, unix.IPPROTO_TCP)
	if err != nil {
		c.notOpened(fmt.Errorf("socket: %w", err))
		return
	}
	k.fd = fd
	// A request is one write, but a large body may be several.
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	k.index, k.pending = len(c.conns), len(c.connecting)
	c.conns = append(c.conns, k)
	c.connecting = append(c.connecting, k)
	err = unix.Connect(fd, c.sockaddr)
	if err == nil || errors.Is(err, unix.EINPROGRESS) {
		// Edges only, and both directions: the registration is never changed.
		// Where connect is done already, the first event says so.
		err = c.r.Add(fd, reactor.Readable|reactor.Writable|reactor.PeerClosed|reactor.Edge, k)
		k.registered = err == nil
	}
	if err != nil {
		k.close()
		c.notOpened(err)
	}
}

// opened moves a connection from those being opened to the idle ones.
func (c *client) opened(k *conn) {
	now := reactor.Clock()
	c.notConnecting(k)
	if c.wanted > 0 {
		c.wanted--
		k.used = true // it has been idle, so the server may give it up
	} else if c.started() {
		k.took = max(1, time.Duration(now-k.begun))
		c.tally(time.Duration(now-c.start)).opened++
	}
	c.putIdle(k)
}

func (c *client) started() bool { return c.start != 0 }

// notOpened is told why a connection could not be opened. The request that has
// waited longest was to have it.
func (c *client) notOpened(err error) {
	if c.wanted > 0 {
		c.wanted--
		c.unwanted++
		c.failure = err
		return
	}
	q := c.waiting.head
	if q == nil {
		return // it was served by another connection meanwhile
	}
	if errors.Is(err, unix.ECONNREFUSED) && c.cfg.Closed == 0 {
		c.giveBack() // refused at once, so it was never in a backlog
	}
	c.waiting.remove(q)
	o := c.outcomeOf(err)
	if o == Timeout {
		o = ConnectTimeout
	}
	c.settle(q, o, 0, reactor.Clock())
}

// giveUpConnecting ends attempts that have gone on for as long as any request
// would wait. The requests have their own time.
func (c *client) giveUpConnecting(now int64) {
	for i := len(c.connecting) - 1; i >= 0; i-- {
		k := c.connecting[i]
		if now-k.begun < int64(c.cfg.Timeout) {
			continue
		}
		k.close()
		if c.wanted > 0 {
			c.notOpened(unix.ETIMEDOUT)
		}
	}
}
