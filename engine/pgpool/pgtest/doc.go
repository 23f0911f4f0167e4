// Package pgtest holds engines to what package pgpool promises, against a real
// PostgreSQL. Every engine's test calls [Run], for each of its configurations
// that differ in kind:
//
//	func TestPostgreSQL(t *testing.T) {
//		pgtest.Run(t, "thread:max=40", thread.New)
//	}
//
// Each row of the table is an http.Handler on that engine which queries through
// a pool, and what must be seen of it from outside: in the answers, and in the
// server's own pg_stat_activity.
//
// [Start] gives the server to other tests. It is one for each test process, in
// a temporary directory, and ends with the process, however that ends.
package pgtest
