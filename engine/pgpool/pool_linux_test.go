package pgpool_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"go.uber.org/goleak"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/pgpool"
	"github.com/plimsoll-dev/plimsoll/engine/pgpool/pgtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const pid = "select pg_backend_pid()"

// pool returns a pool for tasks of the test's own goroutines, which is closed,
// and empty, in the end.
func pool(t testing.TB, o pgpool.Options) *pgpool.Pool {
	return poolOf(t, pgtest.Start(t).ConnString("app", t.Name()), o)
}

func poolOf(t testing.TB, connString string, o pgpool.Options) *pgpool.Pool {
	t.Helper()
	p, err := pgpool.New(connString, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := p.Close(ctx); err != nil {
			t.Error(err)
		}
		if s := p.Stats(); s.Open != 0 || s.Idle != 0 {
			t.Errorf("the pool is closed, and has %+v", s)
		}
	})
	return p
}

func task(t testing.TB) engine.Task { return engine.TaskOf(t.Context()) }

// value returns the first column of the first row.
func value(t testing.TB, p *pgpool.Pool, by engine.Task, sql string, args ...any) string {
	t.Helper()
	rows, err := p.Query(by, t.Context(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	return string(rows[0][0])
}

func TestOldConnectionsAreReplaced(t *testing.T) {
	for name, o := range map[string]pgpool.Options{
		"by age":       {Size: 1, MaxLifetime: time.Nanosecond},
		"by idle time": {Size: 1, MaxIdleTime: time.Nanosecond},
	} {
		t.Run(name, func(t *testing.T) {
			p := pool(t, o)
			seen := map[string]bool{}
			for range 3 {
				seen[value(t, p, task(t), pid)] = true
			}
			if s := p.Stats(); len(seen) != 3 || s.Open > 1 || s.Opened != 3 {
				t.Errorf("%d sessions, %+v", len(seen), s)
			}
		})
	}
}

// hostTask is a task of another engine.
type hostTask struct {
	engine.Task
	host any
}

func (h hostTask) Host() any { return h.host }

func (h hostTask) Hold(r *engine.Resource, f func(engine.Task) error) error {
	return h.Task.Hold(r, func(t engine.Task) error { return f(hostTask{t, h.host}) })
}

// loner tells nothing about its connections.
type loner struct{ engine.Task }

func (l loner) Hold(r *engine.Resource, f func(engine.Task) error) error {
	return l.Task.Hold(r, func(t engine.Task) error { return f(loner{t}) })
}

func TestConnectionsStayWithTheTasksThatMayUseThem(t *testing.T) {
	p := pool(t, pgpool.Options{Size: 2})
	plain := task(t)
	for i, row := range []struct {
		task   engine.Task
		opened uint64
		idle   int
		why    string
	}{
		{hostTask{plain, "a"}, 1, 1, "the first of a host connects"},
		{hostTask{plain, "b"}, 1, 2, "another host does not get it"},
		{hostTask{plain, "a"}, 0, 2, "the same host does"},
		{hostTask{plain, "c"}, 1, 2, "a third one takes the place of that which was idle longest"},
		{hostTask{plain, "a"}, 0, 2, "which was not this one"},
		{hostTask{plain, "b"}, 1, 2, "but this one"},
		{loner{plain}, 1, 1, "a task that tells nothing connects"},
		{loner{plain}, 1, 1, "and leaves nothing behind"},
	} {
		before := p.Stats()
		value(t, p, row.task, pid)
		after := p.Stats()
		if got := after.Opened - before.Opened; got != row.opened || after.Idle != row.idle || after.Open != row.idle {
			t.Errorf("row %d: %s: %d opened, %+v", i, row.why, got, after)
		}
	}
}

func TestNewChecksWhatItIsGiven(t *testing.T) {
	for connString, o := range map[string]pgpool.Options{
		"host=":                     {Size: -1},
		"host=a ":                   {MaxLifetime: -1},
		"host=b":                    {MaxIdleTime: -1},
		"host=a port=x":             {},
		"host=a connect_timeout=-x": {},
	} {
		if _, err := pgpool.New(connString, o); err == nil || !strings.HasPrefix(err.Error(), "pgpool: ") {
			t.Errorf("%q, %+v: %v", connString, o, err)
		}
	}
	p := poolOf(t, "host=127.0.0.1", pgpool.Options{})
	if r := p.Resource(); r.Size() < 4 || r.Name() != "postgres" {
		t.Errorf("by default %d of %s", r.Size(), r.Name())
	}
}

func TestNobodyListens(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	for _, o := range []pgpool.Options{{Size: 1}, {PerRequest: true}} {
		p := poolOf(t, "host=127.0.0.1 sslmode=disable user=app port="+port, o)
		for range 2 {
			var op *net.OpError
			if _, err := p.Query(task(t), t.Context(), pid); !errors.As(err, &op) || op.Op != "dial" || errors.Is(err, pgpool.ErrOutcomeUnknown) {
				t.Errorf("got %v", err)
			}
		}
		if s := p.Stats(); s.Open != 0 {
			t.Errorf("%+v", s)
		}
	}
}

// The server answers nothing. connect_timeout counts seconds.
func TestConnectTimeoutOfTheConnectionString(t *testing.T) {
	t.Parallel() // it waits for a second, the least that connect_timeout can say
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	p := poolOf(t, "host=127.0.0.1 sslmode=disable user=app connect_timeout=1 port="+port, pgpool.Options{Size: 1})
	if _, err := p.Query(task(t), t.Context(), pid); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestContextThatHasEnded(t *testing.T) {
	p := pool(t, pgpool.Options{Size: 1})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Query(task(t), ctx, pid); !errors.Is(err, context.Canceled) || errors.Is(err, pgpool.ErrExhausted) {
		t.Errorf("got %v", err)
	}
	if s := p.Stats(); s.Opened != 0 {
		t.Errorf("%+v", s)
	}
}

func TestConnectionIsOfNoUseAfterWith(t *testing.T) {
	p := pool(t, pgpool.Options{Size: 1})
	var kept *pgconn.PgConn
	elsewhere := make(chan error)
	err := p.With(task(t), t.Context(), func(_ engine.Task, c *pgconn.PgConn) error {
		kept = c
		go func() { elsewhere <- c.Ping(context.Background()) }()
		if err := <-elsewhere; !errors.Is(err, engine.ErrForeignGoroutine) {
			t.Errorf("on another goroutine: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	p.With(task(t), t.Context(), func(_ engine.Task, c *pgconn.PgConn) error { kept = c; return nil })
	if err := kept.Ping(context.Background()); !errors.Is(err, engine.ErrForeignGoroutine) {
		t.Errorf("after With: %v", err)
	}
	<-kept.CleanupDone()
	value(t, p, task(t), pid)
}

// Many tasks of two hosts at once, some of which give up, some leave a mess:
// every answer belongs to its query, the server never sees more sessions than
// the pool's size, and in the end nothing is in use.
func TestAnswersAreNeverMixedUp(t *testing.T) {
	t.Parallel()
	const size, goroutines, rounds = 4, 12, 30
	p := pool(t, pgpool.Options{Size: size})
	mess := errors.New("mess")
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			by := hostTask{engine.TaskOf(context.Background()), g % 2}
			for i := range rounds {
				ctx, cancel := context.WithCancel(context.Background())
				name := fmt.Sprint(g, ".", i)
				var got string
				var err error
				switch rand.IntN(8) {
				case 0:
					err = p.With(by, ctx, func(_ engine.Task, c *pgconn.PgConn) error {
						c.ExecParams(ctx, "begin", nil, nil, nil, nil)
						return mess
					})
				case 1:
					go cancel()
					fallthrough
				default:
					var rows [][][]byte
					if rows, err = p.Query(by, ctx, "select $1, repeat('x', 5000)", name); err == nil {
						got = string(rows[0][0])
					}
				}
				if err == nil && got != name {
					t.Errorf("%s got the answer for %s", name, got)
				}
				if err != nil && !errors.Is(err, mess) && !errors.Is(err, context.Canceled) {
					t.Errorf("%s: %v", name, err)
				}
				if s := p.Stats(); s.Open > size {
					t.Errorf("%+v", s)
				}
				cancel()
			}
		})
	}
	wg.Wait()
	if s := p.Resource().Stats(); s.InUse != 0 || s.Waiting != 0 {
		t.Errorf("%+v", s)
	}
}
