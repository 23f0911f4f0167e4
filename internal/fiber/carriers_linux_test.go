package fiber

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/enginetest"
	"github.com/plimsoll-dev/plimsoll/internal/account"
	"github.com/plimsoll-dev/plimsoll/internal/inline"
	"github.com/plimsoll-dev/plimsoll/internal/reactor"
	"github.com/plimsoll-dev/plimsoll/model"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// carriers are a scheduler as an M:N engine has it: several goroutines that are
// not locked to threads, and one more that polls. Everything that differs from a
// loop happens on it: fibers change carriers, and wake-ups meet waits that have
// only begun.
type carriers struct {
	reactor *reactor.Reactor
	group   *Group
	ready   chan *Fiber
	stopped chan struct{}
	polling chan error
	running sync.WaitGroup
}

func newCarriers(tb testing.TB, n int) *carriers {
	tb.Helper()
	r, err := reactor.New()
	if err != nil {
		tb.Fatal(err)
	}
	c := &carriers{reactor: r, ready: make(chan *Fiber, 1<<16), stopped: make(chan struct{}), polling: make(chan error, 1)}
	c.group = NewGroup(r, c)
	go func() { c.polling <- r.Run(context.Background()) }()
	for range n {
		c.running.Go(func() {
			carrier := new(Carrier)
			for {
				select {
				case f := <-c.ready:
					carrier.Run(f, account.Now())
				case <-c.stopped:
					return
				}
			}
		})
	}
	return c
}

func (c *carriers) Ready(f *Fiber) { c.ready <- f } // never more than fit

// stop ends everything, fibers that wait included.
func (c *carriers) stop(tb testing.TB) {
	tb.Helper()
	c.reactor.Post(func() { c.reactor.Close() })
	if err := <-c.polling; !errors.Is(err, reactor.ErrClosed) {
		tb.Error(err)
	}
	close(c.stopped)
	c.running.Wait()
	c.group.Close()
}

// run runs f on a fiber and waits for it.
func (c *carriers) run(f func(me *Fiber)) {
	done := make(chan struct{})
	c.group.Go(func() {
		defer close(done)
		f(Current())
	})
	<-done
}

// An engine is the least that serves with fibers.
type carrierEngine struct {
	tb     testing.TB
	cfg    model.EngineConfig
	limits engine.Limits
	ledger account.Ledger
}

func (e *carrierEngine) SetLimits(l engine.Limits) { e.limits = l.OrDefaults() }

func (e *carrierEngine) Stats() engine.Stats {
	s := e.ledger.Snapshot()
	s.Threads = 2
	return s
}

func (e *carrierEngine) Serve(ctx context.Context, ln net.Listener, h http.Handler) error {
	c := newCarriers(e.tb, 2)
	s, err := NewServer(c.group, ln, Config{
		Name: "carriers", Context: ctx, Handler: h, Host: &carrierHost{Host{Group: c.group}},
		Ledger: &e.ledger, Limits: e.limits,
		KeepAlive: e.cfg.Duration("keepalive"), Connections: e.cfg.Int("connections"), Backlog: e.cfg.Int("backlog"),
	})
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, s.Stop)
	defer stop()
	s.Start()
	<-s.Done()
	c.stop(e.tb)
	return s.Err()
}

// carrierHost suspends in steps that can, and blocks its carrier in others.
type carrierHost struct{ Host }

func (*carrierHost) Run(t *inline.Task, op string, verb model.Verb, f func(engine.Task) error) error {
	me := Current()
	wait := Suspend
	if verb == model.Block {
		wait = Block
	}
	before := me.SetWait(wait)
	in := me.Enter(op, verb)
	defer func() {
		me.Leave(in)
		me.SetWait(before)
	}()
	return f(t)
}

func TestConformanceOnCarriers(t *testing.T) {
	enginetest.Run(t, "vthread", func(cfg model.EngineConfig) (engine.Engine, error) {
		return &carrierEngine{tb: t, cfg: cfg}, nil
	})
}
