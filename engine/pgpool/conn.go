package pgpool

import (
	"context"
	"net"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/internal/goid"
	"github.com/plimsoll-dev/plimsoll/internal/peek"
)

// A conn is a connection to the server: idle, or lent to one task.
type conn struct {
	pg     *pgconn.PgConn // nil while connecting
	raw    net.Conn       // from Task.Dial
	host   any            // see engine.HostOf
	shared bool           // other tasks of the host may use it
	born   time.Time
	since  time.Time // idle since

	owner atomic.Uintptr // goid.Owner that may use it; 0: nobody

	// Of the owner.
	task     engine.Task
	reused   bool // it was idle before
	sent     bool // something was sent since it was lent
	wrote    time.Time
	answered bool // something was received since it last wrote
	timedOut bool // a read or write was interrupted, so the server may be at work
	lost     bool // the server is not there any more
}

// lend gives the connection to the task of the calling goroutine.
func (c *conn) lend(t engine.Task) {
	c.task = t
	c.sent, c.timedOut, c.lost = false, false, false
	c.owner.Store(goid.Current())
}

// takeBack ends what lend began: from here on nobody can use the connection.
func (c *conn) takeBack() {
	c.owner.Store(0)
	c.task = nil
}

func (c *conn) owned() bool { return c.owner.Load() == goid.Current() }

// alive finds out whether the server has closed an idle connection, which is
// lent. Where the connection cannot be looked at, the server is asked.
func (c *conn) alive(ctx context.Context) bool {
	if !c.clean() { // it was kept, and used, after it had been given back
		return false
	}
	ended, known := peek.Ended(c.raw)
	if known {
		c.lost = ended
		return !ended
	}
	if c.pg.Ping(ctx) != nil {
		return false
	}
	c.sent = false
	return true
}

// clean reports whether the connection stands where the next task may begin.
func (c *conn) clean() bool {
	return !c.pg.IsClosed() && !c.pg.IsBusy() && c.pg.TxStatus() == 'I'
}
