package enginetest

import (
	"context"
	"net/http"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/enginetest/rig"
	"github.com/plimsoll-dev/plimsoll/engine/httpclient"
	"github.com/plimsoll-dev/plimsoll/model"
)

// patience is how long a row waits for a state before it fails. (A row that is
// to fail is less patient, see [Red].)
const patience = 20 * time.Second

// quietly is how long nothing must happen for it to count as not happening.
// Shorter could only overlook a fault, not invent one; so [Red], for which that is
// what must not be, waits longer.
const quietly = 5 * time.Millisecond

// A harness is one engine on one listener, for one row.
type harness struct {
	t        testing.TB
	patience time.Duration
	quiet    time.Duration // how long nothing must happen for it to count as not happening
	engine   engine.Engine
	address  string
	http     *http.Client
	calls    *httpclient.Client // for handlers

	upstreams []*upstream
	undo      func() // of a planted fault; or nil

	cancel  context.CancelFunc
	served  chan error
	stopped bool

	mu      sync.Mutex // guards clients
	clients []*client
}

func newHarness(t testing.TB, cfg model.EngineConfig, build Build, r row) *harness {
	t.Helper()
	h := &harness{t: t, patience: r.patience, quiet: r.quiet, calls: &httpclient.Client{}, http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}}, served: make(chan error, 1)}
	if h.patience == 0 {
		h.patience = patience
	}
	if h.quiet == 0 {
		h.quiet = quietly
	}
	ignore := goleak.IgnoreCurrent()
	descriptors := openDescriptors(t)
	// Registered first, so that it runs last: after the row's upstreams are closed, too.
	t.Cleanup(func() {
		if t.Failed() {
			return // it would only say again that something went wrong
		}
		if err := goleak.Find(ignore); err != nil {
			t.Error(err)
		}
		h.eventually("no descriptor is left open", func() bool {
			if openDescriptors(t) <= descriptors {
				return true
			}
			runtime.GC() // closes the pipes that package net keeps for splicing
			return false
		})
	})
	if r.keepAlive > 0 {
		var err error
		if cfg, err = cfg.With("keepalive", r.keepAlive.String()); err != nil {
			t.Fatal(err)
		}
	}
	var err error
	if h.engine, err = build(cfg); err != nil {
		t.Fatal(err)
	}
	if r.limits.Linger == 0 {
		r.limits.Linger = 20 * time.Millisecond
	}
	h.engine.(engine.Limiter).SetLimits(r.limits)
	return h
}

// serve starts the engine with a handler. It is stopped, and checked, when the
// row ends.
func (h *harness) serve(handler http.HandlerFunc) {
	h.t.Helper()
	ln := rig.Listen(h.t)
	h.address = ln.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	h.cancel = cancel
	go func() { h.served <- h.engine.Serve(ctx, ln, direct{handler}) }()
	h.t.Cleanup(func() {
		if h.t.Failed() {
			h.release()
		}
		h.stop()
	})
}

// release lets everything go that a row which failed has left behind.
func (h *harness) release() {
	for _, u := range h.upstreams {
		u.open()
	}
	if h.undo != nil {
		h.undo()
	}
}

// stop ends all clients and the engine, and checks what every row must leave
// behind: nothing.
func (h *harness) stop() {
	if h.stopped {
		return
	}
	h.hangUp()
	h.cancel()
	h.wait()
}

// hangUp closes every connection to the engine.
func (h *harness) hangUp() {
	h.http.CloseIdleConnections()
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range h.clients {
		c.Close()
	}
}

// wait waits for the engine to end after its context has.
func (h *harness) wait() {
	h.t.Helper()
	h.stopped = true
	select {
	case err := <-h.served:
		if err != nil {
			h.t.Errorf("Serve returned %v", err)
		}
	case <-time.After(patience):
		stacks := make([]byte, 1<<20)
		h.t.Fatalf("Serve did not return; goroutines:\n%s", stacks[:runtime.Stack(stacks, true)])
	}
	h.calls.CloseIdle()
	if s := h.engine.Stats(); s.InFlight != 0 || s.Queued != 0 || s.Connections != 0 || s.Responses > s.Requests {
		h.t.Errorf("after Serve: %+v", s)
	}
}

// eventually waits for a state.
func (h *harness) eventually(what string, ok func() bool) {
	h.t.Helper()
	for end := time.Now().Add(h.patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			h.t.Fatalf("after %v it is still not so that %s", h.patience, what)
		}
	}
}

// get asks for a path on a connection of the pool, on any goroutine.
func (h *harness) get(path string) (status int, body string, err error) {
	res, err := h.http.Get("http://" + h.address + path)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	body, err = readAll(res.Body)
	return res.StatusCode, body, err
}

// want asks for a path and checks the answer.
func (h *harness) want(path string, status int, body string) {
	h.t.Helper()
	got, text, err := h.get(path)
	if err != nil || got != status || text != body {
		h.t.Errorf("GET %s: %d %q %v; want %d %q", path, got, text, err, status, body)
	}
}

// lives checks that the engine still serves: every handler of this package
// answers "alive" to /alive.
func (h *harness) lives() {
	h.t.Helper()
	h.want("/alive", http.StatusOK, "alive")
}

// alive makes a handler answer [harness.lives].
func alive(f http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/alive" {
			w.Write([]byte("alive"))
			return
		}
		f(w, r)
	}
}

func openDescriptors(t testing.TB) int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}
