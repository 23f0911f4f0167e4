package fiber

import (
	"fmt"
	"net"
	"time"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/internal/listener"
	"github.com/plimsoll-dev/plimsoll/internal/reactor"
)

// An acceptor takes connections from the kernel, on the reactor's goroutine.
type acceptor struct {
	server *Server
	ln     net.Listener
	fd     int // a duplicate of ln's
	timer  reactor.Timer
	pause  time.Duration // after the last error for want of descriptors
	until  int64         // when to close; 0: the server runs
	held   int           // a connection accepted past the cap; -1: none
	closed bool
}

// acceptBatch bounds how long a crowd of new clients keeps the others waiting.
const acceptBatch = 64

func newAcceptor(s *Server, ln net.Listener) (*acceptor, error) {
	fd, err := listener.Take(ln, s.cfg.Backlog)
	if err != nil {
		return nil, err
	}
	a := &acceptor{server: s, ln: ln, fd: fd, held: -1}
	a.timer.Init(a.onTimer)
	return a, nil
}

func (a *acceptor) watch() error { return a.server.group.reactor.Add(a.fd, reactor.Readable, a) }

// listen has new connections reported, or not.
func (a *acceptor) listen(on bool) {
	var ev reactor.Events
	if on {
		ev = reactor.Readable
	}
	if err := a.server.group.reactor.Modify(a.fd, ev); err != nil {
		a.server.fail(err)
	}
}

// Ready implements reactor.Handler.
func (a *acceptor) Ready(reactor.Events) {
	for range acceptBatch {
		if a.held >= 0 || a.closed || !a.accept() {
			return
		}
	}
}

// accept takes one connection; false: no more for now.
func (a *acceptor) accept() bool {
	fd, err := reactor.Accept4(a.fd)
	switch err {
	case nil:
		a.pause = 0
		a.server.cfg.Ledger.Accepted.Add(1)
		a.server.cfg.Ledger.Connections.Add(1)
		if a.admit() {
			a.server.serve(fd)
			return true
		}
		a.held = fd
		a.listen(false)
		return false
	case reactor.ErrAgain:
		return false
	case unix.ECONNABORTED:
		return true
	case unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM:
		// The connection stays in the queue and would be reported at once,
		// again and again. Its chance comes with a descriptor.
		a.pause = min(max(2*a.pause, 5*time.Millisecond), time.Second)
		a.listen(false)
		a.start()
		return false
	}
	a.server.fail(fmt.Errorf("accept: %w", err))
	return false
}

// admit counts a connection in if there is room for it.
func (a *acceptor) admit() bool {
	s := a.server
	if !s.cfg.Room.enter(s) {
		return false
	}
	s.mu.Lock()
	s.open++
	s.mu.Unlock()
	return true
}

// resume serves the connection that was held, if there is room.
func (a *acceptor) resume() {
	if a.held < 0 || !a.admit() {
		return
	}
	fd := a.held
	a.held = -1
	a.server.serve(fd)
	a.listen(true)
	if a.over() {
		a.finish()
	}
}

// over reports whether the time to take new connections has ended.
func (a *acceptor) over() bool { return a.until != 0 && reactor.Clock() >= a.until }

// start sets the timer for what comes first: the end of a pause, or of all.
func (a *acceptor) start() {
	at := a.until
	if a.pause > 0 {
		if end := reactor.Clock() + int64(a.pause); at == 0 || end < at {
			at = end
		}
	}
	a.server.group.reactor.Start(&a.timer, at)
}

func (a *acceptor) onTimer() {
	if a.closed {
		return
	}
	if a.over() {
		a.finish()
		return
	}
	a.pause = 0
	if a.held < 0 {
		a.listen(true)
	}
	if a.until != 0 {
		a.start()
	}
}

// stop keeps new clients out and takes those that are on their way in, until
// the given time. Where clients cannot be kept out that is now.
func (a *acceptor) stop(until int64) {
	a.until = until
	if listener.KeepOut(a.fd) != nil {
		a.until = reactor.Clock()
	}
	a.start()
}

// finish takes what is in the kernel's queue and closes the listener at once
// after: it would reset what it has not taken.
func (a *acceptor) finish() {
	for a.held < 0 && a.accept() {
	}
	if a.held >= 0 { // past the cap: when a connection closes, resume goes on
		return
	}
	a.closed = true
	_ = a.server.group.reactor.Remove(a.fd)
	unix.Close(a.fd)
	_ = a.ln.Close() // what was accepted is ours
	a.server.settle()
}
