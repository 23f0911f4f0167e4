package pgpool_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/pgpool"
	"github.com/plimsoll-dev/plimsoll/engine/pgpool/pgtest"
	"github.com/plimsoll-dev/plimsoll/internal/account"
	"github.com/plimsoll-dev/plimsoll/internal/coro"
	"github.com/plimsoll-dev/plimsoll/internal/goid"
	"github.com/plimsoll-dev/plimsoll/internal/inline"
	"github.com/plimsoll-dev/plimsoll/internal/reactor"
)

// A loop is the least event loop that has tasks: coroutines on one goroutine.
type loop struct {
	t       *testing.T
	reactor *reactor.Reactor
	running *coro.Coroutine
	owners  map[*coro.Coroutine]goid.Owner
	left    int // coroutines that have not finished
}

func newLoop(t *testing.T) *loop {
	r, err := reactor.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return &loop{t: t, reactor: r, owners: map[*coro.Coroutine]goid.Owner{}}
}

// Go starts a coroutine, of which the next turn runs the first stretch.
func (l *loop) Go(f func()) {
	c := coro.New()
	c.Start(func() { l.owners[c] = goid.Current(); f() })
	l.left++
	l.reactor.Post(func() { l.resume(c) })
}

func (l *loop) resume(c *coro.Coroutine) {
	before := l.running
	l.running = c
	status := c.Resume()
	l.running = before
	switch status {
	case coro.Parked:
	case coro.Ready:
		l.reactor.Post(func() { l.resume(c) })
	default:
		if p := c.Failure(); p != nil {
			l.t.Error(p)
		}
		if c.Stop(); status != coro.Finished {
			l.t.Error("a coroutine is gone")
		}
		l.left--
	}
}

// run turns until every coroutine has finished.
func (l *loop) run() {
	for l.left > 0 {
		if err := l.reactor.Poll(-1); err != nil {
			l.t.Error(err)
			return
		}
	}
}

// task runs f as a task in a coroutine of its own.
func (l *loop) task(f func(engine.Task)) {
	l.Go(func() {
		var ledger account.Ledger
		var clock account.Clock
		var task inline.Task
		clock.Begin(&ledger, account.Now(), account.Now())
		task.Reset(l, &clock)
		defer task.Release()
		f(&task)
	})
}

// A permit parks a coroutine; its state word is what carries the permit.
type permit struct {
	l *loop
	c *coro.Coroutine
}

func (p permit) Park() { p.c.Park() }

func (p permit) Unpark() {
	if p.c.Unpark() {
		p.l.reactor.Post(func() { p.l.resume(p.c) })
	}
}

func (l *loop) NewParker() engine.Parker { return permit{l, l.running} }

func (l *loop) Sleep(time.Duration) { l.t.Error("nothing here has a reason to sleep") }

func (l *loop) Dial(_ context.Context, network, address string) (net.Conn, error) {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, err
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	c := &loopConn{l: l, fd: fd, remote: net.TCPAddrFromAddrPort(to)}
	if err := l.reactor.Add(fd, reactor.OneShot, c); err != nil {
		return nil, err
	}
	err = unix.Connect(fd, &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()})
	if err == unix.EINPROGRESS {
		c.wait(reactor.Writable)
		errno, _ := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
		if err = nil; errno != 0 {
			err = unix.Errno(errno)
		}
	}
	if err != nil {
		c.Close()
		return nil, os.NewSyscallError("connect", err)
	}
	return c, nil
}

// A loopConn suspends the coroutine that waits for it.
type loopConn struct {
	net.Conn // nil: what is not used here
	l        *loop
	fd       int
	waiter   permit
	remote   net.Addr
}

func (c *loopConn) wait(ev reactor.Events) {
	c.waiter = permit{c.l, c.l.running}
	if err := c.l.reactor.Modify(c.fd, ev|reactor.OneShot); err != nil {
		c.l.t.Error(err)
	}
	c.waiter.Park()
}

func (c *loopConn) Ready(reactor.Events) { c.waiter.Unpark() }

// check is called where anything but the coroutine that runs would harm.
func (c *loopConn) check() {
	if c.l.owners[c.l.running] != goid.Current() {
		c.l.t.Error("the connection is used by another goroutine")
	}
}

func (c *loopConn) Read(p []byte) (int, error) {
	c.check()
	for {
		n, err := reactor.Read(c.fd, p)
		if err != reactor.ErrAgain {
			return n, err
		}
		c.wait(reactor.Readable)
	}
}

func (c *loopConn) Write(p []byte) (done int, err error) {
	c.check()
	for done < len(p) {
		n, err := reactor.Write(c.fd, p[done:])
		if err == reactor.ErrAgain {
			c.wait(reactor.Writable)
			continue
		}
		if err != nil {
			return done, err
		}
		done += n
	}
	return done, nil
}

func (c *loopConn) Close() error {
	c.l.reactor.Remove(c.fd)
	return unix.Close(c.fd)
}

func (c *loopConn) RemoteAddr() net.Addr { return c.remote }

func (c *loopConn) SetDeadline(time.Time) error { return nil }

// goroutines returns the stacks of those in which pgconn has a part, and how
// many coroutines are among all.
func goroutines() (stacks []string, coroutines int) {
	b := make([]byte, 4<<20)
	for _, stack := range strings.Split(string(b[:runtime.Stack(b, true)]), "\n\n") {
		switch {
		case coroutine.MatchString(stack):
			coroutines++
		case strings.Contains(stack, "jackc/pgx"):
			stacks = append(stacks, stack)
		}
	}
	return stacks, coroutines
}

var coroutine = regexp.MustCompile(`internal/coro\.\(\*Coroutine\)\.call\(`)

// On a loop everything that pgconn does is done by the coroutine that asked
// for it: connecting, waiting, reading. Nobody else uses the connection,
// nothing waits elsewhere, and nothing blocks the loop: all wait at once.
func TestPgconnWaitsInTheCoroutineThatAsked(t *testing.T) {
	const size, tasks, queries = 20, 60, 20
	watch := pgtest.Start(t).Observe(t)
	p := pool(t, pgpool.Options{Size: size})
	l := newLoop(t)
	watch.CloseGate(t)
	for i := range tasks {
		l.task(func(task engine.Task) {
			if _, err := p.Query(task, t.Context(), pgtest.Pass); err != nil {
				t.Error(err)
			}
			for j := range queries {
				want := fmt.Sprint(i, ".", j)
				if rows, err := p.Query(task, t.Context(), "select $1, repeat('x', 50000)", want); err != nil || string(rows[0][0]) != want {
					t.Errorf("%s: %v", want, err)
				}
			}
		})
	}
	turned := make(chan struct{})
	go func() { defer close(turned); l.run() }()
	watch.Eventually(t, size, t.Name(), pgtest.Waiting)
	for p.Resource().Stats().Waiting != tasks-size {
		runtime.Gosched()
	}
	// A write that took long, because the machine is busy, has started a
	// background reader, which ends at once. One that does not would be here.
	stacks, n := goroutines()
	for end := time.Now().Add(10 * time.Second); len(stacks) != 0 && time.Now().Before(end); {
		stacks, n = goroutines()
	}
	if len(stacks) != 0 || n != tasks {
		t.Errorf("%d coroutines, and beside them:\n%s", n, strings.Join(stacks, "\n\n"))
	}
	watch.OpenGate(t)
	<-turned
	if s := p.Stats(); s.Open != size || s.Opened != size {
		t.Errorf("%+v", s)
	}
}
