package container

import (
	"fmt"
	"net"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/internal/account"
	"github.com/plimsoll-dev/plimsoll/internal/listener"
	"github.com/plimsoll-dev/plimsoll/internal/osthread"
	"github.com/plimsoll-dev/plimsoll/internal/reactor"
)

// An acceptor is the thread that takes connections from the kernel. It works
// on a duplicate of the listener's descriptor.
type acceptor struct {
	container *Container
	ln        net.Listener
	fd        int
	wake      int          // eventfd: readable once the engine stops
	until     atomic.Int64 // when to stop accepting; 0: the engine runs
}

// newAcceptor takes over ln's queue, and sets how long it is.
func newAcceptor(t *Container, ln net.Listener, backlog int) (*acceptor, error) {
	a := &acceptor{container: t, ln: ln}
	var err error
	if a.fd, err = listener.Take(ln, backlog); err != nil {
		return nil, err
	}
	if a.wake, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		unix.Close(a.fd)
		return nil, fmt.Errorf("eventfd: %w", err)
	}
	return a, nil
}

// close closes the listener, after run has returned.
func (a *acceptor) close() {
	_ = a.ln.Close() // what was accepted is ours
	unix.Close(a.fd)
	unix.Close(a.wake)
}

// stop makes run take what has reached the kernel's queue, and then return.
// New clients are kept out from here on by not answering their SYN: closing
// the listener alone would reset those whose handshake is under way. For them
// it stays open until the given time on account.Now's clock. Where clients
// cannot be kept out (Multipath TCP, which is Go's default for listeners, and
// unix sockets) it closes at once.
func (a *acceptor) stop(until int64) {
	if listener.KeepOut(a.fd) != nil {
		until = account.Now()
	}
	a.until.Store(until)
	_, _ = unix.Write(a.wake, []byte{1, 0, 0, 0, 0, 0, 0, 1})
}

// run is the life of the acceptor's thread. It returns an error if the
// listener fails.
func (a *acceptor) run() error {
	runtime.LockOSThread()
	osthread.Name("plimsoll-accept")
	osthread.ExactTimers()
	pause := time.Duration(0)
	for {
		fd, sa, err := unix.Accept4(a.fd, unix.SOCK_CLOEXEC)
		switch err {
		case nil:
			pause = 0
			a.serve(fd, sa)
		case unix.EINTR, unix.ECONNABORTED:
		case unix.EAGAIN:
			if done := a.await(); done {
				return nil
			}
		case unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM:
			// The connection stays in the queue and would be reported at
			// once, again and again. Its chance comes with a descriptor.
			pause = min(max(2*pause, 5*time.Millisecond), time.Second)
			if a.sleep(pause) {
				return nil
			}
		default:
			return fmt.Errorf("accept: %w", err)
		}
	}
}

// serve puts a connection under the poller's care. At the cap it first waits,
// holding the connection, for another one to close.
func (a *acceptor) serve(fd int, sa unix.Sockaddr) {
	t := a.container
	t.ledger.Accepted.Add(1)
	t.ledger.Connections.Add(1)
	t.conns.room()
	c := t.newConn(fd, sa)
	// From here to its registration it is in the sweep's sight, and not the
	// poller's to expire yet.
	c.mu.Lock()
	c.since.Store(account.Now())
	t.conns.add(c)
	err := t.poller.reactor.Add(fd, reactor.Readable|reactor.PeerClosed|reactor.OneShot, c)
	c.mu.Unlock()
	if err != nil { // the kernel is out of memory, or of watches
		_ = c.close()
	}
}

// await waits for a connection; true means that there will be none.
func (a *acceptor) await() (done bool) {
	until := a.until.Load()
	if until == 0 {
		a.poll([]unix.PollFd{{Fd: int32(a.fd), Events: unix.POLLIN}, {Fd: int32(a.wake), Events: unix.POLLIN}}, -1)
		return false
	}
	left := time.Duration(until - account.Now())
	if left <= 0 {
		return true
	}
	a.poll([]unix.PollFd{{Fd: int32(a.fd), Events: unix.POLLIN}}, left)
	return false
}

// sleep waits, and not for a connection; true means that the engine has
// stopped meanwhile.
func (a *acceptor) sleep(d time.Duration) (done bool) {
	if until := a.until.Load(); until != 0 {
		if account.Now() >= until {
			return true
		}
		osthread.Sleep(d)
		return false
	}
	a.poll([]unix.PollFd{{Fd: int32(a.wake), Events: unix.POLLIN}}, d)
	return false
}

// poll waits for one of the descriptors; a negative time is no limit. It may
// return early.
func (a *acceptor) poll(fds []unix.PollFd, d time.Duration) {
	var limit *unix.Timespec
	if d >= 0 {
		ts := unix.NsecToTimespec(int64(d))
		limit = &ts
	}
	_, _ = unix.Ppoll(fds, limit, nil)
}
