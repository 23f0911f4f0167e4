package future

import (
	"context"
	"fmt"
	"math"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/internal/container"
	"github.com/plimsoll-dev/plimsoll/internal/executor"
	"github.com/plimsoll-dev/plimsoll/internal/fiber"
	"github.com/plimsoll-dev/plimsoll/model"
)

// An Engine is an engine.Engine of asynchronous requests. Its methods may be
// called concurrently.
type Engine struct {
	container *container.Container
	client    *client
	executor  *executor.Executor[*fiber.Fiber] // nil: executor=direct
	after     place                            // where a continuation runs

	awaiting *host           // how tasks wait that may give their thread back
	calling  *container.Host // how those wait that keep it, inside a Call
	running  sync.WaitGroup  // requests whose handler has not returned
}

var (
	_ engine.Engine  = (*Engine)(nil)
	_ engine.Limiter = (*Engine)(nil)
)

// New returns an engine of the kind "future". It fails if the process may not
// have the threads or the descriptors that cfg asks for.
func New(cfg model.EngineConfig) (engine.Engine, error) {
	e, err := newEngine(cfg)
	if err != nil {
		return nil, err
	}
	return e, nil
}

func newEngine(cfg model.EngineConfig) (*Engine, error) {
	if cfg.Engine != "future" {
		return nil, fmt.Errorf("future: the configuration is of engine %q", cfg.Engine)
	}
	e := &Engine{after: onClient, calling: container.NewHost(cfg.Duration("idle"))}
	e.awaiting = &host{engine: e}
	if n := cfg.Int("executor"); n != model.Unbounded {
		e.after = onExecutor
		e.executor = newExecutor(cfg, n)
	}
	var err error
	e.container, err = container.New(container.Config{
		Engine:   cfg,
		Unlocked: true,
		Beside:   beside(cfg),
		Attach:   e.attach,
		Expire:   e.expire,
		Start:    e.start,
		Stop:     e.stop,
	})
	if err != nil {
		return nil, err
	}
	e.client = newClient(e, e.container.Ledger())
	return e, nil
}

// keepAlive is Spring Boot's spring.task.execution.pool.keep-alive.
const keepAlive = 60 * time.Second

func newExecutor(cfg model.EngineConfig, core int) *executor.Executor[*fiber.Fiber] {
	most := cfg.Int("executor-max")
	if most == model.Unbounded {
		most = math.MaxInt
	}
	return executor.New(executor.Config[*fiber.Fiber]{
		Name:     engine.PoolExecutor,
		Run:      resume,
		Core:     core,
		Max:      most,
		Queue:    cfg.Int("executor-queue"),
		Spare:    core,
		Idle:     keepAlive,
		Unlocked: true,
	})
}

// beside is the number of threads beside the container's pool: the client, and
// the executor's, as far as they are bounded.
func beside(cfg model.EngineConfig) int {
	core, most := cfg.Int("executor"), cfg.Int("executor-max")
	switch {
	case core == model.Unbounded: // direct
		return 1
	case cfg.Int("executor-queue") == model.Unbounded: // it is never full
		return 1 + core
	}
	return 1 + max(core, most)
}

// Procs returns the GOMAXPROCS that a process serving with cfg needs: one for
// each thread that may block, so that the kernel schedules them and Go's
// scheduler does not, and a few for the acceptor, the poller and the runtime.
func Procs(cfg model.EngineConfig) int { return cfg.Int("max") + beside(cfg) + 10 }

// Serve implements [engine.Engine]. The listener has to be a
// *net.TCPListener, a *net.UnixListener, or another one with a descriptor.
func (e *Engine) Serve(ctx context.Context, ln net.Listener, h http.Handler) error {
	return e.container.Serve(ctx, ln, h)
}

// SetLimits implements [engine.Limiter].
func (e *Engine) SetLimits(l engine.Limits) { e.container.SetLimits(l) }

// Stats implements [engine.Engine]. Threads, Busy and Queued are the
// container's; the executor is the pool, the client the loop. Rejected includes
// requests whose continuation the executor had no room for.
func (e *Engine) Stats() engine.Stats {
	s := e.container.Stats()
	if e.executor != nil {
		s.Pools = []engine.PoolStats{e.executor.Stats()}
	}
	s.Loops = []engine.LoopStats{e.client.Stats()}
	return s
}

func (e *Engine) expire(now int64) (again int64) {
	again = e.calling.Expire(now)
	if e.executor != nil {
		again = min(again, e.executor.Expire(now))
	}
	return again
}

func (e *Engine) start() (failed <-chan error, err error) {
	failed, err = e.client.start()
	e.awaiting.Group = e.client.Group()
	return failed, err
}

// stop ends what is beside the container, after the last connection. A handler
// that has hijacked one may still run.
func (e *Engine) stop() {
	e.running.Wait()
	if e.executor != nil {
		e.executor.Stop()
	}
	e.client.stop()
	e.calling.Stop()
}
