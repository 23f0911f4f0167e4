package fiber

import (
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/internal/address"
	"github.com/plimsoll-dev/plimsoll/internal/exchange"
	"github.com/plimsoll-dev/plimsoll/internal/expiry"
	"github.com/plimsoll-dev/plimsoll/internal/reactor"
)

// A conn is a client's connection, and the exchange.Transport of its requests.
// There may be very many without a request, so it is small: what a request
// needs beside it is the worker's.
//
// While it rests its gate says so, and whoever changes that has the connection:
// the reactor's goroutine, when something comes or its time is up.
type conn struct {
	socket
	server *Server

	state   atomic.Uint32           // see package expiry: who has it, the reactor's goroutine or a worker
	since   atomic.Int64            // when it came to rest
	begun   atomic.Int64            // when the head that is being read began; 0: none is
	request atomic.Pointer[request] // that runs
	watched atomic.Uint64           // its number in Server.hangups; 0: none

	unsent *[]byte     // while callbacks answer: nothing waits, and this has what the client did not take
	wrote  atomic.Bool // something was written for this request
	failed atomic.Bool // and not completely
	piece  bool        // of the head that is being read, something was read before: worker's
	shut   bool        // the write side was shut down: the next Close lingers

	drained    int32  // bytes read while lingering
	prev, next *conn  // guarded by Server.mu
	remote     string // the client's address, made for the first request
}

var _ exchange.Transport = (*conn)(nil)

// serve takes over an accepted descriptor, on the reactor's goroutine.
func (s *Server) serve(fd int) {
	c := &conn{server: s}
	c.init(s.group, fd)
	c.client = true
	if s.listens.Network() != "unix" {
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1) // only latency depends on it
	}
	s.add(c)
	c.since.Store(s.group.reactor.Now())
	c.rd.state.Store(resting)
	if err := c.register(c); err != nil { // the kernel is out of memory, or of watches
		c.close()
	}
}

// Read implements [exchange.Transport].
func (c *conn) Read(p []byte) (int, error) {
	if c.shut {
		return 0, io.EOF // exchange.Conn.Close drains; the reactor's goroutine does that
	}
	if c.unsent != nil {
		n, err := c.receive(p)
		if err == reactor.ErrAgain {
			err = exchange.ErrAgain
		}
		return n, err
	}
	due, err := c.due()
	n := 0
	if err == nil {
		n, err = c.read(p, due)
	}
	if err != nil && err != io.EOF {
		err = c.fail("read", err)
	}
	return n, err
}

// due is until when a read waits: for a head, until its time is up; 0: for
// ever. The exchange sets a body's own time. A head that comes in pieces may be
// late although there is always something to read.
func (c *conn) due() (int64, error) {
	begun, limit := c.begun.Load(), c.server.cfg.Limits.HeaderTimeout
	if begun == 0 || limit == 0 {
		return 0, nil
	}
	at := begun + int64(limit)
	if c.piece && reactor.Clock() >= at {
		return 0, os.ErrDeadlineExceeded
	}
	c.piece = true
	return at, nil
}

// Write implements [exchange.Transport].
func (c *conn) Write(p []byte) (int, error) {
	c.wrote.Store(true)
	if c.unsent != nil {
		return c.writeAhead(p)
	}
	n, err := c.write(p, c.server.cfg.Limits.WriteTimeout)
	if err != nil {
		c.failed.Store(true)
		err = c.fail("write", err)
	}
	return n, err
}

// writeAhead writes what the client takes at once, and keeps the rest.
func (c *conn) writeAhead(p []byte) (n int, err error) {
	if len(*c.unsent) == 0 {
		if n, err = c.send(p); err != nil {
			c.failed.Store(true)
			return n, c.fail("write", err)
		}
	}
	*c.unsent = append(*c.unsent, p[n:]...)
	return len(p), nil
}

// fail gives an error the form that package net's have.
func (c *conn) fail(op string, err error) error {
	return &net.OpError{Op: op, Net: c.server.listens.Network(), Source: c.server.listens, Addr: c.RemoteAddr(), Err: err}
}

// CloseWrite implements [exchange.Transport].
func (c *conn) CloseWrite() error {
	c.shut = true
	return c.closeWrite()
}

// Close implements [exchange.Transport], for the worker. After CloseWrite the
// connection goes to the reactor, which waits for the client to hang up; no
// fiber does.
func (c *conn) Close() error {
	if c.shut {
		var buf [512]byte
		c.linger(buf[:])
	} else {
		c.close()
	}
	return nil
}

// close ends the connection; who has it calls it, once.
func (c *conn) close() {
	c.state.Store(expiry.Gone)
	c.server.hangups.Remove(c.fd, c.watched.Load())
	_ = c.end()
	c.server.remove(c)
}

// rest leaves the connection to the reactor's goroutine; the caller must not
// touch it any more. If it does not, false, something may have come meanwhile.
// now is the time, about.
func (c *conn) rest(state uint32, now int64) bool {
	c.state.Store(state)
	c.since.Store(now)
	if c.rd.state.CompareAndSwap(shut, resting) {
		return true
	}
	c.look()
	c.state.Store(expiry.Busy)
	return false
}

// look passes the gate of reading: the next read has to look what came.
func (c *conn) look() {
	c.dry = false
	c.rd.pass()
}

func (c *conn) SetReadDeadline(t time.Time) error  { return c.setDeadline(t, &c.rd) }
func (c *conn) SetWriteDeadline(t time.Time) error { return c.setDeadline(t, &c.wr) }

// LocalAddr implements [exchange.Transport]. A listener may be bound to any
// address of the machine; a connection has one.
func (c *conn) LocalAddr() net.Addr {
	if c.acquire(0) != nil {
		return c.server.listens
	}
	defer c.release(0) //nolint:errcheck // as in read
	return address.Local(c.fd)
}

// A peer is a client's address, in text that is made once.
type peer conn

func (p *peer) Network() string { return p.server.listens.Network() }
func (p *peer) String() string  { return p.remote }

// RemoteAddr implements [exchange.Transport].
func (c *conn) RemoteAddr() net.Addr {
	if c.remote == "" && c.acquire(0) == nil {
		if sa, err := unix.Getpeername(c.fd); err == nil {
			c.remote = address.Of(sa).String()
		}
		c.release(0) //nolint:errcheck // as in read
	}
	return (*peer)(c)
}

// errUnsent is what a callback is told that takes over a connection too late:
// what is to be sent before would be lost.
var errUnsent = errors.New("fiber: the client has not taken all that was written yet, and callbacks do not wait; take the connection over before writing")

// NetConn implements [exchange.Transport]: the connection in ordinary Go form,
// on a descriptor of its own.
func (c *conn) NetConn() (net.Conn, error) {
	if c.unsent != nil && len(*c.unsent) > 0 {
		return nil, errUnsent
	}
	n, err := exchange.Detach(c.fd)
	if err != nil {
		return nil, err
	}
	c.close()
	return n, nil
}
