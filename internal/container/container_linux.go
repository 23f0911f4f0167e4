package container

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/internal/account"
	"github.com/plimsoll-dev/plimsoll/internal/exchange"
	"github.com/plimsoll-dev/plimsoll/internal/executor"
	"github.com/plimsoll-dev/plimsoll/internal/wire"
	"github.com/plimsoll-dev/plimsoll/model"
)

// A Config is an engine's options, and what it adds to them.
type Config struct {
	Engine   model.EngineConfig // has the options of a container
	Once     bool               // a thread ends after one request
	Unlocked bool               // see executor.Config
	Beside   int                // threads that the engine has beside the pool
	// Attach makes the carrier of a connection.
	Attach func(*Conn) Carrier
	// Expire ends idle threads of the engine's own, and returns when to call it
	// again, on account.Now's clock. nil: it has none.
	Expire func(now int64) (again int64)
	// Start begins what the engine has of its own, before the first request, and
	// Stop ends it, after the last. The channel says that it has failed, so that
	// requests may never come to their end. nil: it has nothing.
	Start func() (failed <-chan error, err error)
	Stop  func()
}

// A Container accepts connections and has a bounded pool of threads run their
// requests. Its methods may be called concurrently.
type Container struct {
	config    Config
	name      string // of the engine
	backlog   int
	keepalive time.Duration
	limits    engine.Limits
	exchange  exchange.Config

	ledger   account.Ledger
	executor *executor.Executor[*Conn]
	conns    *connections

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

// New returns a container. It fails if the process may not have the threads or
// the descriptors that the configuration asks for.
func New(cfg Config) (*Container, error) {
	opts := cfg.Engine
	if err := checkCeilings(opts, cfg.Beside, threadCeiling(), descriptorCeiling()); err != nil {
		return nil, err
	}
	t := &Container{
		config:    cfg,
		name:      opts.Engine,
		backlog:   opts.Int("backlog"),
		keepalive: opts.Duration("keepalive"),
		conns:     newConnections(opts.Int("connections")),
	}
	t.SetLimits(engine.Limits{})
	t.executor = executor.New(executor.Config[*Conn]{
		Name:     "plimsoll-exec",
		Run:      func(c *Conn) { c.carrier.Run() },
		Core:     opts.Int("max"),
		Max:      opts.Int("max"),
		Queue:    opts.Int("queue"),
		Spare:    opts.Int("spare"),
		Idle:     opts.Duration("idle"),
		Once:     cfg.Once,
		Unlocked: cfg.Unlocked,
	})
	return t, nil
}

// SetLimits implements [engine.Limiter].
func (t *Container) SetLimits(l engine.Limits) {
	l = l.OrDefaults()
	t.limits = l
	t.exchange = exchange.Config{
		Limits:        wire.Limits{Head: l.Head, Body: l.Body},
		HeaderTimeout: l.HeaderTimeout,
		// The poller has waited for the first byte. This is for the case that
		// the kernel reported one and dropped it.
		IdleTimeout:  l.HeaderTimeout,
		BodyTimeout:  l.BodyTimeout,
		WriteTimeout: l.WriteTimeout,
		OnPanic:      t.panicked,
	}
}

// panicked counts a handler's panic, and says where it happened.
func (t *Container) panicked(v any, stack []byte) {
	t.ledger.Panics.Add(1)
	log.Printf("%s: panic in a handler: %v\n%s", t.name, v, stack)
}

// Stats implements [engine.Engine]. Connections include the one that waits at
// the cap to be served.
func (t *Container) Stats() engine.Stats {
	s, pool := t.ledger.Snapshot(), t.executor.Stats()
	s.Threads, s.Busy, s.Queued = pool.Threads, pool.Busy, pool.Queued
	return s
}

// Ledger is where requests are accounted.
func (t *Container) Ledger() *account.Ledger { return &t.ledger }

// Draining reports whether Serve has been told to end.
func (t *Container) Draining() bool { return t.draining.Load() }

// maxThreads is Go's fuse against a flood of threads, which ends the process.
// The pool is bounded by itself; what an engine has beside it is as much as
// handlers ask for.
const maxThreads = 1 << 16

// ErrServed is what a second Serve returns.
var ErrServed = errors.New("an engine serves once, and Serve was called twice")

// Serve implements [engine.Engine]. The listener has to be a
// *net.TCPListener, a *net.UnixListener, or another one with a descriptor.
func (t *Container) Serve(ctx context.Context, ln net.Listener, h http.Handler) error {
	if !t.served.CompareAndSwap(false, true) {
		_ = ln.Close()
		return fmt.Errorf("%s: %w", t.name, ErrServed)
	}
	if err := t.serve(ctx, ln, h); err != nil {
		return fmt.Errorf("%s: %w", t.name, err)
	}
	return nil
}

func (t *Container) serve(ctx context.Context, ln net.Listener, h http.Handler) error {
	if old := debug.SetMaxThreads(maxThreads); old > maxThreads {
		debug.SetMaxThreads(old)
	}
	t.handler = h
	// The key is what handlers ask to know whether they run on a server:
	// httputil.ReverseProxy breaks its answer off only then.
	t.base = context.WithValue(context.WithoutCancel(ctx), http.ServerContextKey, &http.Server{Handler: h})
	t.local, t.network = ln.Addr(), ln.Addr().Network()
	var err error
	if t.acceptor, err = newAcceptor(t, ln, t.backlog); err != nil {
		_ = ln.Close()
		return err
	}
	if t.poller, err = newPoller(t); err != nil {
		t.acceptor.close()
		return err
	}
	var beside <-chan error
	if t.config.Start != nil {
		if beside, err = t.config.Start(); err != nil {
			t.acceptor.close()
			return errors.Join(err, t.poller.reactor.Close())
		}
	}
	return t.run(ctx, beside)
}

// run starts the threads, waits for ctx to end, and then for everything that
// was received to be answered.
func (t *Container) run(ctx context.Context, beside <-chan error) error {
	t.executor.Start()
	accepted, polled := make(chan error, 1), make(chan error, 1)
	go func() { polled <- t.poller.run() }()
	go func() { accepted <- t.acceptor.run() }()

	var failed error
	select {
	case <-ctx.Done():
		t.acceptor.stop(account.Now() + int64(t.limits.Linger))
		t.draining.Store(true)
		t.poller.beginDrain()
		failed = <-accepted
	case failed = <-accepted:
		t.draining.Store(true)
		t.poller.beginDrain()
	}
	t.acceptor.close() // clients are refused from here on
	t.conns.seal()
	select {
	case <-t.conns.drained:
	case err := <-polled: // without it connections cannot come to their end
		return errors.Join(failed, err)
	case err := <-beside: // nor without that
		return errors.Join(failed, err)
	}
	t.executor.Stop()
	if t.config.Stop != nil {
		t.config.Stop()
	}
	t.poller.stop()
	return errors.Join(failed, <-polled)
}

// expire ends idle threads, the pool's and the engine's own.
func (t *Container) expire(now int64) (again int64) {
	again = t.executor.Expire(now)
	if t.config.Expire != nil {
		again = min(again, t.config.Expire(now))
	}
	return again
}
