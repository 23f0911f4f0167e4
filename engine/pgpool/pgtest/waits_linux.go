package pgtest

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/pgpool"
)

// brief is a time-out that certainly passes: nothing opens the gate before.
const brief = 30 * time.Millisecond

func waitRows() []row {
	return []row{
		{name: "who finds no connection waits, and keeps nobody else from being served", options: pgpool.Options{Name: "stock", Size: 2}, run: func(t *testing.T, h *harness) {
			h.serve(map[string]handler{"/": h.query(Pass)})
			h.CloseGate(t)
			answers := h.start(8, "/")
			h.sessions(2, Waiting)
			eventually(t, "the others wait", func() bool { return h.pool.Resource().Stats().Waiting == 6 })
			for range 10 {
				h.lives()
			}
			if s := h.pool.Stats(); s.Open != 2 || s.Idle != 0 {
				t.Errorf("%+v", s)
			}
			h.OpenGate(t)
			for range cap(answers) {
				if a := <-answers; a.err != nil {
					t.Error(a.err)
				}
			}
			if s := h.pool.Resource().Stats(); s.Name != "stock" || s.InUse != 0 || s.Waiting != 0 || s.Acquired != 8 || s.WaitNanos == 0 {
				t.Errorf("%+v", s)
			}
		}},
		{name: "waiting for a connection ends with the context", options: pgpool.Options{Size: 1}, run: func(t *testing.T, h *harness) {
			h.serve(map[string]handler{
				"/": h.query(Pass),
				"/brief": h.await(func(ctx context.Context, t engine.Task) (string, error) {
					ctx, cancel := context.WithTimeout(ctx, brief)
					defer cancel()
					return "", h.pool.With(t, ctx, func(engine.Task, *pgconn.PgConn) error {
						h.Error("a connection was lent, and there is none")
						return nil
					})
				}),
			})
			h.CloseGate(t)
			answers := h.start(1, "/")
			h.sessions(1, Waiting)
			for range 3 {
				if _, err := h.get("/brief"); !errors.Is(err, pgpool.ErrExhausted) || !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %v", err)
				}
			}
			if s := h.pool.Resource().Stats(); s.Waiting != 0 || s.InUse != 1 {
				t.Errorf("who gave up is still there: %+v", s)
			}
			h.OpenGate(t)
			if a := <-answers; a.err != nil {
				t.Error(a.err)
			}
			h.want("/")
		}},
		{name: "a query ends with its context, at the server too", options: pgpool.Options{Size: 1}, run: func(t *testing.T, h *harness) {
			h.serve(map[string]handler{
				"/pid": h.query(pid),
				"/brief": h.await(func(ctx context.Context, t engine.Task) (string, error) {
					ctx, cancel := context.WithTimeout(ctx, brief)
					defer cancel()
					return first(h.pool.Query(t, ctx, Pass))
				}),
			})
			h.CloseGate(t)
			for range 3 {
				before := h.want("/pid")
				if _, err := h.get("/brief"); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, pgpool.ErrExhausted) {
					t.Errorf("got %v", err)
				}
				// Its session would wait at the gate for ever: it was cancelled.
				h.sessions(0, Any)
				if s := h.pool.Stats(); s.Open != 0 {
					t.Errorf("%+v", s)
				}
				if now := h.want("/pid"); now == before {
					t.Error("a connection on which an answer is outstanding was lent again")
				}
			}
		}},
		{name: "a client that leaves ends its query, at the server too", options: pgpool.Options{Size: 1}, run: func(t *testing.T, h *harness) {
			ended := make(chan error, 1)
			h.serve(map[string]handler{
				"/pid": h.query(pid),
				"/": h.await(func(ctx context.Context, t engine.Task) (string, error) {
					text, err := first(h.pool.Query(t, ctx, Pass))
					ended <- err
					return text, err
				}),
			})
			h.CloseGate(t)
			ctx, leave := context.WithCancel(context.Background())
			defer leave()
			go h.getContext(ctx, "/") //nolint:errcheck // it leaves
			h.sessions(1, Waiting)
			others := h.start(3, "/pid")
			eventually(t, "others wait for the connection", func() bool { return h.pool.Resource().Stats().Waiting == 3 })
			leave()
			select {
			case err := <-ended:
				if !errors.Is(err, context.Canceled) {
					t.Errorf("the query ended with %v", err)
				}
			case <-time.After(patience):
				t.Fatal("the query goes on")
			}
			h.sessions(0, Waiting)
			for range cap(others) {
				if a := <-others; a.err != nil {
					t.Error(a.err)
				}
			}
		}},
		{name: "connecting ends with the context", options: pgpool.Options{Size: 1}, run: func(t *testing.T, h *harness) {
			deaf := deafServer(t)
			pool, err := pgpool.New("host=127.0.0.1 port="+deaf+" user=app sslmode=disable", pgpool.Options{Size: 1})
			if err != nil {
				t.Fatal(err)
			}
			h.serve(map[string]handler{"/": h.await(func(ctx context.Context, t engine.Task) (string, error) {
				ctx, cancel := context.WithTimeout(ctx, brief)
				defer cancel()
				return first(pool.Query(t, ctx, pid))
			})})
			for range 2 {
				if _, err := h.get("/"); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, pgpool.ErrOutcomeUnknown) {
					t.Errorf("got %v", err)
				}
			}
			if s := pool.Stats(); s.Open != 0 || s.Opened != 2 {
				t.Errorf("%+v", s)
			}
			h.lives()
		}},
	}
}

// deafServer takes connections and says nothing on them.
func deafServer(t *testing.T) (port string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	_, port, _ = net.SplitHostPort(ln.Addr().String())
	return port
}
