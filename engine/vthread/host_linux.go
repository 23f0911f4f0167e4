package vthread

import (
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/internal/carrier"
	"github.com/plimsoll-dev/plimsoll/internal/fiber"
	"github.com/plimsoll-dev/plimsoll/internal/inline"
	"github.com/plimsoll-dev/plimsoll/model"
)

// A host is how tasks wait on this engine: what awaits and calls wait for
// unmounts their thread, unless something around them pins it.
type host struct {
	fiber.Host
	threads *threads
}

var (
	_ inline.Host   = (*host)(nil)
	_ inline.Runner = (*host)(nil)
	_ inline.Holder = (*host)(nil)
)

// Run implements [inline.Runner].
func (h *host) Run(t *inline.Task, op string, verb model.Verb, f func(engine.Task) error) error {
	me := fiber.Current()
	in := me.Enter(op, verb)
	defer me.Leave(in)
	switch verb {
	case model.Compute:
		h.threads.scheduler.Away()
	case model.Block:
		before := me.SetWait(fiber.Pin)
		defer me.SetWait(before)
		c := seatOf(me).carrier
		h.threads.scheduler.Pin(c, carrier.Pin{Op: op, Verb: verb})
		defer h.threads.scheduler.Unpin(c)
	}
	return f(t)
}

// Hold implements [inline.Holder].
func (h *host) Hold(r *engine.Resource, held func() error) error {
	me := fiber.Current()
	if h.threads.monitors && r.IsMonitor() {
		before := me.SetWait(fiber.Pin)
		s := seatOf(me)
		s.monitors++
		defer func() {
			s.monitors--
			me.SetWait(before)
		}()
	}
	in := &h.threads.entrants
	if !r.Bounded() {
		in.enter(r)
	}
	r.Acquire(func() engine.Parker {
		return h.parker(me, carrier.Pin{
			Op: r.Name(), Verb: model.Hold, Resource: r.Name(),
			Stuck: func() bool { return !r.Bounded() && in.all(r) },
		})
	})
	if r.Bounded() {
		in.enter(r)
	}
	defer in.leave(r)
	defer r.Release()
	return held()
}

// NewParker implements [inline.Host]: for the end of an All.
func (h *host) NewParker() engine.Parker {
	me := fiber.Current()
	op, verb := me.Step()
	return h.parker(me, carrier.Pin{Op: op, Verb: verb, Stuck: func() bool { return true }})
}

// parker returns what me waits on for another thread. A wait that pins is
// accounted as p. In a block, whose code has no business waiting for a thread
// that needs the carrier it keeps, another carrier is lent meanwhile; a monitor
// of JDK 21 does nobody that favour.
func (h *host) parker(me *fiber.Fiber, p carrier.Pin) engine.Parker {
	if !me.Pinned() {
		return me
	}
	if seatOf(me).monitors == 0 {
		p.Lend, p.Stuck = true, nil
	}
	return &pinnedParker{me, h.threads.scheduler, p}
}

type pinnedParker struct {
	*fiber.Fiber
	scheduler *carrier.Scheduler
	pin       carrier.Pin
}

// Park implements [engine.Parker].
func (p *pinnedParker) Park() {
	c := seatOf(p.Fiber).carrier
	p.scheduler.Pin(c, p.pin)
	defer p.scheduler.Unpin(c)
	p.Fiber.Park()
}

// Go implements [inline.Host]: on a thread of its own, which nothing pins yet.
func (h *host) Go(f func()) { h.Group.Go(f) }

// Sleep implements [inline.Host].
func (h *host) Sleep(d time.Duration) {
	me := fiber.Current()
	if !me.Pinned() {
		me.Sleep(d)
		return
	}
	_ = h.threads.Pinned(me, func() error { me.Sleep(d); return nil }) // wait's own
}

// Pinned implements fiber.Pinner.
func (t *threads) Pinned(f *fiber.Fiber, wait func() error) error {
	op, verb := f.Step()
	c := seatOf(f).carrier
	t.scheduler.Pin(c, carrier.Pin{Op: op, Verb: verb})
	defer t.scheduler.Unpin(c)
	return wait()
}
