package thread

import (
	"context"
	"fmt"
	"net"
	"net/http"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/internal/container"
	"github.com/plimsoll-dev/plimsoll/model"
)

// An Engine is an engine.Engine on OS threads. Its methods may be called
// concurrently.
type Engine struct {
	container *container.Container
	host      *container.Host
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
	e := &Engine{host: container.NewHost(cfg.Duration("idle"))}
	var err error
	e.container, err = container.New(container.Config{
		Engine: cfg,
		Once:   cfg.Text("reuse") == "off",
		Attach: func(c *container.Conn) container.Carrier { return &carrier{conn: c, host: e.host} },
		Expire: e.host.Expire,
		Stop:   e.host.Stop,
	})
	return e, err
}

// Serve implements [engine.Engine]. The listener has to be a
// *net.TCPListener, a *net.UnixListener, or another one with a descriptor.
func (e *Engine) Serve(ctx context.Context, ln net.Listener, h http.Handler) error {
	return e.container.Serve(ctx, ln, h)
}

// SetLimits implements [engine.Limiter].
func (e *Engine) SetLimits(l engine.Limits) { e.container.SetLimits(l) }

// Stats implements [engine.Engine]. Connections include the one that waits at
// the cap to be served.
func (e *Engine) Stats() engine.Stats { return e.container.Stats() }

// Auxiliary returns the number of threads beside the pool, idle ones
// included: those on which the branches of All run.
func (e *Engine) Auxiliary() int { return e.host.Auxiliary() }

// Procs returns the GOMAXPROCS that a process serving with cfg needs: a
// processor for each thread of the pool, so that the kernel schedules them
// and Go's scheduler does not, and a few for the acceptor, the poller and the
// runtime.
func Procs(cfg model.EngineConfig) int { return cfg.Int("max") + 10 }
