package pgtest

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/enginetest/rig"
	"github.com/plimsoll-dev/plimsoll/engine/pgpool"
	"github.com/plimsoll-dev/plimsoll/model"
)

// A harness is one engine that serves handlers with one pool, for one row.
type harness struct {
	*testing.T
	*Observer
	engine  engine.Engine
	pool    *pgpool.Pool
	app     string // what the pool calls itself to the server
	address string
	http    *http.Client

	mu     sync.Mutex // guards errors
	errors []error    // that handlers returned, by their number in the answer
}

// A handler answers with a text, or with an error that the row gets to see as
// it was returned.
type handler func(t engine.Task, r *http.Request) (string, error)

// number tells the rows of a process apart, at the server.
var number atomic.Int64

func newHarness(t *testing.T, s *Server, cfg model.EngineConfig, build func(model.EngineConfig) (engine.Engine, error), r row) *harness {
	t.Helper()
	h := &harness{T: t, app: fmt.Sprint("row ", number.Add(1))}
	h.http = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: Requests}}
	h.leaveNothing()
	h.Observer = s.Observe(t)
	var err error
	if h.engine, err = build(cfg); err != nil {
		t.Fatal(err)
	}
	h.engine.(engine.Limiter).SetLimits(engine.Limits{Linger: 20 * time.Millisecond})
	if h.pool, err = pgpool.New(s.ConnString("app", h.app), r.options); err != nil {
		t.Fatal(err)
	}
	// Sessions that former rows have ended take their time to go.
	eventually(t, "no session is left from before", func() bool {
		return h.Ask(t, "select count(*) from pg_stat_activity where usename = 'app'") == "0"
	})
	return h
}

// leaveNothing checks in the end that no goroutine and no descriptor is left.
func (h *harness) leaveNothing() {
	// The runtime opens descriptors of its own at first.
	if ln, err := net.Listen("tcp", "127.0.0.1:0"); err == nil {
		ln.Close() //nolint:errcheck // nothing to lose
	}
	ignore, before := goleak.IgnoreCurrent(), descriptors(h)
	h.Cleanup(func() {
		if h.Failed() {
			return // it would only say again that something went wrong
		}
		if err := goleak.Find(ignore); err != nil {
			h.Error(err)
		}
		eventually(h, "every descriptor is closed", func() bool {
			if descriptors(h) <= before {
				return true
			}
			runtime.GC() // closes the pipes that package net keeps for splicing
			return false
		})
	})
}

func descriptors(t testing.TB) int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// serve starts the engine with handlers by path, and one for /alive.
func (h *harness) serve(routes map[string]handler) {
	h.Helper()
	ln := rig.Listen(h)
	h.address = ln.Addr().String()
	before := log.Writer()
	log.SetOutput(io.Discard) // of the panics that rows cause
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- h.engine.Serve(ctx, ln, h.handler(routes)) }()
	h.Cleanup(func() {
		defer log.SetOutput(before)
		h.http.CloseIdleConnections()
		cancel()
		select {
		case err := <-served:
			if err != nil {
				h.Errorf("Serve returned %v", err)
			}
		case <-time.After(patience):
			stacks := make([]byte, 1<<20)
			h.Fatalf("Serve did not return; goroutines:\n%s", stacks[:runtime.Stack(stacks, true)])
		}
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := h.pool.Close(ctx); err != nil {
			h.Error(err)
		}
		if s := h.pool.Stats(); s.Open != 0 || s.Idle != 0 {
			h.Errorf("the pool is closed, and has %+v", s)
		}
	})
}

func (h *harness) handler(routes map[string]handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/alive" {
			fmt.Fprint(w, "alive") //nolint:errcheck // the client finds out
			return
		}
		text, err := routes[r.URL.Path](engine.TaskOf(r.Context()), r)
		if err != nil {
			h.mu.Lock()
			w.Header().Set("Error", strconv.Itoa(len(h.errors)))
			h.errors = append(h.errors, err)
			h.mu.Unlock()
		}
		fmt.Fprint(w, text) //nolint:errcheck // the client finds out
	})
}

// get asks for a path and returns what its handler did.
func (h *harness) get(path string) (string, error) {
	return h.getContext(context.Background(), path)
}

func (h *harness) getContext(ctx context.Context, path string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+h.address+path, nil)
	if err != nil {
		return "", err
	}
	res, err := h.http.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close() //nolint:errcheck // read to its end
	body, err := io.ReadAll(res.Body)
	if number, e := strconv.Atoi(res.Header.Get("Error")); e == nil {
		h.mu.Lock()
		defer h.mu.Unlock()
		return string(body), h.errors[number]
	}
	return string(body), err
}

// want asks for a path, whose handler must not fail, and returns its answer.
func (h *harness) want(path string) string {
	h.Helper()
	text, err := h.get(path)
	if err != nil {
		h.Fatalf("GET %s: %v", path, err)
	}
	return text
}

// lives checks that requests are served which need no connection.
func (h *harness) lives() {
	h.Helper()
	if text := h.want("/alive"); text != "alive" {
		h.Errorf("GET /alive: %q", text)
	}
}

// An answer is what became of a request that was started.
type answer struct {
	text string
	err  error
}

// start asks for a path n times at once.
func (h *harness) start(n int, path string) <-chan answer {
	answers := make(chan answer, n)
	for range n {
		go func() {
			text, err := h.get(path)
			answers <- answer{text, err}
		}()
	}
	return answers
}

// sessions waits until so many of the pool's sessions are in a state.
func (h *harness) sessions(n int, condition string) {
	h.Helper()
	h.Observer.Eventually(h, n, h.app, condition)
}

// await makes a handler of a query that awaits.
func (h *harness) await(f func(ctx context.Context, t engine.Task) (string, error)) handler {
	return func(t engine.Task, r *http.Request) (text string, err error) {
		err = t.Await("query", func(t engine.Task) error {
			text, err = f(r.Context(), t)
			return err
		})
		return text, err
	}
}

// query makes a handler that returns a statement's first value.
func (h *harness) query(sql string, args ...any) handler {
	return h.await(func(ctx context.Context, t engine.Task) (string, error) {
		return first(h.pool.Query(t, ctx, sql, args...))
	})
}

func first(rows [][][]byte, err error) (string, error) {
	if err != nil || len(rows) == 0 {
		return "", err
	}
	return string(rows[0][0]), nil
}
