package vthread

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/internal/account"
	"github.com/plimsoll-dev/plimsoll/internal/carrier"
	"github.com/plimsoll-dev/plimsoll/internal/fiber"
	"github.com/plimsoll-dev/plimsoll/model"
)

// An Engine is the virtual thread engine. Its methods may be called on any
// goroutine.
type Engine struct {
	cfg    model.EngineConfig
	limits engine.Limits
	plant  Plant
	ledger account.Ledger
	served atomic.Bool

	threads atomic.Pointer[threads] // nil before Serve

	mu        sync.Mutex // guards deadlocks; held for an append
	deadlocks []engine.Deadlock
}

var (
	_ engine.Engine  = (*Engine)(nil)
	_ engine.Limiter = (*Engine)(nil)
)

// A Plant is a fault to be built into an engine, so that tests can prove that
// they find it. The zero Plant is an engine as it should be.
type Plant = carrier.Plant

// New returns the engine for a configuration of "vthread".
func New(cfg model.EngineConfig) (engine.Engine, error) { return NewPlanted(cfg, Plant{}) }

// NewPlanted is [New] with a fault. It is for tests of what measures engines.
func NewPlanted(cfg model.EngineConfig, p Plant) (*Engine, error) {
	if cfg.Engine != "vthread" {
		return nil, fmt.Errorf("vthread: configuration %q is of another engine; write vthread, or vthread:carriers=4", cfg)
	}
	return &Engine{cfg: cfg, limits: engine.Limits{}.OrDefaults(), plant: p}, nil
}

// Procs returns the GOMAXPROCS that the engine's process needs on that many
// CPUs: one for each carrier. With fewer, a carrier pinned in a system call
// would keep another from running until Go's monitor finds out.
func Procs(cfg model.EngineConfig, cpus int) int {
	carriers := cfg.Int("carriers")
	if carriers == 0 {
		carriers = cpus
	}
	return max(cpus, carriers+cfg.Int("compensate"))
}

// SetLimits implements [engine.Limiter].
func (e *Engine) SetLimits(l engine.Limits) { e.limits = l.OrDefaults() }

// Stats implements [engine.Engine].
func (e *Engine) Stats() engine.Stats {
	s := e.ledger.Snapshot()
	t := e.threads.Load()
	if t == nil {
		return s
	}
	pool := t.scheduler.Stats()
	pool.Done = s.Requests - min(s.Requests, uint64(max(0, s.InFlight)))
	s.Threads, s.Busy = pool.Threads, pool.Busy
	s.Pools = []engine.PoolStats{pool}
	e.mu.Lock()
	defer e.mu.Unlock()
	s.Deadlocks = e.deadlocks[:len(e.deadlocks):len(e.deadlocks)]
	return s
}

// carriers returns how many there are to be.
func (e *Engine) carriers() int {
	if n := e.cfg.Int("carriers"); n > 0 {
		return n
	}
	return runtime.NumCPU()
}

// Serve implements [engine.Engine]. The listener has to be a
// *net.TCPListener, a *net.UnixListener, or another one with a descriptor.
func (e *Engine) Serve(ctx context.Context, ln net.Listener, h http.Handler) error {
	if !e.served.CompareAndSwap(false, true) {
		_ = ln.Close()
		return errors.New("vthread: an engine serves once; make another")
	}
	t, err := e.newThreads()
	if err != nil {
		_ = ln.Close()
		return fmt.Errorf("vthread: %w", err)
	}
	s, err := fiber.NewServer(t.group, ln, fiber.Config{
		Name: "vthread", Context: ctx, Handler: h,
		Host: &host{fiber.Host{Group: t.group}, t}, Outside: fiber.Suspend,
		Ledger: &e.ledger, Limits: e.limits,
		KeepAlive: e.cfg.Duration("keepalive"), Connections: e.cfg.Int("connections"), Backlog: e.cfg.Int("backlog"),
	})
	if err != nil {
		return errors.Join(err, t.reactor.Close())
	}
	e.threads.Store(t)
	stop := context.AfterFunc(ctx, func() {
		s.Stop()
		t.scheduler.Drain()
	})
	defer stop()
	// Not on the caller's goroutine, which may be locked to its thread: the
	// coroutines are not.
	ended := make(chan error)
	go func() { ended <- t.run(s) }()
	return <-ended
}
