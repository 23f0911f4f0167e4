package pgtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/pgpool"
)

const pid = "select pg_backend_pid()"

func queryRows() []row {
	return []row{
		{name: "the next request uses the connection again", options: pgpool.Options{Size: 3}, run: func(t *testing.T, h *harness) {
			h.serve(map[string]handler{"/": h.query(pid)})
			// One after the other, on one connection to the engine.
			before := h.want("/")
			for range 20 {
				if now := h.want("/"); now != before {
					t.Errorf("session %s, and before %s", now, before)
				}
			}
			if s := h.pool.Stats(); s != (pgpool.Stats{Open: 1, Idle: 1, Opened: 1}) {
				t.Errorf("%+v", s)
			}
			if s := h.pool.Resource().Stats(); s.Name != "postgres" || s.Size != 3 || s.Acquired != 21 || s.InUse != 0 {
				t.Errorf("%+v", s)
			}
		}},
		{name: "it queries inside every verb, also with one connection", options: pgpool.Options{Size: 1}, run: func(t *testing.T, h *harness) {
			run := func(t engine.Task, r *http.Request) (text string, err error) {
				query := func(t engine.Task) error {
					text, err = first(h.pool.Query(t, r.Context(), "select $1", r.URL.Path))
					return err
				}
				switch r.URL.Path {
				case "/await":
					err = t.Await("query", query)
				case "/call":
					err = t.Call("query", query)
				case "/all":
					err = t.All("queries", query, func(t engine.Task) error {
						_, err := h.pool.Exec(t, r.Context(), "select 1")
						return err
					})
				default:
					err = query(t)
				}
				return text, err
			}
			h.serve(map[string]handler{"/await": run, "/call": run, "/all": run, "/": run})
			for range 3 {
				for _, path := range []string{"/await", "/call", "/", "/all"} {
					if got := h.want(path); got != path {
						t.Errorf("%s answered %q", path, got)
					}
				}
			}
			if s := h.pool.Stats(); s.Open != 1 {
				t.Errorf("%+v", s)
			}
		}},
		{name: "values go there and back", run: func(t *testing.T, h *harness) {
			large := strings.Repeat("x", 1<<20) // more than socket buffers hold
			answers := make(chan [][][]byte, 1)
			h.serve(map[string]handler{"/": h.await(func(ctx context.Context, t engine.Task) (string, error) {
				rows, err := h.pool.Query(t, ctx, "select n, $1::text, $2::int, $3::bool, $4::float8, $5::bytea, $6::text, $7::timestamptz at time zone 'UTC', '' from generate_series(1, 3) n",
					large, -7, true, 0.5, []byte{0, 255}, nil, time.Date(2026, 3, 4, 5, 6, 7, 8000, time.FixedZone("", 3600)))
				answers <- rows
				return "", err
			})})
			h.want("/")
			got := <-answers
			if len(got) != 3 {
				t.Fatalf("%d rows", len(got))
			}
			for i, r := range got {
				want := [][]byte{fmt.Append(nil, i+1), []byte(large), []byte("-7"), []byte("t"), []byte("0.5"), []byte(`\x00ff`), nil, []byte("2026-03-04 04:06:07.000008"), {}}
				for j := range want {
					if !bytes.Equal(r[j], want[j]) || (r[j] == nil) != (want[j] == nil) {
						t.Errorf("row %d, column %d: %.40q, want %.40q", i, j, r[j], want[j])
					}
				}
			}
		}},
		{name: "what the server refuses leaves the connection good", options: pgpool.Options{Size: 1}, run: func(t *testing.T, h *harness) {
			h.serve(map[string]handler{
				"/pid":   h.query(pid),
				"/wrong": h.query("select 1/(2-2)"),
				"/exec": h.await(func(ctx context.Context, t engine.Task) (string, error) {
					tag, err := h.pool.Exec(t, ctx, "select generate_series(1, $1)", 5)
					return tag.String(), err
				}),
				"/argument": h.query("select $1", []int{1}),
			})
			before := h.want("/pid")
			var server *pgconn.PgError
			if _, err := h.get("/wrong"); !errors.As(err, &server) || server.Code != "22012" || errors.Is(err, pgpool.ErrOutcomeUnknown) {
				t.Errorf("division by zero: %v", err)
			}
			if _, err := h.get("/argument"); err == nil || !strings.Contains(err.Error(), "argument $1") {
				t.Errorf("an argument that cannot be sent: %v", err)
			}
			if tag := h.want("/exec"); tag != "SELECT 5" {
				t.Errorf("tag %q", tag)
			}
			if now := h.want("/pid"); now != before {
				t.Error("the connection was replaced")
			}
		}},
		{name: "copying, which takes a second goroutine, is refused", options: pgpool.Options{Size: 1}, run: func(t *testing.T, h *harness) {
			h.serve(map[string]handler{
				"/pid": h.query(pid),
				"/": h.await(func(ctx context.Context, t engine.Task) (string, error) {
					return "", h.pool.With(t, ctx, func(_ engine.Task, c *pgconn.PgConn) error {
						if err := c.Exec(ctx, "create temporary table copied (n int)").Close(); err != nil {
							return err
						}
						_, err := c.CopyFrom(ctx, strings.NewReader("1\n2\n"), "copy copied from stdin")
						return err
					})
				}),
			})
			if _, err := h.get("/"); !errors.Is(err, engine.ErrForeignGoroutine) {
				t.Errorf("CopyFrom: %v", err)
			}
			h.want("/pid")
		}},
	}
}
