package pgpool

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/plimsoll-dev/plimsoll/engine"
)

// Query executes one statement on a connection of the pool and returns all of
// its rows: of each the columns, in PostgreSQL's text format, of which null is
// nil.
//
// The values for $1, $2, … are strings, byte slices (sent as they are), bools,
// integers, floats, times, or nil for null. The server takes the types from the
// statement: write $1::int where it cannot.
//
// A statement that could not be sent, because the connection turned out to be
// closed, is sent once more on a new one.
func (p *Pool) Query(t engine.Task, ctx context.Context, sql string, args ...any) ([][][]byte, error) {
	res, err := p.run(t, ctx, sql, args)
	if err != nil {
		return nil, fmt.Errorf("pgpool: query: %w", err)
	}
	return res.Rows, nil
}

// Exec is [Pool.Query] for a statement of which only the command tag is of
// interest: what was done, and to how many rows.
func (p *Pool) Exec(t engine.Task, ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	res, err := p.run(t, ctx, sql, args)
	if err != nil {
		return pgconn.CommandTag{}, fmt.Errorf("pgpool: exec: %w", err)
	}
	return res.CommandTag, nil
}

func (p *Pool) run(t engine.Task, ctx context.Context, sql string, args []any) (*pgconn.Result, error) {
	values, formats, err := encode(args)
	if err != nil {
		return nil, err
	}
	var res *pgconn.Result
	err = p.use(ctx, t, true, func(_ engine.Task, c *conn) error {
		res = c.pg.ExecParams(ctx, sql, values, nil, formats, nil).Read()
		return res.Err
	})
	return res, err
}

// With lends a connection while f runs: for a transaction, a prepared
// statement, a pipeline. f uses it on its own goroutine, with the task that it
// is given, and does not keep it. Each of its queries is bounded by the
// context that f passes to it; ctx bounds the wait for the connection, and
// connecting.
//
// A connection that f leaves inside a transaction or in the middle of a result
// is closed, which ends both. An f that uses the same pool again inside waits
// for a second connection while it has one: enough of them at once wait for
// each other for ever.
func (p *Pool) With(t engine.Task, ctx context.Context, f func(engine.Task, *pgconn.PgConn) error) error {
	err := p.use(ctx, t, false, func(t engine.Task, c *conn) error { return f(t, c.pg) })
	if err != nil {
		return fmt.Errorf("pgpool: %w", err)
	}
	return nil
}
