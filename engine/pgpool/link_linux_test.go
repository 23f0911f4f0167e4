package pgpool_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/pgpool"
	"github.com/plimsoll-dev/plimsoll/engine/pgpool/pgtest"
	"github.com/plimsoll-dev/plimsoll/internal/goid"
)

// A dialer is a task whose connections are wrapped.
type dialer struct {
	engine.Task
	wrap   func(*net.TCPConn) net.Conn
	dialed *[]string
}

func (d dialer) Host() any { return "dialer" }

func (d dialer) Hold(r *engine.Resource, f func(engine.Task) error) error {
	return d.Task.Hold(r, func(t engine.Task) error { d.Task = t; return f(d) })
}

func (d dialer) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	*d.dialed = append(*d.dialed, address)
	c, err := d.Task.Dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return d.wrap(c.(*net.TCPConn)), nil
}

func wrapped(t testing.TB, wrap func(*net.TCPConn) net.Conn) dialer {
	return dialer{task(t), wrap, new([]string)}
}

// failing fails as a connection does of which the server's end arrives between
// the look at it and the write.
type failing struct {
	*net.TCPConn
	fails *atomic.Bool
}

func (f failing) Write(p []byte) (int, error) {
	if f.fails.Swap(false) {
		return 0, &net.OpError{Op: "write", Net: "tcp", Err: syscall.EPIPE}
	}
	return f.TCPConn.Write(p)
}

func TestStatementThatWasNotSentIsSentOnceMore(t *testing.T) {
	p := pool(t, pgpool.Options{Size: 1})
	var fails atomic.Bool
	by := wrapped(t, func(c *net.TCPConn) net.Conn { return failing{c, &fails} })
	value(t, p, by, "select 'a connection that will lie idle'")
	fails.Store(true)
	if got := value(t, p, by, "select 'sent'"); got != "sent" {
		t.Errorf("got %q", got)
	}
	if s := p.Stats(); s.Open != 1 || s.Opened != 2 {
		t.Errorf("%+v", s)
	}
	// With cannot know what else f has done.
	calls := 0
	fails.Store(true)
	err := p.With(by, t.Context(), func(_ engine.Task, c *pgconn.PgConn) error {
		calls++
		return c.Exec(t.Context(), "select 1").Close()
	})
	if calls != 1 || !errors.Is(err, syscall.EPIPE) || errors.Is(err, pgpool.ErrOutcomeUnknown) || !strings.Contains(err.Error(), "before anything was sent") {
		t.Errorf("%d calls, %v", calls, err)
	}
	value(t, p, by, pid)
}

// A connection that was not idle before is not the fault of its age.
func TestStatementIsNotRepeatedOnAFreshConnection(t *testing.T) {
	p := pool(t, pgpool.Options{Size: 1})
	writes := 0
	by := wrapped(t, func(c *net.TCPConn) net.Conn {
		return writer{c, func(b []byte) (int, error) {
			if writes++; writes > 1 { // connecting takes one
				return 0, syscall.EPIPE
			}
			return c.Write(b)
		}}
	})
	if _, err := p.Query(by, t.Context(), pid); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("got %v", err)
	}
	if s := p.Stats(); s.Open != 0 || s.Opened != 1 {
		t.Errorf("%+v", s)
	}
}

type writer struct {
	*net.TCPConn
	write func([]byte) (int, error)
}

func (w writer) Write(b []byte) (int, error) { return w.write(b) }

// opaque has no descriptor to look at.
type opaque struct{ net.Conn }

func TestSessionThatTheServerHasEndedIsNotLent(t *testing.T) {
	watch := pgtest.Start(t).Observe(t)
	for name, wrap := range map[string]func(*net.TCPConn) net.Conn{
		"it is looked at": func(c *net.TCPConn) net.Conn { return c },
		"it is asked":     func(c *net.TCPConn) net.Conn { return opaque{c} },
	} {
		t.Run(name, func(t *testing.T) {
			p := pool(t, pgpool.Options{Size: 1})
			by := wrapped(t, wrap)
			before := value(t, p, by, pid)
			if now := value(t, p, by, pid); now != before {
				t.Error("a good one was replaced")
			}
			watch.Ask(t, "select pg_terminate_backend(%s, 10000)", before)
			if now := value(t, p, by, pid); now == before {
				t.Error("the dead have spoken")
			}
		})
	}
}

func TestNamesAreTheTasksBusiness(t *testing.T) {
	connString := strings.Replace(pgtest.Start(t).ConnString("app", t.Name()), "host=127.0.0.1", "host=localhost", 1)
	p := poolOf(t, connString, pgpool.Options{Size: 1})
	by := wrapped(t, func(c *net.TCPConn) net.Conn { return c })
	value(t, p, by, pid)
	if d := *by.dialed; len(d) != 1 || !strings.HasPrefix(d[0], "localhost:") {
		t.Errorf("dialed %q", d)
	}
}

// watched counts what is done by others than the goroutine that dialled.
type watched struct {
	*net.TCPConn
	owner   goid.Owner
	foreign *atomic.Int64
	slow    bool // writes take longer than pgconn has patience
}

func (w watched) check() {
	if goid.Current() != w.owner {
		w.foreign.Add(1)
	}
}

func (w watched) Read(p []byte) (int, error) { w.check(); return w.TCPConn.Read(p) }

func (w watched) Write(p []byte) (int, error) {
	w.check()
	if w.slow {
		time.Sleep(time.Second) // its timer is one of 15 ms
	}
	return w.TCPConn.Write(p)
}

// While a write takes long pgconn would read in the background. The bubble's
// clock goes on when everybody in it waits: so its timer has struck, and what it
// starts has come to its end, before the write goes on.
func TestNobodyElseReadsDuringASlowWrite(t *testing.T) {
	connString := pgtest.Start(t).ConnString("app", t.Name())
	synctest.Test(t, func(t *testing.T) {
		p := poolOf(t, connString, pgpool.Options{Size: 1})
		var foreign atomic.Int64
		by := wrapped(t, func(c *net.TCPConn) net.Conn { return watched{c, goid.Current(), &foreign, true} })
		began := time.Now()
		for range 3 {
			value(t, p, by, pid)
		}
		if time.Since(began) < 3*time.Second {
			t.Error("no write was slow")
		}
		if n := foreign.Load(); n != 0 {
			t.Errorf("%d times by another goroutine", n)
		}
	})
}

// Whatever goes wrong, and whatever pgconn starts then, nobody but the task
// reads or writes.
func TestNobodyElseUsesTheConnection(t *testing.T) {
	server := pgtest.Start(t)
	watch := server.Observe(t)
	p := pool(t, pgpool.Options{Size: 1})
	var foreign atomic.Int64
	by := wrapped(t, func(c *net.TCPConn) net.Conn { return watched{c, goid.Current(), &foreign, false} })
	watch.CloseGate(t)
	for name, use := range map[string]func(context.Context, *pgconn.PgConn) error{
		"time-out": func(ctx context.Context, c *pgconn.PgConn) error {
			ctx, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
			defer cancel()
			err := c.Exec(ctx, pgtest.Pass).Close()
			<-c.CleanupDone()
			return err
		},
		"end by the server": func(ctx context.Context, c *pgconn.PgConn) error {
			err := c.Exec(ctx, "select pg_terminate_backend(pg_backend_pid())").Close()
			<-c.CleanupDone()
			return err
		},
		"copying": func(ctx context.Context, c *pgconn.PgConn) error {
			if err := c.Exec(ctx, "create temporary table copied (n int)").Close(); err != nil {
				t.Error(err)
			}
			_, err := c.CopyFrom(ctx, strings.NewReader("1\n"), "copy copied from stdin")
			return err
		},
		"left open": func(ctx context.Context, c *pgconn.PgConn) error {
			c.Exec(ctx, pgtest.Pass)
			return errors.New("left open")
		},
	} {
		err := p.With(by, t.Context(), func(_ engine.Task, c *pgconn.PgConn) error { return use(t.Context(), c) })
		if err == nil {
			t.Errorf("%s: no error", name)
		}
		if n := foreign.Swap(0); n != 0 {
			t.Errorf("%s: %d times by another goroutine", name, n)
		}
		value(t, p, by, pid)
	}
	watch.Eventually(t, 0, t.Name(), pgtest.Waiting)
}

// A detour holds back what is written while it is armed until the connection
// after it is closed, which is that of a CancelRequest.
type detour struct {
	armed bool
	held  []byte
	first *net.TCPConn
}

func (d *detour) wrap(c *net.TCPConn) net.Conn {
	if d.first == nil {
		d.first = c
		return writer{c, func(b []byte) (int, error) {
			if d.armed {
				d.held = append(d.held, b...)
				return len(b), nil
			}
			return c.Write(b)
		}}
	}
	return closer{c, func() {
		d.armed = false
		d.first.Write(d.held)
		d.held = nil
	}}
}

type closer struct {
	*net.TCPConn
	closed func()
}

func (c closer) Close() error {
	defer c.closed()
	return c.TCPConn.Close()
}

// A server that has nothing to do ignores that it is to cancel it.
func TestCancelRequestThatOvertakesItsQuery(t *testing.T) {
	watch := pgtest.Start(t).Observe(t)
	p := pool(t, pgpool.Options{Size: 1})
	var d detour
	by := wrapped(t, d.wrap)
	watch.CloseGate(t)
	err := p.With(by, t.Context(), func(_ engine.Task, c *pgconn.PgConn) error {
		d.armed = true
		c.Exec(t.Context(), pgtest.Pass) // and its result is left unread
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if n := len(*by.dialed); n < 3 {
		t.Errorf("cancelled %d times", n-1)
	}
	watch.Eventually(t, 0, t.Name(), pgtest.Any)
}
