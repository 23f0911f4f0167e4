package exchange

import (
	"io"
	"sync/atomic"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/wire"
)

// A Conn is one connection. Its methods are called by one goroutine at a
// time, not necessarily the same one; none is called concurrently with
// another. It may be used for another connection after Reset.
type Conn struct {
	t      Transport
	cfg    *Config
	b      *buffers  // nil while idle
	x      *exchange // the request that ReadHead has read and Serve has not taken
	opened *exchange // the one between Open and Finish
	seen   seen

	remote string      // text of the peer's address, made at the first request
	fresh  bool        // no request was read yet
	linger bool        // Close must not lose the last answer
	broken atomic.Bool // nothing more can be, or may be, written

	writeOwned atomic.Bool // the handler set one, which ours leaves alone until the exchange ends
}

// New returns a Conn on t. cfg may be nil.
func New(t Transport, cfg *Config) *Conn {
	c := &Conn{cfg: cfg}
	if cfg == nil {
		c.cfg = new(Config)
	}
	c.Reset(t)
	return c
}

// Reset forgets the connection and makes c serve t, with the same Config. What
// c keeps are the short strings of the last head: another client's are mostly
// the same.
func (c *Conn) Reset(t Transport) {
	c.release()
	*c = Conn{t: t, cfg: c.cfg, seen: c.seen, fresh: true}
}

// Buffered reports whether bytes of a next request are already here, so that
// waiting for the transport to become readable would wait too long.
func (c *Conn) Buffered() bool { return c.b != nil && c.b.w > c.b.r }

// HasBody reports whether the request whose head was read has a body to come.
func (c *Conn) HasBody() bool { return c.b != nil && c.b.head.Framing != wire.NoBody }

// Idle gives the buffers back while the connection waits for a next request.
// It does nothing if bytes of one are here. What the connection keeps are a
// few short strings of the last head.
func (c *Conn) Idle() {
	if !c.Buffered() {
		c.release()
	}
}

func (c *Conn) release() {
	if c.b != nil {
		c.b.release()
		c.b = nil
	}
}

func (c *Conn) buffers() *buffers {
	if c.b == nil {
		c.b = takeBuffers(c.t)
	}
	return c.b
}

// lingerTime is how long Close waits for a client to take its last answer and
// hang up, as long as net/http's rstAvoidanceDelay.
const lingerTime = 500 * time.Millisecond

// Close closes the connection. If an answer was sent while the client may
// still be sending its request, Close shuts down the write side first (if the
// transport has CloseWrite) and reads what comes, until the client hangs up
// but for half a second at most: closing a socket with unread input resets
// it, and the reset would destroy the answer on its way.
func (c *Conn) Close() error {
	if c.linger && !c.broken.Load() {
		if t, ok := c.t.(interface{ CloseWrite() error }); ok && t.CloseWrite() == nil {
			c.discard()
		}
	}
	c.release()
	return c.t.Close()
}

// discard reads until the client hangs up or lingerTime is over.
func (c *Conn) discard() {
	end := time.Now().Add(lingerTime)
	if c.t.SetReadDeadline(end) != nil {
		return
	}
	buf := largePool.Get().(*[largeSize]byte)
	defer largePool.Put(buf)
	for time.Now().Before(end) {
		if _, err := readSome(c.t, buf[:]); err != nil {
			return
		}
	}
}

// write writes all of p.
func (c *Conn) write(p []byte) error {
	if c.broken.Load() {
		return errBroken
	}
	if d := c.cfg.WriteTimeout; d > 0 && !c.writeOwned.Load() {
		_ = c.t.SetWriteDeadline(time.Now().Add(d)) // an error shows at the Write
	}
	n, err := c.t.Write(p)
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	if err != nil {
		c.broken.Store(true)
	}
	return err
}
