package thread

import (
	"context"
	"errors"
	"fmt"
	"log"
	"math"
	"net"
	"net/http"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/internal/account"
	"github.com/plimsoll-dev/plimsoll/internal/exchange"
	"github.com/plimsoll-dev/plimsoll/internal/inline"
	"github.com/plimsoll-dev/plimsoll/internal/wire"
	"github.com/plimsoll-dev/plimsoll/model"
)

// The limits that SetLimits may change. Tomcat's connectionTimeout, as its
// server.xml has it, is the 20 s of all three.
const (
	defaultHeaderTimeout = 20 * time.Second
	defaultBodyTimeout   = 20 * time.Second
	defaultWriteTimeout  = 20 * time.Second
	// defaultLinger is long against a round trip, and short against the
	// patience of whoever stops a server.
	defaultLinger = 250 * time.Millisecond
)

// An Engine is an engine.Engine on OS threads. Its methods may be called
// concurrently.
type Engine struct {
	cfg       model.EngineConfig
	keepalive time.Duration
	limits    engine.Limits
	exchange  exchange.Config

	ledger    account.Ledger
	executor  *executor[*conn]
	auxiliary *executor[func()]
	aside     account.Ledger // of the auxiliary threads
	host      inline.Host
	conns     *connections

	served   atomic.Bool
	draining atomic.Bool

	// Set by Serve before any thread starts.
	base     context.Context
	handler  http.Handler
	network  string
	local    net.Addr
	poller   *poller
	acceptor *acceptor
}

var (
	_ engine.Engine  = (*Engine)(nil)
	_ engine.Limiter = (*Engine)(nil)
)

// New returns an engine of the kind "thread". It fails if the process may not
// have the threads or the descriptors that cfg asks for.
func New(cfg model.EngineConfig) (engine.Engine, error) {
	e, err := newEngine(cfg)
	if err != nil {
		return nil, err
	}
	return e, nil
}

func newEngine(cfg model.EngineConfig) (*Engine, error) {
	if cfg.Engine != "thread" {
		return nil, fmt.Errorf("thread: the configuration is of engine %q", cfg.Engine)
	}
	if err := checkCeilings(cfg, threadCeiling(), descriptorCeiling()); err != nil {
		return nil, err
	}
	e := &Engine{
		cfg:       cfg,
		keepalive: cfg.Duration("keepalive"),
		conns:     newConnections(cfg.Int("connections")),
	}
	e.SetLimits(engine.Limits{})
	e.executor = &executor[*conn]{
		name:   "plimsoll-exec",
		run:    e.serve,
		ledger: &e.ledger,
		size:   cfg.Int("max"),
		spare:  cfg.Int("spare"),
		limit:  cfg.Int("queue"),
		idle:   int64(cfg.Duration("idle")),
		fresh:  cfg.Text("reuse") == "off",
	}
	e.auxiliary = &executor[func()]{
		name:   "plimsoll-branch",
		run:    func(f func()) { f() },
		ledger: &e.aside,
		size:   math.MaxInt,
		idle:   int64(cfg.Duration("idle")),
	}
	e.host = &host{e.auxiliary}
	return e, nil
}

// SetLimits implements [engine.Limiter].
func (e *Engine) SetLimits(l engine.Limits) {
	if l.HeaderTimeout == 0 {
		l.HeaderTimeout = defaultHeaderTimeout
	}
	if l.BodyTimeout == 0 {
		l.BodyTimeout = defaultBodyTimeout
	}
	if l.WriteTimeout == 0 {
		l.WriteTimeout = defaultWriteTimeout
	}
	if l.Linger == 0 {
		l.Linger = defaultLinger
	}
	e.limits = l
	e.exchange = exchange.Config{
		Limits:        wire.Limits{Head: l.Head, Body: l.Body},
		HeaderTimeout: l.HeaderTimeout,
		// The poller has waited for the first byte. This is for the case that
		// the kernel reported one and dropped it.
		IdleTimeout:  l.HeaderTimeout,
		BodyTimeout:  l.BodyTimeout,
		WriteTimeout: l.WriteTimeout,
		OnPanic:      e.panicked,
	}
}

// panicked counts a handler's panic, and says where it happened.
func (e *Engine) panicked(v any, stack []byte) {
	e.ledger.Panics.Add(1)
	log.Printf("thread: panic in a handler: %v\n%s", v, stack)
}

// Stats implements [engine.Engine]. Connections include the one that waits at
// the cap to be served.
func (e *Engine) Stats() engine.Stats { return e.ledger.Snapshot() }

// Auxiliary returns the number of threads beside the pool, idle ones
// included: those on which the branches of All run.
func (e *Engine) Auxiliary() int { return int(e.aside.Threads.Load()) }

// maxThreads is Go's fuse against a flood of threads, which ends the process.
// The pool is bounded by itself; auxiliary threads are as many as handlers
// ask for.
const maxThreads = 1 << 16

var errServed = errors.New("thread: Serve called twice; an engine serves once")

// Serve implements [engine.Engine]. The listener has to be a
// *net.TCPListener, a *net.UnixListener, or another one with a descriptor.
func (e *Engine) Serve(ctx context.Context, ln net.Listener, h http.Handler) error {
	if !e.served.CompareAndSwap(false, true) {
		_ = ln.Close()
		return errServed
	}
	if old := debug.SetMaxThreads(maxThreads); old > maxThreads {
		debug.SetMaxThreads(old)
	}
	e.handler = h
	// The key is what handlers ask to know whether they run on a server:
	// httputil.ReverseProxy breaks its answer off only then.
	e.base = context.WithValue(context.WithoutCancel(ctx), http.ServerContextKey, &http.Server{Handler: h})
	e.local, e.network = ln.Addr(), ln.Addr().Network()
	var err error
	if e.acceptor, err = newAcceptor(e, ln, e.cfg.Int("backlog")); err != nil {
		_ = ln.Close()
		return err
	}
	if e.poller, err = newPoller(e); err != nil {
		e.acceptor.close()
		return fmt.Errorf("thread: %w", err)
	}
	return e.run(ctx)
}

// run starts the threads, waits for ctx to end, and then for everything that
// was received to be answered.
func (e *Engine) run(ctx context.Context) error {
	e.executor.start()
	accepted, polled := make(chan error, 1), make(chan error, 1)
	go func() { polled <- e.poller.run() }()
	go func() { accepted <- e.acceptor.run() }()

	var failed error
	select {
	case <-ctx.Done():
		e.acceptor.stop(account.Now() + int64(e.limits.Linger))
		e.draining.Store(true)
		e.poller.beginDrain()
		failed = <-accepted
	case failed = <-accepted:
		e.draining.Store(true)
		e.poller.beginDrain()
	}
	e.acceptor.close() // clients are refused from here on
	e.conns.seal()
	select {
	case <-e.conns.drained:
	case err := <-polled: // without it connections cannot come to their end
		return errors.Join(failed, err)
	}
	e.executor.stop()
	e.auxiliary.stop()
	e.poller.stop()
	return errors.Join(failed, <-polled)
}
