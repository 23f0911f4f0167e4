package loop

import (
	"fmt"
	"log"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/internal/account"
	"github.com/plimsoll-dev/plimsoll/internal/fiber"
	"github.com/plimsoll-dev/plimsoll/internal/osthread"
	"github.com/plimsoll-dev/plimsoll/internal/reactor"
	"github.com/plimsoll-dev/plimsoll/internal/trace"
)

// A loop is one thread that waits for events and runs the fibers that are
// ready, first in, first out. A turn is one wait and what came of it: what
// becomes ready meanwhile has its turn in the next one, as asyncio has it
// (base_events.py, _run_once).
type loop struct {
	reactor *reactor.Reactor
	group   *fiber.Group
	carrier *fiber.Carrier
	ledger  *account.Ledger
	slow    int64 // nanoseconds from which a slice is a stall

	mu     sync.Mutex // guards what follows; held for an append
	queue  []*fiber.Fiber
	asleep bool // the loop waits for events, or is about to

	batch []*fiber.Fiber // being run

	turns, busy, stalled atomic.Int64
	lag                  atomic.Uint64 // bits of a float64, s²
}

func (l *loop) open() (err error) {
	if l.reactor, err = reactor.New(); err != nil {
		return fmt.Errorf("loop: %w", err)
	}
	l.group = fiber.NewGroup(l.reactor, l)
	l.carrier = fiber.NewCarrier(l.reactor)
	l.carrier.Track = trace.Track{Kind: trace.Loop}
	return nil
}

// Ready implements fiber.Scheduler.
func (l *loop) Ready(f *fiber.Fiber) {
	l.mu.Lock()
	l.queue = append(l.queue, f)
	wake := l.asleep
	l.asleep = false
	l.mu.Unlock()
	if wake {
		l.reactor.Post(func() {})
	}
}

// run turns until done is closed. It is the life of the loop's thread.
func (l *loop) run(done <-chan struct{}) error {
	runtime.LockOSThread() // coroutines made here are resumed here; and the thread ends with the loop
	osthread.Name("plimsoll-loop")
	osthread.ExactTimers()
	defer l.reactor.Close() //nolint:errcheck // its descriptors are gone either way
	defer l.group.Close()
	for {
		select {
		case <-done:
			return nil
		default:
		}
		if err := l.turn(); err != nil {
			return fmt.Errorf("loop: %w", err)
		}
	}
}

func (l *loop) turn() error {
	if err := l.reactor.Poll(l.patience()); err != nil {
		return err
	}
	l.mu.Lock()
	l.asleep = false
	l.batch, l.queue = l.queue, l.batch[:0]
	l.mu.Unlock()
	began := l.reactor.Now()
	now := began
	for i, f := range l.batch {
		l.batch[i] = nil
		s := l.carrier.Run(f, now)
		now = s.Ended
		if s.Stalled > 0 {
			l.stalled.Add(s.Stalled)
		}
		if s.Nanos() >= l.slow {
			l.stall(s)
		}
	}
	l.account(began, now)
	return nil
}

// patience is how long to wait for events.
func (l *loop) patience() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) > 0 {
		return 0
	}
	l.asleep = true
	return -1
}

// account books a turn that was busy from began to ended.
func (l *loop) account(began, ended int64) {
	l.turns.Add(1)
	if busy := ended - began; busy > 0 {
		l.busy.Add(busy)
		seconds := float64(busy) / 1e9
		lag := math.Float64frombits(l.lag.Load()) + seconds*seconds/2
		l.lag.Store(math.Float64bits(lag)) // nobody else writes it
	}
}

// stall books a slice that was too long, and says so the first time.
func (l *loop) stall(s *fiber.Slice) {
	if trace.On() {
		trace.Add(trace.Event{What: trace.Stall, Track: l.carrier.Track, Strand: s.Strand, Op: s.Op, Verb: s.Verb, From: s.Began, To: s.Ended})
	}
	if !l.ledger.Stall(s.Op, s.Verb, s.Nanos()) {
		return
	}
	what := "a handler's own code"
	if s.Verb != 0 {
		what = fmt.Sprintf("%s %q", s.Verb, s.Op)
	}
	log.Printf("loop: %s kept the loop from its other requests for %v (told once for each step; Stats counts them)", what, time.Duration(s.Nanos()).Round(time.Microsecond))
}

func (l *loop) stats() engine.LoopStats {
	return engine.LoopStats{
		Turns: uint64(l.turns.Load()), BusyNanos: l.busy.Load(), StalledNanos: l.stalled.Load(),
		LagSeconds2: math.Float64frombits(l.lag.Load()),
	}
}
