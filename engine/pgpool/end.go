package pgpool

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
)

const (
	// goodbye bounds what is done for a connection that is given up, while its
	// task waits.
	goodbye = time.Second
	// settled is when a server has surely begun with a query that was sent.
	settled = 250 * time.Millisecond
)

// terminate is the message that ends a session.
var terminate = []byte{'X', 0, 0, 0, 4}

// end closes a connection, on the goroutine that it is lent to. If the server
// may still be executing something it is told to cancel that.
func (c *conn) end() {
	defer c.takeBack()
	defer c.raw.Close() //nolint:errcheck // pgconn may have closed it
	l := c.pg.Conn().(*link)
	l.giveUp()
	if c.lost {
		return
	}
	interrupted := c.timedOut || c.pg.IsBusy()
	_ = l.Conn.SetDeadline(time.Now().Add(goodbye))
	_, _ = l.Conn.Write(terminate) // the server may not be there any more
	if interrupted {
		c.cancel(l)
	}
}

// cancel asks the server, on another connection, to end what it executes. One
// that has nothing to do ignores that, also if it has not got the query yet: a
// query that was sent a moment ago is cancelled again until it is answered.
func (c *conn) cancel(l *link) {
	ctx, stop := context.WithTimeout(context.Background(), goodbye)
	defer stop()
	for pause := 5 * time.Millisecond; ; pause *= 2 {
		if err := c.pg.CancelRequest(ctx); err != nil {
			return // nobody takes it: the server is gone, or will be
		}
		if c.answered || time.Since(c.wrote) > settled || l.answers(c.task, pause) {
			return
		}
	}
}

// answers waits so long for anything to come, or the end.
func (l *link) answers(t engine.Task, wait time.Duration) bool {
	until := time.Now().Add(wait)
	_ = l.Conn.SetReadDeadline(until)
	var b [64]byte
	for {
		if n, err := l.Conn.Read(b[:]); n > 0 || !isTimeout(err) {
			return true
		}
		left := time.Until(until)
		if left <= 0 {
			return false
		}
		// After an interrupted read there are connections that do not wait.
		t.Sleep(min(left, time.Millisecond))
	}
}

func isTimeout(err error) bool {
	var t net.Error
	return errors.As(err, &t) && t.Timeout()
}
