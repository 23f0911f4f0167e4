package pgtest

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// An Observer is a superuser's session beside those under test. Its methods
// may be called concurrently.
type Observer struct {
	server *Server
	mu     sync.Mutex // held for a query
	conn   *pgconn.PgConn
}

// Observe opens a session, which is closed when t ends.
func (s *Server) Observe(t testing.TB) *Observer {
	o := &Observer{server: s}
	t.Cleanup(func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.conn != nil {
			o.conn.Close(context.Background()) //nolint:errcheck // nothing was outstanding
		}
	})
	return o
}

// query executes statements and returns the first column of the first row of
// the last. A session that a restart has ended is opened again.
func (o *Observer) query(ctx context.Context, sql string) (string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	kept := o.conn != nil
	if !kept {
		conn, err := pgconn.Connect(ctx, o.server.ConnString("postgres", "observer"))
		if err != nil {
			return "", err
		}
		o.conn = conn
	}
	results, err := o.conn.Exec(ctx, sql).ReadAll()
	if o.conn.IsClosed() {
		<-o.conn.CleanupDone()
		o.conn = nil
		if kept {
			o.mu.Unlock()
			defer o.mu.Lock()
			return o.query(ctx, sql)
		}
	}
	if err != nil {
		return "", err
	}
	rows := results[len(results)-1].Rows
	if len(rows) == 0 {
		return "", nil
	}
	return string(rows[0][0]), nil
}

// Ask executes statements and returns the first value of the last one's
// result.
func (o *Observer) Ask(t testing.TB, format string, args ...any) string {
	t.Helper()
	answer, err := o.query(context.Background(), fmt.Sprintf(format, args...))
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// Sessions counts the sessions of an application of which a condition on
// pg_stat_activity holds.
func (o *Observer) Sessions(t testing.TB, application, condition string) int {
	t.Helper()
	n, err := strconv.Atoi(o.Ask(t, "select count(*) from pg_stat_activity where application_name = '%s' and (%s)", application, condition))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Eventually waits for a number of such sessions.
func (o *Observer) Eventually(t testing.TB, n int, application, condition string) {
	t.Helper()
	eventually(t, fmt.Sprintf("%d sessions are %s", n, condition), func() bool { return o.Sessions(t, application, condition) == n })
}

// Conditions on sessions.
const (
	Any     = "true"
	Waiting = "wait_event = 'advisory'" // for the gate
	Active  = "state = 'active'"
)

// Pass is a statement that waits until the gate is open, and returns the
// process id of the session.
const Pass = "select pg_backend_pid() from (select pg_advisory_xact_lock_shared(1)) gate"

// CloseGate has every [Pass] wait from now on. A restart of the server opens
// the gate.
func (o *Observer) CloseGate(t testing.TB) { t.Helper(); o.Ask(t, "select pg_advisory_lock(1)") }

// OpenGate lets everybody pass, at once.
func (o *Observer) OpenGate(t testing.TB) { t.Helper(); o.Ask(t, "select pg_advisory_unlock_all()") }

// patience is how long a test waits for a state before it fails.
const patience = 20 * time.Second

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("after %v it is still not so that %s", patience, what)
		}
	}
}
