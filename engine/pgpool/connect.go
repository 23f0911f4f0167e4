package pgpool

import (
	"context"
	"io"
	"net"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/plimsoll-dev/plimsoll/engine"
)

// connect opens a connection and lends it to t.
func connect(ctx context.Context, t engine.Task, base *pgconn.Config) (*conn, error) {
	c := &conn{born: time.Now()}
	c.host, c.shared = engine.HostOf(t)
	if base.ConnectTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, base.ConnectTimeout)
		defer cancel()
	}
	c.lend(t)
	defer func() { // also if an engine unwinds the task
		if c.pg == nil {
			c.takeBack()
			if c.raw != nil {
				c.raw.Close() //nolint:errcheck // there is an error already
			}
		}
	}()
	pg, err := pgconn.ConnectConfig(ctx, c.config(base))
	if err != nil {
		return nil, connectError(err)
	}
	c.pg = pg
	c.lend(t) // anew: what connecting has sent does not count
	return c, nil
}

// config makes pgconn use the task for whatever waits.
func (c *conn) config(base *pgconn.Config) *pgconn.Config {
	config := base.Copy()
	config.ConnectTimeout = 0 // pgconn's is for each address, and connect's for them all
	config.DialFunc = c.dial
	// The task resolves names, when it dials: Go's resolver would block a loop.
	config.LookupFunc = func(_ context.Context, host string) ([]string, error) { return []string{host}, nil }
	config.AfterNetConnect = func(_ context.Context, _ *pgconn.Config, nc net.Conn) (net.Conn, error) {
		return &link{Conn: nc, conn: c}, nil
	}
	config.BuildFrontend = func(_ io.Reader, w io.Writer) *pgproto3.Frontend {
		return pgproto3.NewFrontend(reader{w.(*link)}, w)
	}
	config.OnPgError = func(_ *pgconn.PgConn, err *pgconn.PgError) bool {
		fatal := fatal(err)
		c.lost = c.lost || fatal
		return !fatal
	}
	return config
}

// dial is pgconn's DialFunc, also for a CancelRequest.
func (c *conn) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if !c.owned() {
		return nil, engine.ErrForeignGoroutine
	}
	nc, err := c.task.Dial(ctx, network, address)
	if err == nil && c.pg == nil {
		c.raw = nc
	}
	return nc, err
}
