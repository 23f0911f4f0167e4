package loop

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/cps"
	"github.com/plimsoll-dev/plimsoll/internal/account"
	"github.com/plimsoll-dev/plimsoll/internal/eventloop"
	"github.com/plimsoll-dev/plimsoll/internal/fiber"
	"github.com/plimsoll-dev/plimsoll/model"
)

// An Engine is an engine.Engine on one event loop. Its methods may be called
// concurrently.
type Engine struct {
	cfg    model.EngineConfig
	limits engine.Limits
	ledger account.Ledger
	loop   *eventloop.Loop
	served atomic.Bool
}

var (
	_ engine.Engine  = (*Engine)(nil)
	_ engine.Limiter = (*Engine)(nil)
)

// New returns an engine of the kind "loop".
func New(cfg model.EngineConfig) (engine.Engine, error) {
	if cfg.Engine != "loop" {
		return nil, fmt.Errorf("loop: the configuration is of engine %q; write loop, or loop:slow=50ms", cfg.Engine)
	}
	e := &Engine{cfg: cfg, limits: engine.Limits{}.OrDefaults()}
	e.loop = eventloop.New(eventloop.Config{Engine: "loop", Slow: cfg.Duration("slow"), Ledger: &e.ledger, Busy: e.busy()})
	return e, nil
}

// busy reports whether the loop polls instead of waiting.
func (e *Engine) busy() bool { return e.cfg.Text("poll") == "busy" }

// SetLimits implements [engine.Limiter].
func (e *Engine) SetLimits(l engine.Limits) { e.limits = l.OrDefaults() }

// Stats implements [engine.Engine]; see the package comment.
func (e *Engine) Stats() engine.Stats {
	s := e.ledger.Snapshot()
	s.Threads, s.Busy = 1, min(1, max(0, e.ledger.Running()))
	s.Loops = []engine.LoopStats{e.loop.Stats()}
	return s
}

// Serve implements [engine.Engine]. The listener has to be a
// *net.TCPListener, a *net.UnixListener, or another one with a descriptor.
func (e *Engine) Serve(ctx context.Context, ln net.Listener, h http.Handler) error {
	if !e.served.CompareAndSwap(false, true) {
		_ = ln.Close()
		return errors.New("loop: an engine serves once; make another")
	}
	if err := e.loop.Open(); err != nil {
		_ = ln.Close()
		return err
	}
	cfg := fiber.Config{
		Name: "loop", Context: ctx, Handler: h,
		Host: newHost(e.loop.Group(), e.busy()), Outside: fiber.Block,
		Ledger: &e.ledger, Limits: e.limits,
		KeepAlive: e.cfg.Duration("keepalive"), Connections: e.cfg.Int("connections"), Backlog: e.cfg.Int("backlog"),
	}
	if e.cfg.Text("style") == "cps" {
		callable, ok := h.(cps.Handler)
		if !ok {
			return errors.Join(fmt.Errorf("loop: %s runs handlers in continuation-passing style, and a %T is no cps.Handler; write loop", e.cfg, h), ln.Close(), e.loop.Close())
		}
		cb := newCallbacks(e.loop, callable, &e.ledger)
		defer cb.caller.close()
		cfg.Callbacks = cb.begin
	}
	s, err := fiber.NewServer(e.loop.Group(), ln, cfg)
	if err != nil {
		return errors.Join(err, e.loop.Close())
	}
	stop := context.AfterFunc(ctx, s.Stop)
	defer stop()
	s.Start()
	ended := make(chan error, 1)
	go func() { ended <- e.loop.Run(s.Done()) }()
	return errors.Join(<-ended, s.Err())
}
