package pgpool

import (
	"net"
	"os"
	"sync"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
)

// A link is the network connection as pgconn gets to see it. pgconn starts
// goroutines now and then: to read in the background while a write takes long,
// to say goodbye on a connection that has failed, to copy. A task's connection
// must not be used by any other goroutine than the task's, so there they get
// an error at once, and end.
//
// SetDeadline is the exception: the end of a context is seen on a goroutine of
// its own, and every net.Conn can be told a deadline from anywhere.
type link struct {
	net.Conn // from Task.Dial, or TLS upon it
	conn     *conn

	mu      sync.Mutex // guards givenUp, and keeps deadlines from coming after it
	givenUp bool
}

// SetDeadline is for pgconn.
func (l *link) SetDeadline(at time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.givenUp {
		return net.ErrClosed
	}
	return l.Conn.SetDeadline(at)
}

// giveUp makes the deadlines the pool's own business.
func (l *link) giveUp() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.givenUp = true
}

// Read is for pgconn's goroutines; the protocol is read by reader. A time-out
// is what the background reader does not keep.
func (l *link) Read([]byte) (int, error) { return 0, os.ErrDeadlineExceeded }

func (l *link) Write(p []byte) (int, error) {
	if !l.conn.owned() {
		return 0, engine.ErrForeignGoroutine
	}
	n, err := l.Conn.Write(p)
	c := l.conn
	c.sent, c.answered, c.wrote = c.sent || n > 0, false, time.Now()
	c.note(err)
	return n, err
}

func (l *link) Close() error {
	if !l.conn.owned() {
		return nil // the pool closes it, on the owner
	}
	return l.Conn.Close()
}

// A reader reads the protocol.
type reader struct{ *link }

func (r reader) Read(p []byte) (int, error) {
	if !r.conn.owned() {
		return 0, engine.ErrForeignGoroutine
	}
	n, err := r.Conn.Read(p)
	r.conn.answered = r.conn.answered || n > 0
	r.conn.note(err)
	return n, err
}

// note keeps in mind how a read or write failed.
func (c *conn) note(err error) {
	c.timedOut = c.timedOut || isTimeout(err)
	c.lost = c.lost || err != nil && !isTimeout(err)
}
