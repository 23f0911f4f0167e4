package hybrid

import (
	"context"
	"net"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/internal/blocking"
	"github.com/plimsoll-dev/plimsoll/internal/fiber"
	"github.com/plimsoll-dev/plimsoll/internal/inline"
	"github.com/plimsoll-dev/plimsoll/internal/osthread"
	"github.com/plimsoll-dev/plimsoll/model"
)

// A host is how the tasks of one loop wait: on the loop, where their goroutine
// is a fiber, and elsewhere on a thread.
type host struct {
	fiber.Host
	engine *Engine
}

var (
	_ inline.Host   = (*host)(nil)
	_ inline.Runner = (*host)(nil)
	_ inline.Sharer = (*host)(nil)
	_ inline.Stage  = (*host)(nil)
)

// Run implements [inline.Runner].
func (h *host) Run(t *inline.Task, op string, verb model.Verb, f func(engine.Task) error) error {
	me := fiber.Current()
	switch {
	case me == nil: // on a worker, or beside one
		return f(t)
	case verb == model.Compute:
		return h.engine.step(me, h.engine.cpu, t, f)
	case verb != model.Await:
		return h.engine.step(me, h.engine.blocking, t, f)
	}
	before := me.SetWait(fiber.Suspend)
	in := me.Enter(op, verb)
	defer func() {
		me.Leave(in)
		me.SetWait(before)
	}()
	return f(t)
}

// awaits reports whether the fiber is inside an await. Outside of one a
// connection waits as in a call.
func awaits(f *fiber.Fiber) bool { return f != nil && f.Wait() == fiber.Suspend }

// Dial implements [inline.Host].
func (h *host) Dial(ctx context.Context, network, address string) (c net.Conn, err error) {
	me := fiber.Current()
	suspends := awaits(me)
	if suspends {
		c, err = h.Host.Dial(ctx, network, address)
	} else {
		err = h.engine.call(me, func() (err error) {
			c, err = blocking.Dial(ctx, network, address)
			return err
		})
	}
	if err != nil {
		return nil, err
	}
	return &conn{c.(stream), h.engine, suspends}, nil
}

// Shares implements [inline.Sharer].
func (h *host) Shares() any {
	if awaits(fiber.Current()) {
		return h
	}
	return h.engine
}

// Sleep implements [inline.Host].
func (h *host) Sleep(d time.Duration) {
	if me := fiber.Current(); me != nil {
		me.Sleep(d)
		return
	}
	osthread.Sleep(d)
}

// NewParker implements [inline.Host].
func (h *host) NewParker() engine.Parker {
	if me := fiber.Current(); me != nil {
		return me
	}
	return new(osthread.Parker)
}

// Go implements [inline.Host].
func (h *host) Go(f func()) {
	if fiber.Current() != nil {
		h.Host.Go(f)
		return
	}
	go f() // a limit would let branches wait for branches
}
