package future

import (
	"fmt"
	"log"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/internal/account"
	"github.com/plimsoll-dev/plimsoll/internal/fiber"
	"github.com/plimsoll-dev/plimsoll/internal/osthread"
	"github.com/plimsoll-dev/plimsoll/internal/reactor"
	"github.com/plimsoll-dev/plimsoll/internal/trace"
)

// A client is the event loop that does the I/O of awaits, and runs strands whose
// target it is, first in, first out. A turn is one wait and what came of it.
type client struct {
	engine  *Engine
	reactor *reactor.Reactor
	group   *fiber.Group
	seat    *seat

	mu     sync.Mutex // guards what follows; held for an append
	queue  []*fiber.Fiber
	asleep bool // the loop waits for events, or is about to

	// Of the loop's goroutine.
	batch  []*fiber.Fiber // being run
	thread int            // that it was on last
	closed bool

	ended chan error

	turns, busy, stalled atomic.Int64
	lag                  atomic.Uint64 // bits of a float64, s²
}

func newClient(e *Engine) *client { return &client{engine: e, ended: make(chan error, 1)} }

// start begins to turn. The channel gets an error if the loop ends by itself.
func (c *client) start() (<-chan error, error) {
	var err error
	if c.reactor, err = reactor.New(); err != nil {
		return nil, err
	}
	c.group = fiber.NewGroup(c.reactor, c.engine)
	c.engine.awaiting.Group = c.group
	c.seat = &seat{place: onClient, carrier: fiber.NewCarrier(c.reactor)}
	c.seat.carrier.Track = trace.Track{Kind: trace.Loop, Name: "client"}
	go c.run()
	return c.ended, nil
}

// stop ends the loop, and what still waits for it.
func (c *client) stop() {
	c.reactor.Post(func() { c.closed = true })
	<-c.ended
}

// push has a strand run on the loop.
func (c *client) push(f *fiber.Fiber) {
	c.mu.Lock()
	c.queue = append(c.queue, f)
	wake := c.asleep
	c.asleep = false
	c.mu.Unlock()
	if wake {
		c.reactor.Post(func() {})
	}
}

// run is the life of the loop's goroutine. It is not locked to its thread, as
// strands come from other threads and go there.
func (c *client) run() {
	var err error
	for !c.closed && err == nil {
		err = c.turn()
	}
	c.group.Close()
	_ = c.reactor.Close() // its descriptors are gone either way
	if err != nil {
		err = fmt.Errorf("the client's loop: %w", err)
	}
	c.ended <- err
}

func (c *client) turn() error {
	if tid := unix.Gettid(); tid != c.thread {
		c.thread = tid
		osthread.ExactTimers()
	}
	if err := c.reactor.Poll(c.patience()); err != nil {
		return err
	}
	c.mu.Lock()
	c.asleep = false
	c.batch, c.queue = c.queue, c.batch[:0]
	c.mu.Unlock()
	began := c.reactor.Now()
	now := began
	for i, f := range c.batch {
		c.batch[i] = nil
		s := c.seat.run(f, now)
		now = s.Ended
		c.stalled.Add(s.Stalled)
		if s.Nanos() >= int64(stallFrom) && s.Stalled > 0 {
			c.stall(s)
		}
	}
	c.account(began, now)
	return nil
}

// patience is how long to wait for events.
func (c *client) patience() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.queue) > 0 {
		return 0
	}
	c.asleep = true
	return -1
}

// account books a turn that was busy from began to ended.
func (c *client) account(began, ended int64) {
	c.turns.Add(1)
	if busy := ended - began; busy > 0 {
		c.busy.Add(busy)
		seconds := float64(busy) / 1e9
		lag := math.Float64frombits(c.lag.Load()) + seconds*seconds/2
		c.lag.Store(math.Float64bits(lag)) // nobody else writes it
	}
}

// stallFrom is the time from which a continuation on the loop is counted as a
// stall: as long as the I/O of some hundred others takes.
const stallFrom = time.Millisecond

// stall books a continuation that kept the loop, and says so the first time.
func (c *client) stall(s *fiber.Slice) {
	if trace.On() {
		trace.Add(trace.Event{What: trace.Stall, Track: c.seat.carrier.Track, Strand: s.Strand, Op: s.Op, Verb: s.Verb, From: s.Began, To: s.Ended})
	}
	if c.engine.container.Ledger().Stall(s.Op, s.Verb, s.Nanos()) {
		what := account.Handler
		if s.Verb != 0 {
			what = fmt.Sprintf("%s %q", s.Verb, s.Op)
		}
		log.Printf("future: %s kept the client's loop for %v, and with it what all other requests await (told once for each step; Stats counts them)",
			what, time.Duration(s.Nanos()).Round(time.Microsecond))
	}
}

func (c *client) stats() engine.LoopStats {
	return engine.LoopStats{
		Turns: uint64(c.turns.Load()), BusyNanos: c.busy.Load(), StalledNanos: c.stalled.Load(),
		LagSeconds2: math.Float64frombits(c.lag.Load()),
	}
}
