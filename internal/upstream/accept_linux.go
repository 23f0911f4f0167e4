package upstream

import (
	"context"
	"fmt"
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/internal/reactor"
)

// acceptBatch bounds how many connections are accepted between two looks at
// the timers.
const acceptBatch = 64

// acceptPause is how long the acceptor waits when descriptors or memory ran
// out, unless a connection closes before. The listener stays ready all the
// time: trying again at once would be a loop.
const acceptPause = 50 * time.Millisecond

// acceptor takes connections from the listener.
type acceptor struct {
	server *Server
	fd     int
	fail   context.CancelCauseFunc
	paused bool
	resume reactor.Timer
}

// acceptError ends a server: its listener is of no use any more.
type acceptError struct{ err error }

func (e *acceptError) Error() string { return fmt.Sprintf("accept: %v", e.err) }
func (e *acceptError) Unwrap() error { return e.err }

// descriptorOf returns a duplicate of a listener's descriptor, so that closing
// the listener, whenever that happens, does not take it from the reactor.
func descriptorOf(ln net.Listener) (int, error) {
	sc, ok := ln.(syscall.Conn)
	if !ok {
		return -1, fmt.Errorf("a %T has no descriptor; use a listener from net.Listen", ln)
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return -1, err
	}
	fd := -1
	var dupErr error
	err = raw.Control(func(original uintptr) {
		fd, dupErr = unix.FcntlInt(original, unix.F_DUPFD_CLOEXEC, 0)
	})
	if err != nil {
		return -1, err
	}
	if dupErr != nil {
		return -1, fmt.Errorf("duplicate the listener: %w", dupErr)
	}
	return fd, nil
}

func (a *acceptor) start(s *Server, fd int, fail context.CancelCauseFunc) error {
	a.server, a.fd, a.fail = s, fd, fail
	a.resume.Init(a.restart)
	// Accepted connections inherit it. An answer is one write and must not
	// wait for the acknowledgement of the one before (Nagle). Other sockets
	// than TCP refuse it, and have no such wait.
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	return s.reactor.Add(fd, reactor.Readable, a)
}

func (a *acceptor) stop() {
	a.paused = false
	a.server.reactor.Stop(&a.resume)
	_ = a.server.reactor.Remove(a.fd) // the descriptor is closed next in any case
}

// Ready accepts what has arrived.
func (a *acceptor) Ready(reactor.Events) {
	for range acceptBatch {
		fd, err := reactor.Accept4(a.fd)
		switch err {
		case nil:
			if a.server.connect(fd) != nil {
				a.pause() // no memory, or no watches (max_user_watches)
				return
			}
		case reactor.ErrAgain:
			return
		case unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM:
			a.pause()
			return
		case unix.ECONNABORTED, unix.EPROTO, unix.EPERM,
			unix.ENETDOWN, unix.ENOPROTOOPT, unix.EHOSTDOWN, unix.ENONET,
			unix.EHOSTUNREACH, unix.EOPNOTSUPP, unix.ENETUNREACH:
			// Of the one connection, not of the listener (accept(2)).
		default:
			a.fail(&acceptError{err})
			return
		}
	}
}

func (a *acceptor) pause() {
	a.paused = true
	a.server.accounts.paused()
	if err := a.server.reactor.Modify(a.fd, 0); err != nil {
		a.fail(&acceptError{err})
		return
	}
	a.server.reactor.Start(&a.resume, reactor.Clock()+int64(acceptPause))
}

// restart ends a pause; outside one it does nothing.
func (a *acceptor) restart() {
	if !a.paused {
		return
	}
	a.paused = false
	a.server.reactor.Stop(&a.resume)
	if err := a.server.reactor.Modify(a.fd, reactor.Readable); err != nil {
		a.fail(&acceptError{err})
	}
}
