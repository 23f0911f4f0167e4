package goroutine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/internal/listener"
)

// An acceptor takes connections until its context ends, and then those that
// the kernel has already accepted.
type acceptor struct {
	ln      net.Listener
	ctx     context.Context
	backoff time.Duration
	ending  bool       // the context has ended, handshakes settle
	closed  bool       // the listener is closed
	rest    []net.Conn // taken before that
}

var errStopped = errors.New("stopped")

type deadliner interface{ SetDeadline(time.Time) error }

// interrupt wakes Accept when the context has ended.
func (a *acceptor) interrupt() {
	if d, ok := a.ln.(deadliner); !ok || d.SetDeadline(time.Unix(1, 0)) != nil {
		a.ln.Close()
	}
}

// settle is how long a handshake that is under way may take to complete.
const settle = 5 * time.Millisecond

// Accept returns the next connection. It rides out errors that pass, and
// returns errStopped when the context has ended and all is taken; the listener
// is then closed.
func (a *acceptor) Accept() (net.Conn, error) {
	for !a.closed {
		c, err := a.ln.Accept()
		switch {
		case err == nil:
			a.backoff = 0
			return c, nil
		case a.ctx.Err() != nil && !a.ending && errors.Is(err, os.ErrDeadlineExceeded):
			a.ending = true
			keepOut(a.ln)
			if a.ln.(deadliner).SetDeadline(time.Now().Add(settle)) != nil {
				a.close()
			}
		case a.ctx.Err() != nil:
			a.close()
		case passes(err):
			a.wait()
		default:
			return nil, fmt.Errorf("accept: %w", err)
		}
	}
	if len(a.rest) == 0 {
		return nil, errStopped
	}
	c := a.rest[0]
	a.rest = a.rest[1:]
	return c, nil
}

// close empties the kernel's queue and closes the listener at once after, so
// that as good as nobody gets in between even if SYNs are not dropped.
func (a *acceptor) close() {
	var fds []int
	if sc, ok := a.ln.(syscall.Conn); ok {
		if raw, err := sc.SyscallConn(); err == nil {
			_ = raw.Control(func(ln uintptr) {
				for {
					fd, _, err := unix.Accept4(int(ln), unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK)
					if err != nil {
						return // empty
					}
					fds = append(fds, fd)
				}
			})
		}
	}
	a.ln.Close()
	a.closed = true
	for _, fd := range fds {
		f := os.NewFile(uintptr(fd), "accepted")
		if c, err := net.FileConn(f); err == nil {
			a.rest = append(a.rest, c)
		}
		f.Close()
	}
}

// passes reports whether accepting again may succeed: the peer was gone
// already, or descriptors or memory ran out.
func passes(err error) bool {
	for _, e := range []error{unix.ECONNABORTED, unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM, unix.EINTR} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// wait backs off as net/http does: 5 ms, doubled up to a second.
func (a *acceptor) wait() {
	a.backoff = min(max(2*a.backoff, 5*time.Millisecond), time.Second)
	select {
	case <-time.After(a.backoff):
	case <-a.ctx.Done():
	}
}

// keepOut lets no new connection begin, as far as the listener can do that.
func keepOut(ln net.Listener) {
	if sc, ok := ln.(syscall.Conn); ok {
		if raw, err := sc.SyscallConn(); err == nil {
			_ = raw.Control(func(fd uintptr) { _ = listener.KeepOut(int(fd)) })
		}
	}
}
