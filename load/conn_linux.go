package load

import (
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/internal/reactor"
	"github.com/plimsoll-dev/plimsoll/internal/wire"
)

// conn is a connection: being opened (pending ≥ 0), idle, or with a request.
type conn struct {
	client     *client
	fd         int // -1: closed
	registered bool
	index      int           // in client.conns
	pending    int           // in client.connecting, or -1
	begun      int64         // when it was begun to be opened
	took       time.Duration // to open it, until its first request has noted it

	isIdle       bool
	above, below *conn // in the stack of idle ones

	req    *request // nil: none
	used   bool     // it was idle before, kept or pre-opened
	rest   []byte   // of the request, not written yet
	broken bool     // writing failed
	ended  bool     // the server's end had come when the connection was established: there is no edge to come
	got    bool     // a byte of the response was read

	in         []byte // read but not consumed
	inBody     bool
	keep       bool // after this response, as far as that is known
	status     int
	body       wire.Body
	untilClose bool
}

// Ready is called by the reactor.
func (k *conn) Ready(ev reactor.Events) {
	if k.pending >= 0 {
		k.ended = ev&reactor.PeerClosed != 0
		k.connected()
	} else {
		if ev&reactor.Writable != 0 && len(k.rest) > 0 {
			k.flush()
		}
		if ev&(reactor.Readable|reactor.PeerClosed|reactor.Broken) != 0 && k.fd >= 0 {
			k.read(ev)
		}
	}
	k.client.pump()
}

func (k *conn) connected() {
	errno, err := unix.GetsockoptInt(k.fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && errno != 0 {
		err = unix.Errno(errno)
	}
	if err != nil {
		k.close()
		k.client.notOpened(err)
		return
	}
	k.client.opened(k)
}

// send writes a request, as much of it as can be written at once.
func (k *conn) send(q *request) {
	c := k.client
	t := &c.templates[q.route]
	t.patch(q.seed)
	k.req, q.conn = q, k
	k.got, k.inBody, k.keep, k.untilClose = false, false, true, false
	if k.took > 0 {
		q.connecting, k.took = k.took, 0
	}
	if q.sent == 0 {
		q.sent = reactor.Clock()
		c.tally(q.at).routes[q.route].Sent++
	}
	n, err := reactor.Write(k.fd, t.bytes)
	if n == len(t.bytes) {
		if k.ended {
			k.read(reactor.PeerClosed)
		}
		return
	}
	k.rest = t.bytes[n:]
	if t.seed > 0 && n < t.seed+16 {
		k.rest = slices.Clone(k.rest) // the next request patches the seed
	}
	if err != nil && err != reactor.ErrAgain {
		k.broken = true
		k.read(0)
	}
}

// flush writes more of a request.
func (k *conn) flush() {
	for len(k.rest) > 0 {
		n, err := reactor.Write(k.fd, k.rest)
		k.rest = k.rest[n:]
		if err == reactor.ErrAgain {
			return
		}
		if err != nil {
			k.broken = true
			k.read(0)
			return
		}
	}
}

// close closes the connection. Its request is left to the caller.
func (k *conn) close() {
	c := k.client
	if k.fd < 0 {
		return
	}
	if k.registered {
		_ = c.r.Remove(k.fd) // fails only when the reactor is closed
	}
	_ = unix.Close(k.fd)
	k.fd = -1
	if k.pending >= 0 {
		c.notConnecting(k)
	} else {
		c.giveBack()
	}
	if k.isIdle {
		c.takeIdle(k)
	}
	end := len(c.conns) - 1
	last := c.conns[end]
	c.conns[k.index], last.index = last, k.index
	c.conns[end] = nil
	c.conns = c.conns[:end]
}
