package vthread

import (
	"errors"
	"fmt"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/carrier"
	"github.com/plimsoll-dev/plimsoll/internal/fiber"
	"github.com/plimsoll-dev/plimsoll/internal/reactor"
	"github.com/plimsoll-dev/plimsoll/internal/trace"
)

// threads are the virtual threads of one Serve: fibers that the carriers'
// scheduler runs.
type threads struct {
	e         *Engine
	reactor   *reactor.Reactor
	scheduler *carrier.Scheduler
	group     *fiber.Group
	slow      time.Duration
	monitors  bool // pin
	entrants  entrants
}

var (
	_ fiber.Scheduler = (*threads)(nil)
	_ fiber.Pinner    = (*threads)(nil)
)

func (e *Engine) newThreads() (*threads, error) {
	r, err := reactor.New()
	if err != nil {
		return nil, err
	}
	t := &threads{e: e, reactor: r, slow: e.cfg.Duration("slow"), monitors: e.cfg.Text("pinning") == "jdk21"}
	t.scheduler = carrier.New(carrier.Config{
		Carriers: e.carriers(), Compensate: e.cfg.Int("compensate"),
		Poller: poller{r}, Now: reactor.Clock,
		OnPinned: t.pinned, OnDeadlock: t.deadlocked, Plant: e.plant,
	})
	t.group = fiber.NewGroup(r, t)
	return t, nil
}

// run serves until the server has stopped.
func (t *threads) run(s *fiber.Server) error {
	t.scheduler.Start()
	s.Start()
	<-s.Done()
	t.scheduler.Stop()
	t.group.Close()
	if err := errors.Join(s.Err(), t.reactor.Close()); err != nil {
		return fmt.Errorf("vthread: %w", err)
	}
	return nil
}

// Ready implements fiber.Scheduler.
func (t *threads) Ready(f *fiber.Fiber) { t.scheduler.Ready((*thread)(f)) }

// A thread is a fiber as carriers see it.
type thread fiber.Fiber

var _ carrier.Thread = (*thread)(nil)

// Mount implements carrier.Thread.
func (t *thread) Mount(c *carrier.Carrier, now int64) (left int64) {
	s, ok := c.Local.(*seat)
	if !ok {
		s = &seat{carrier: c, fiber: new(fiber.Carrier)}
		s.fiber.Local, c.Local = s, s
		s.fiber.Track = trace.Track{Kind: trace.Carrier, Number: c.Number()}
	}
	return s.fiber.Run((*fiber.Fiber)(t), now).Ended
}

// Carrier implements carrier.Thread.
func (t *thread) Carrier() *carrier.Carrier {
	if c := (*fiber.Fiber)(t).Carrier(); c != nil {
		return c.Local.(*seat).carrier
	}
	return nil
}

// A seat is a carrier as its scheduler and as fibers know it. The thread that
// is mounted uses it.
type seat struct {
	carrier  *carrier.Carrier
	fiber    *fiber.Carrier
	monitors int // that pin the mounted thread
}

// seatOf returns the seat of the calling thread. It is the same for as long as
// the thread is pinned.
func seatOf(f *fiber.Fiber) *seat { return f.Carrier().Local.(*seat) }

// A poller is the reactor as carriers poll it.
type poller struct{ *reactor.Reactor }

var nothing = func() {}

func (p poller) Wake() { p.Post(nothing) }
