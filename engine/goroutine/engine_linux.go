package goroutine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/internal/account"
	"github.com/plimsoll-dev/plimsoll/model"
)

// An Engine is the goroutine engine. Its methods may be called on any
// goroutine.
type Engine struct {
	cfg    model.EngineConfig
	limits engine.Limits
	ledger account.Ledger
	host   host
	served atomic.Bool

	// lingerUntil is when idle connections are closed, in account.Now's
	// nanoseconds; 0 until the engine stops.
	lingerUntil atomic.Int64

	mu    sync.Mutex // guards conns; held for map operations only
	conns map[lingerer]struct{}
	open  sync.WaitGroup // connections that are not closed
}

var (
	_ engine.Engine  = (*Engine)(nil)
	_ engine.Limiter = (*Engine)(nil)
)

// A lingerer is a connection that is told when the engine stops.
type lingerer interface {
	linger()
}

// New returns the engine for a configuration of "goroutine".
func New(cfg model.EngineConfig) (engine.Engine, error) {
	if cfg.Engine != "goroutine" {
		return nil, fmt.Errorf("goroutine: configuration %q is of another engine; write goroutine, or goroutine:http=net", cfg)
	}
	return &Engine{cfg: cfg, limits: engine.Limits{}.OrDefaults(), conns: map[lingerer]struct{}{}}, nil
}

// SetLimits implements [engine.Limiter].
func (e *Engine) SetLimits(l engine.Limits) { e.limits = l.OrDefaults() }

// Stats implements [engine.Engine]; see the package comment.
func (e *Engine) Stats() engine.Stats {
	s := e.ledger.Snapshot()
	s.Threads = runtime.GOMAXPROCS(0)
	s.Busy = min(s.Threads, max(0, e.ledger.Running()))
	return s
}

// Serve implements [engine.Engine]. For its duration it sets GOMAXPROCS, which
// is the whole process's, if the configuration says procs.
func (e *Engine) Serve(ctx context.Context, ln net.Listener, h http.Handler) error {
	if !e.served.CompareAndSwap(false, true) {
		ln.Close()
		return errors.New("goroutine: an engine serves once; make another")
	}
	if n := e.cfg.Int("procs"); n > 0 {
		before := runtime.GOMAXPROCS(n)
		defer runtime.GOMAXPROCS(before)
	}
	a := &acceptor{ln: ln, ctx: ctx}
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		e.stop()
		a.interrupt()
	})
	serve := e.serveWire
	if e.cfg.Text("http") == "net" {
		serve = e.serveNet
	}
	err := serve(ctx, a, h)
	if stop() {
		e.stop() // nobody asked for it: the listener failed
	} else {
		<-stopped
	}
	ln.Close()
	e.open.Wait()
	if err != nil {
		return fmt.Errorf("goroutine: %w", err)
	}
	return nil
}

// stop makes every connection end after what it has to answer.
func (e *Engine) stop() {
	e.lingerUntil.Store(account.Now() + int64(e.limits.Linger))
	e.mu.Lock()
	defer e.mu.Unlock()
	for c := range e.conns {
		c.linger()
	}
}

// stopping reports whether the engine stops.
func (e *Engine) stopping() bool { return e.lingerUntil.Load() != 0 }

// lingerEnd returns when an idle connection is to be closed, if the engine
// stops.
func (e *Engine) lingerEnd() (at time.Time, stopping bool) {
	until := e.lingerUntil.Load()
	if until == 0 {
		return time.Time{}, false
	}
	return time.Now().Add(time.Duration(until - account.Now())), true
}

// opened and closed keep the account of a connection.
func (e *Engine) opened(c lingerer) {
	e.ledger.Accepted.Add(1)
	e.ledger.Connections.Add(1)
	e.open.Add(1)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.conns[c] = struct{}{}
}

func (e *Engine) closed(c lingerer) {
	e.mu.Lock()
	delete(e.conns, c)
	e.mu.Unlock()
	e.ledger.Connections.Add(-1)
	e.open.Done()
}

// base is the context that those of all requests come from: Serve's, without
// its end, which is no reason to give up a request.
func base(ctx context.Context, h http.Handler) context.Context {
	ctx = context.WithoutCancel(ctx)
	// Handlers ask for the server to know that they are on one: without it
	// httputil.ReverseProxy ends an answer whose source broke off as if it
	// were complete.
	return context.WithValue(ctx, http.ServerContextKey, &http.Server{Handler: h})
}

// host waits as Go waits. It is not empty, so that each engine has one of its
// own, and connections stay inside the engine that made them.
type host struct{ _ byte }

func (*host) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, network, address)
}

func (*host) Sleep(d time.Duration) { time.Sleep(d) }

func (*host) NewParker() engine.Parker { return engine.NewParker() }

func (*host) Go(f func()) { go f() }
