package fiber

import (
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/internal/reactor"
)

// A blocker is what wakes a thread in poll(2) when it is not the descriptor:
// an eventfd.
type blocker struct{ fd int }

func (b *blocker) wake() { _, _ = unix.Write(b.fd, []byte{1, 0, 0, 0, 0, 0, 0, 1}) }

func (b *blocker) close() { unix.Close(b.fd) }

// reset takes back wake-ups that nobody needed.
func (b *blocker) reset() {
	var count [8]byte
	_, _ = reactor.Read(b.fd, count[:])
}

func (g *Group) takeBlocker() (*blocker, error) {
	g.mu.Lock()
	if n := len(g.blockers); n > 0 {
		b := g.blockers[n-1]
		g.blockers = g.blockers[:n-1]
		g.mu.Unlock()
		return b, nil
	}
	g.mu.Unlock()
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, err
	}
	return &blocker{fd}, nil
}

func (g *Group) putBlocker(b *blocker) {
	b.reset()
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.all == nil { // the group is closed: a goroutine that outlives its handler
		b.close()
		return
	}
	g.blockers = append(g.blockers, b)
}

// block is gate.wait on the caller's thread, in poll(2). Like that it may end for
// nothing: the caller looks.
func (s *socket) block(g *gate, events int16) error {
	b, err := s.group.takeBlocker()
	if err != nil {
		return os.NewSyscallError("eventfd", err)
	}
	g.thread.Store(b)
	defer func() {
		g.thread.Store(nil)
		s.group.putBlocker(b)
	}()
	// From here on a new deadline, and Close, wake this thread; what came
	// before is seen now.
	if g.state.CompareAndSwap(opened, shut) {
		return nil
	}
	if err := s.usable(g); err != nil {
		return err
	}
	var limit *unix.Timespec
	if d := g.deadline.Load(); d != 0 {
		ts := unix.NsecToTimespec(max(0, d-reactor.Clock()))
		limit = &ts
	}
	fds := [...]unix.PollFd{{Fd: int32(s.fd), Events: events}, {Fd: int32(b.fd), Events: unix.POLLIN}}
	if _, err := unix.Ppoll(fds[:], limit, nil); err != nil && err != unix.EINTR {
		return os.NewSyscallError("ppoll", err)
	}
	return s.usable(g)
}

// deadlineOf returns a time on the reactor's clock; 0 for the zero time.
func deadlineOf(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	now := reactor.Clock()
	return max(1, now+min(int64(time.Until(t)), forever-now))
}

// setDeadline also holds for a wait under way.
func (s *socket) setDeadline(t time.Time, gates ...*gate) error {
	if s.refs.Load()&closing != 0 {
		return errClosing
	}
	at := deadlineOf(t)
	for _, g := range gates {
		if before := g.deadline.Swap(at); at != 0 && (before == 0 || at < before) {
			g.interrupt() // whoever waits looks at it
		}
	}
	return nil
}
