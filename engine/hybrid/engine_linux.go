package hybrid

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/internal/account"
	"github.com/plimsoll-dev/plimsoll/internal/eventloop"
	"github.com/plimsoll-dev/plimsoll/internal/executor"
	"github.com/plimsoll-dev/plimsoll/model"
)

// Idle is how long a blocking worker stays that has nothing to do: AnyIO's
// WorkerThread.MAX_IDLE_TIME, and tokio's thread_keep_alive.
const Idle = 10 * time.Second

// An Engine is an engine.Engine on event loops with workers beside them. Its
// methods may be called concurrently.
type Engine struct {
	cfg           model.EngineConfig
	limits        engine.Limits
	ledger        account.Ledger
	cpu, blocking *executor.Executor[*job]
	tell          func(back func()) // calls back; see Plant
	loops         []*eventloop.Loop
	processors    processors
	served        atomic.Bool
}

var (
	_ engine.Engine  = (*Engine)(nil)
	_ engine.Limiter = (*Engine)(nil)
)

// New returns an engine of the kind "hybrid".
func New(cfg model.EngineConfig) (engine.Engine, error) {
	e, err := newEngine(cfg)
	if err != nil {
		return nil, err
	}
	return e, nil
}

func newEngine(cfg model.EngineConfig) (*Engine, error) {
	if cfg.Engine != "hybrid" {
		return nil, fmt.Errorf("hybrid: the configuration is of engine %q; write hybrid, or hybrid:loops=2,workers=2", cfg.Engine)
	}
	s := sizesOf(cfg, runtime.NumCPU())
	e := &Engine{cfg: cfg, limits: engine.Limits{}.OrDefaults(), tell: func(back func()) { back() }}
	for i := range s.loops {
		e.loops = append(e.loops, eventloop.New(eventloop.Config{Engine: "hybrid", Number: i, Slow: cfg.Duration("slow"), Ledger: &e.ledger}))
	}
	e.cpu = executor.New(executor.Config[*job]{
		Name: "plimsoll-cpu", Run: e.work, Done: e.done,
		Core: s.workers, Max: s.workers, Spare: s.workers, Queue: cfg.Int("workers-queue"),
		Nice: cfg.Int("nice"),
	})
	e.blocking = executor.New(executor.Config[*job]{
		Name: "plimsoll-block", Run: e.work, Done: e.done,
		Core: s.blocking, Max: s.blockingMax, Queue: cfg.Int("blocking-queue"),
		Idle: Idle, Begin: e.fit,
	})
	e.processors.always = s.loops + s.workers
	return e, nil
}

// SetLimits implements [engine.Limiter].
func (e *Engine) SetLimits(l engine.Limits) { e.limits = l.OrDefaults() }

// Stats implements [engine.Engine]. Threads are the loops; the workers are in
// Pools.
func (e *Engine) Stats() engine.Stats {
	s := e.ledger.Snapshot()
	s.Threads, s.Busy = len(e.loops), min(len(e.loops), max(0, e.ledger.Running()))
	cpu, blocking := e.cpu.Stats(), e.blocking.Stats()
	cpu.Name, blocking.Name = engine.PoolCPU, engine.PoolBlocking
	s.Pools = []engine.PoolStats{cpu, blocking}
	for _, l := range e.loops {
		s.Loops = append(s.Loops, l.Stats())
	}
	return s
}

var errServed = errors.New("hybrid: an engine serves once; make another")

// Serve implements [engine.Engine]. The listener has to be a *net.TCPListener,
// a *net.UnixListener, or another one with a descriptor. The accept queues of
// further loops are listeners on the same address; where that cannot be shared
// (a unix socket) all loops accept from ln's queue.
func (e *Engine) Serve(ctx context.Context, ln net.Listener, h http.Handler) error {
	if !e.served.CompareAndSwap(false, true) {
		_ = ln.Close()
		return errServed
	}
	servers, err := e.open(ctx, ln, h)
	if err != nil {
		return err
	}
	e.processors.begin()
	defer e.processors.end()
	e.cpu.Start()
	return e.run(ctx, servers)
}

// fit is called when there is another blocking worker, and when some have ended.
func (e *Engine) fit() {
	e.processors.fit(func() int { return e.blocking.Stats().Threads })
}
