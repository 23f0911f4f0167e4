// Package pgpool is a PostgreSQL connection pool that waits as the task waits
// which uses it. It stands on [engine.Task] alone: pgx's pgconn speaks the
// protocol on connections from Task.Dial, and who finds all connections in use
// waits in Task.Hold. So it parks tasks, never a loop, where pgxpool and
// database/sql would block whoever runs the task.
//
//	pool, err := pgpool.New("postgres://app@127.0.0.1/shop", pgpool.Options{Size: 20})
//	…
//	err := t.Await("stock", func(t engine.Task) error {
//		rows, err := pool.Query(t, ctx, "select name, price from item where id = $1", 7)
//		…
//	})
//
// [Pool.Query] and [Pool.Exec] are for single statements. [Pool.With] lends a
// connection for a transaction, a prepared statement, a pipeline: all that
// pgconn.PgConn offers, on the goroutine of the task only. CopyFrom, which
// writes on a goroutine of its own, is answered with
// [engine.ErrForeignGoroutine].
//
// # How it treats connections
//
// A connection is used by one task at a time, and again by every later task of
// which [engine.HostOf] is the same: the latest first. Before it is lent it is
// looked at: one that the server has closed meanwhile is dropped and replaced.
// When it comes back in the middle of a result, inside a transaction or broken,
// it is closed. What else makes up a session (SET, LISTEN, advisory locks)
// stays with it.
//
// A query whose context ends is cancelled: the task gets the context's error,
// the server a CancelRequest, and the connection is closed, because the answer
// to the query may still be on its way. As with every client, whether the
// server had executed it by then is not known.
//
// # Connecting per request
//
// With [Options.PerRequest] there is no pool: every use connects, as programs
// do that open a driver's connection in each handler. It costs a server process
// and an authentication per request, and nothing bounds their number. At the
// server's max_connections requests begin to fail with [ErrTooManyConnections],
// and that is sooner than the number of requests at once suggests: the process
// of a session outlives its connection by a moment.
package pgpool
