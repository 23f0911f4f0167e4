package fiber

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/internal/reactor"
)

// A dialled connection is what [Group.Dial] returns: a net.Conn that waits as
// the fiber waits which uses it, or on the thread of any other goroutine. One
// goroutine may read and one write at a time; Close and the deadlines are for
// all.
type dialled struct {
	socket
	network       string
	local, remote net.Addr
}

// Ready implements reactor.Handler.
func (c *dialled) Ready(ev reactor.Events) { c.ready(ev) }

func (c *dialled) Read(p []byte) (int, error) {
	n, err := c.read(p, 0)
	if err != nil && err != io.EOF {
		err = c.fail("read", err)
	}
	return n, err
}

func (c *dialled) Write(p []byte) (int, error) {
	n, err := c.write(p, 0)
	if err != nil {
		err = c.fail("write", err)
	}
	return n, err
}

func (c *dialled) Close() error {
	if err := c.end(); err != nil {
		return c.fail("close", err)
	}
	return nil
}

// CloseWrite tells the peer that nothing more will come.
func (c *dialled) CloseWrite() error {
	if err := c.closeWrite(); err != nil {
		return c.fail("close", err)
	}
	return nil
}

func (s *socket) closeWrite() error {
	if err := s.acquire(0); err != nil {
		return err
	}
	defer s.release(0) //nolint:errcheck // as in read
	return os.NewSyscallError("shutdown", unix.Shutdown(s.fd, unix.SHUT_WR))
}

func (c *dialled) SetDeadline(t time.Time) error      { return c.set(t, &c.rd, &c.wr) }
func (c *dialled) SetReadDeadline(t time.Time) error  { return c.set(t, &c.rd) }
func (c *dialled) SetWriteDeadline(t time.Time) error { return c.set(t, &c.wr) }

func (c *dialled) set(t time.Time, gates ...*gate) error {
	if err := c.setDeadline(t, gates...); err != nil {
		return c.fail("set", err)
	}
	return nil
}

func (c *dialled) LocalAddr() net.Addr  { return c.local }
func (c *dialled) RemoteAddr() net.Addr { return c.remote }

// fail gives an error the form that package net's have.
func (c *dialled) fail(op string, err error) error {
	return &net.OpError{Op: op, Net: c.network, Source: c.local, Addr: c.remote, Err: err}
}

// SyscallConn lends the descriptor, so that a connection pool can look without
// waiting whether the peer has closed.
func (c *dialled) SyscallConn() (syscall.RawConn, error) { return rawConn{c}, nil }

// A rawConn has Control only: whoever reads past Read would take the edges that
// it waits for.
type rawConn struct{ c *dialled }

func (r rawConn) Control(f func(fd uintptr)) error {
	if err := r.c.acquire(0); err != nil {
		return r.c.fail("control", err)
	}
	defer r.c.release(0) //nolint:errcheck // as in read
	f(uintptr(r.c.fd))
	return nil
}

func (r rawConn) Read(func(fd uintptr) (done bool)) error { return errors.ErrUnsupported }

func (r rawConn) Write(func(fd uintptr) (done bool)) error { return errors.ErrUnsupported }
