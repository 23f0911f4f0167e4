package pgtest

import (
	"context"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/pgpool"
)

// with makes a handler that uses a connection and returns an error.
func (h *harness) with(f func(ctx context.Context, c *pgconn.PgConn) error) handler {
	return h.await(func(ctx context.Context, t engine.Task) (string, error) {
		return "", h.pool.With(t, ctx, func(_ engine.Task, c *pgconn.PgConn) error { return f(ctx, c) })
	})
}

func sessionRows() []row {
	return []row{
		{name: "a transaction is one session, and done before the next", options: pgpool.Options{Size: 1}, run: func(t *testing.T, h *harness) {
			h.Ask(t, "drop table if exists stock; create table stock as select 10 as n; grant all on stock to app")
			h.serve(map[string]handler{
				"/": h.with(func(ctx context.Context, c *pgconn.PgConn) error {
					_, err := c.Exec(ctx, "begin; update stock set n = n - 1; commit").ReadAll()
					return err
				}),
			})
			answers := h.start(5, "/")
			for range cap(answers) {
				if a := <-answers; a.err != nil {
					t.Error(a.err)
				}
			}
			if left := h.Ask(t, "select n from stock"); left != "5" {
				t.Errorf("%s left in stock", left)
			}
		}},
		{name: "a session that is not clean is not lent again", options: pgpool.Options{Size: 1}, run: func(t *testing.T, h *harness) {
			h.Ask(t, "drop table if exists stock; create table stock as select 10 as n; grant all on stock to app")
			exec := func(ctx context.Context, c *pgconn.PgConn, sql string) error { return c.Exec(ctx, sql).Close() }
			h.serve(map[string]handler{
				"/pid": h.query(pid),
				"/in a transaction": h.with(func(ctx context.Context, c *pgconn.PgConn) error {
					return exec(ctx, c, "begin; update stock set n = 0")
				}),
				"/in a failed transaction": h.with(func(ctx context.Context, c *pgconn.PgConn) error {
					_ = exec(ctx, c, "begin")
					_ = exec(ctx, c, "update stock set n = 0")
					_ = exec(ctx, c, "select 1/(2-2)")
					return nil
				}),
				"/in the middle of a result": h.with(func(ctx context.Context, c *pgconn.PgConn) error {
					rows := c.ExecParams(ctx, "select generate_series(1, 1000000)", nil, nil, nil, nil)
					rows.NextRow()
					return nil
				}),
				"/before the first row": h.with(func(ctx context.Context, c *pgconn.PgConn) error {
					c.Exec(ctx, Pass)
					return nil
				}),
				"/in a panic": h.with(func(ctx context.Context, c *pgconn.PgConn) error {
					_ = exec(ctx, c, "begin; update stock set n = 0")
					panic("boom")
				}),
				"/closed": h.with(func(ctx context.Context, c *pgconn.PgConn) error { return c.Close(ctx) }),
			})
			h.CloseGate(t)
			for _, path := range []string{"/in%20a%20transaction", "/in%20a%20failed%20transaction", "/in%20the%20middle%20of%20a%20result", "/before%20the%20first%20row", "/in%20a%20panic", "/closed"} {
				before := h.want("/pid")
				h.get(path) //nolint:errcheck // some fail, and none may harm the next
				h.sessions(0, Any)
				if s := h.pool.Stats(); s.Open != 0 || h.pool.Resource().Stats().InUse != 0 {
					t.Errorf("%s: %+v", path, s)
				}
				if h.want("/pid") == before {
					t.Errorf("%s: the session was lent again", path)
				}
			}
			if left := h.Ask(t, "select n from stock"); left != "10" {
				t.Errorf("%s left in stock: a transaction that nobody committed was", left)
			}
		}},
		{name: "what is idle at a restart of the server is replaced unseen", options: pgpool.Options{Size: 3}, run: func(t *testing.T, h *harness) {
			h.serve(map[string]handler{"/": h.query(Pass), "/pid": h.query(pid)})
			for _, mode := range []string{"fast", "immediate"} {
				h.CloseGate(t)
				answers := h.start(3, "/")
				h.sessions(3, Waiting)
				h.OpenGate(t)
				for range cap(answers) {
					if a := <-answers; a.err != nil {
						t.Fatal(a.err)
					}
				}
				h.server.Restart(t, mode)
				for range 5 {
					h.want("/pid")
				}
			}
		}},
		{name: "a query that a restart ends has an unknown outcome", options: pgpool.Options{Size: 2}, run: func(t *testing.T, h *harness) {
			h.serve(map[string]handler{"/": h.query(Pass), "/pid": h.query(pid)})
			for _, mode := range []string{"fast", "immediate"} {
				h.CloseGate(t)
				answers := h.start(2, "/")
				h.sessions(2, Waiting)
				h.server.Restart(t, mode)
				for range cap(answers) {
					if a := <-answers; !errors.Is(a.err, pgpool.ErrOutcomeUnknown) {
						t.Errorf("%s: got %v", mode, a.err)
					}
				}
				h.want("/pid")
				if s := h.pool.Resource().Stats(); s.InUse != 0 {
					t.Errorf("%s: %+v", mode, s)
				}
			}
		}},
	}
}
