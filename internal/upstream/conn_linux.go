package upstream

import (
	"time"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/internal/reactor"
)

// state is what a connection waits for.
type state uint8

const (
	idle    state = iota // the head of a request
	queued               // capacity for its request
	holding              // its request's time
	writing              // room for the answer
	leaving              // the client to read the last answer and close
	closed
)

// conn is a connection and the one request that it may have in flight. Idle,
// it is this struct, its timer's function and an entry in the reactor's table:
// about 200 bytes. It is edge-triggered, so that a request costs no epoll_ctl.
type conn struct {
	server *Server
	fd     int
	index  int // in server.conns
	state  state
	unread bool        // the kernel may have more input
	after  persistence // the answer
	in     []byte      // input that is not parsed yet; nil if none
	out    []byte      // output that is not written yet

	name       *name // of the request in flight, else nil
	hold       time.Duration
	due        int64
	timer      reactor.Timer
	prev, next *conn // in name's queue
}

// connect takes over a descriptor that was just accepted.
func (s *Server) connect(fd int) error {
	c := &conn{server: s, fd: fd, index: len(s.conns)}
	c.timer.Init(c.expire)
	if err := s.reactor.Add(fd, reactor.Readable|reactor.Writable|reactor.PeerClosed|reactor.Edge, c); err != nil {
		unix.Close(fd)
		return err
	}
	s.conns = append(s.conns, c)
	s.accounts.connected(1)
	return nil
}

// Ready follows what happened on the socket.
func (c *conn) Ready(ev reactor.Events) {
	if ev&reactor.Broken != 0 {
		c.close()
		return
	}
	if ev&reactor.Readable != 0 {
		c.unread = true
	}
	if c.state == writing && ev&reactor.Writable != 0 {
		c.write()
	}
	c.advance()
	if ev&reactor.PeerClosed != 0 {
		// Everything that came before it has been seen.
		if c.state == writing {
			c.after = closes // the client may still read
			return
		}
		c.close()
	}
}

// expire runs when the timer fires.
func (c *conn) expire() {
	if c.state == leaving {
		c.close()
		return
	}
	c.answer()
	c.advance()
}

// close ends the connection; a request in flight is abandoned.
func (c *conn) close() {
	if c.state == closed {
		return
	}
	s := c.server
	s.reactor.Stop(&c.timer)
	if c.name != nil {
		c.abandon()
	}
	c.state = closed
	c.in, c.out = nil, nil
	_ = s.reactor.Remove(c.fd) // it is closed next in any case
	unix.Close(c.fd)
	last := len(s.conns) - 1
	s.conns[c.index] = s.conns[last]
	s.conns[c.index].index = c.index
	s.conns[last] = nil
	s.conns = s.conns[:last]
	s.accounts.connected(-1)
	s.accept.restart()
}
