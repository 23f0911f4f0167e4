package fiber

import (
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/internal/reactor"
	"github.com/plimsoll-dev/plimsoll/model"
)

// A socket is a descriptor in non-blocking mode that waits as its user does: a
// fiber as its [Wait] says, any other goroutine on its own thread. One user may
// read and one write at a time. All methods may be called on any goroutine.
type socket struct {
	group *Group
	fd    int
	// refs is the number of users of fd, plus one until Close, and the bits
	// below. The descriptor is closed behind the last user, never under one,
	// whose system call would then meet whatever gets the number next.
	refs   atomic.Uint32
	dry    bool        // the last read took all there was: reader's
	hungUp atomic.Bool // the peer will send no more; stays
	client bool        // whose request is served; it waits no matter what the fiber is at
	rd, wr gate
}

const (
	reading = 1 << 29 << iota
	writing
	closing // keeps new users out
)

var (
	errClosing = net.ErrClosed
	errShared  = errors.New("used by two goroutines at once in one direction")
)

// register has the group's reactor watch fd from here on, once and for all:
// edges tell of everything new, and cost no system call to ask for.
func (s *socket) register(h reactor.Handler) error {
	return s.group.reactor.Add(s.fd, reactor.Readable|reactor.Writable|reactor.PeerClosed|reactor.Edge, h)
}

// ready is told what the reactor saw, on its goroutine. It reports whether a
// request may have come for which there is no fiber.
func (s *socket) ready(ev reactor.Events) (rested bool) {
	now := s.group.reactor.Now()
	if ev&(reactor.PeerClosed|reactor.Broken) != 0 {
		s.hungUp.Store(true)
	}
	if ev&(reactor.Writable|reactor.Broken) != 0 && s.wr.state.Load() != opened {
		s.wr.open(now) // mostly open: every event says that there is room
	}
	if ev&(reactor.Readable|reactor.PeerClosed|reactor.Broken) != 0 {
		rested = s.rd.open(now)
	}
	return rested
}

// acquire makes the caller a user of fd, and of one direction or none.
func (s *socket) acquire(direction uint32) error {
	for {
		n := s.refs.Load()
		switch {
		case n&closing != 0:
			return errClosing
		case n&direction != 0:
			return errShared
		case s.refs.CompareAndSwap(n, n+1+direction):
			return nil
		}
	}
}

func (s *socket) release(direction uint32) error {
	if s.refs.Add(^direction) == closing { // less 1 and the direction's bit
		return s.close()
	}
	return nil
}

// close closes the descriptor; nobody uses it.
func (s *socket) close() error {
	s.rd.disarm(s.group)
	s.wr.disarm(s.group)
	_ = s.group.reactor.Remove(s.fd) // not there if registering it failed
	if err := unix.Close(s.fd); err != nil {
		return os.NewSyscallError("close", err)
	}
	return nil
}

// end ends all use of the socket. Waits end with an error.
func (s *socket) end() error {
	for {
		n := s.refs.Load()
		if n&closing != 0 {
			return errClosing
		}
		if s.refs.CompareAndSwap(n, n|closing) {
			break
		}
	}
	s.rd.interrupt()
	s.wr.interrupt()
	return s.release(0)
}

// read reads what is there, and waits while nothing is, until due at the latest
// unless a deadline is set; 0: without limit.
func (s *socket) read(p []byte, due int64) (n int, err error) {
	if err := s.acquire(reading); err != nil {
		return 0, err
	}
	defer s.release(reading) //nolint:errcheck // nothing to lose: its user has closed it
	if len(p) == 0 {
		return 0, nil
	}
	if s.rd.expired() {
		return 0, os.ErrDeadlineExceeded
	}
	// After a short read the next byte, or the end, is a new edge; unless the
	// end has been announced already.
	if !s.dry || s.rd.state.Load() == opened || s.hungUp.Load() {
		if n, err = s.receive(p); err != reactor.ErrAgain {
			return n, err
		}
	}
	defer s.rd.limit(due)()
	for {
		if err := s.wait(&s.rd, unix.POLLIN); err != nil {
			s.dry = false // an edge may have come with the error
			return 0, err
		}
		if n, err = s.receive(p); err != reactor.ErrAgain {
			return n, err
		}
	}
}

// receive reads without waiting.
func (s *socket) receive(p []byte) (n int, err error) {
	n, err = reactor.Read(s.fd, p)
	s.dry = n < len(p) && (err == nil || err == reactor.ErrAgain)
	if err == nil || err == reactor.ErrAgain || err == io.EOF {
		return n, err
	}
	return 0, os.NewSyscallError("read", err)
}

// write writes all of p, and waits while the peer's window is full, for patience
// at most unless a deadline is set; 0: without limit.
func (s *socket) write(p []byte, patience time.Duration) (done int, err error) {
	if err := s.acquire(writing); err != nil {
		return 0, err
	}
	defer s.release(writing) //nolint:errcheck // as in read
	if s.wr.expired() {
		return 0, os.ErrDeadlineExceeded
	}
	if done, err = s.send(p); done == len(p) || err != nil {
		return done, err
	}
	if patience > 0 {
		defer s.wr.limit(reactor.Clock() + int64(patience))()
	}
	for done < len(p) {
		if err := s.wait(&s.wr, unix.POLLOUT); err != nil {
			return done, err
		}
		n, err := s.send(p[done:])
		done += n
		if err != nil {
			return done, err
		}
	}
	return done, nil
}

// send writes without waiting.
func (s *socket) send(p []byte) (int, error) {
	for len(p) > 0 {
		n, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(s.fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)), unix.MSG_NOSIGNAL, 0, 0)
		switch errno {
		case 0:
			return int(n), nil
		case unix.EINTR:
		case unix.EAGAIN:
			return 0, nil
		default:
			return 0, os.NewSyscallError("write", errno)
		}
	}
	return 0, nil
}

// limit sets the deadline of one operation, if none is set, and returns what
// takes it off again.
func (g *gate) limit(at int64) func() {
	if at == 0 || !g.deadline.CompareAndSwap(0, at) {
		return func() {}
	}
	return func() { g.deadline.CompareAndSwap(at, 0) }
}

// wait waits for the gate the way its user waits.
func (s *socket) wait(g *gate, events int16) error {
	f := Current()
	if f != nil && f.wait == Pin && s.group.pinner != nil {
		return s.group.pinner.Pinned(f, func() error { return s.block(g, events) })
	}
	switch {
	case f == nil || f.wait == Pin || f.wait == Block && !s.client:
		return s.block(g, events)
	case f.wait == Ask:
		f.ask()
		return s.usable(g)
	}
	if f.clock == nil || f.clock.State() != model.OnCPU {
		return g.wait(s, f)
	}
	prev := f.clock.Enter(model.Calling)
	defer f.clock.Leave(prev)
	return g.wait(s, f)
}
