package eventloop

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/internal/account"
	"github.com/plimsoll-dev/plimsoll/internal/fiber"
	"github.com/plimsoll-dev/plimsoll/internal/osthread"
	"github.com/plimsoll-dev/plimsoll/internal/reactor"
	"github.com/plimsoll-dev/plimsoll/internal/trace"
)

// A Config is what the loops of an engine have in common.
type Config struct {
	Engine string        // its name, for errors and for what is logged
	Number int           // of the loop among the engine's, from 0, in traces
	Slow   time.Duration // a step that keeps the loop as long is a stall
	Ledger *account.Ledger
	Busy   bool // it never waits for events, but asks for them again and again

	// Scheduler is told of fibers that are ready, if fibers of this loop's group
	// run in other places, too; it gives the loop's to Ready. nil: all are.
	Scheduler fiber.Scheduler
	// Unlocked has Run not lock its goroutine to a thread: coroutines that go from
	// thread to thread need that.
	Unlocked bool
	// Contended says that other threads of the engine want the loop's CPU: a long
	// slice in which no step kept the loop was theirs, and is no stall.
	Contended bool
}

// A Loop is one thread that waits for events and runs the fibers that are
// ready, first in, first out. A turn is one wait and what came of it: what
// becomes ready meanwhile has its turn in the next one, as asyncio has it
// (base_events.py, _run_once). Ready and Stats may be called by anybody.
type Loop struct {
	cfg     Config
	reactor *reactor.Reactor
	group   *fiber.Group
	carrier *fiber.Carrier

	mu     sync.Mutex // guards what follows; held for an append
	queue  []*fiber.Fiber
	asleep bool // the loop waits for events, or is about to

	batch  []*fiber.Fiber // being run
	next   int            // in it
	ended  int64          // the last turn
	booked int64          // the last slice
	thread int            // that it was on last, if it is not locked to one

	turns, busy, stalled atomic.Int64
	lag                  atomic.Uint64 // bits of a float64, s²
}

// New returns a loop, which is nothing but its Stats until Open.
func New(cfg Config) *Loop { return &Loop{cfg: cfg} }

// Open makes the loop's reactor and its group, on which fibers can be started.
// Their descriptors are closed when Run ends, or by Close.
func (l *Loop) Open() (err error) {
	if l.reactor, err = reactor.New(); err != nil {
		return fmt.Errorf("%s: %w", l.cfg.Engine, err)
	}
	l.carrier = new(fiber.Carrier)
	l.carrier.Queue = l
	l.carrier.Track = trace.Track{Kind: trace.Loop, Number: l.cfg.Number}
	if l.cfg.Scheduler == nil {
		l.cfg.Scheduler = l
	}
	l.group = fiber.NewGroup(l.reactor, l.cfg.Scheduler)
	return nil
}

// Group returns the loop's fibers.
func (l *Loop) Group() *fiber.Group { return l.group }

// Carrier returns what runs fibers on the loop.
func (l *Loop) Carrier() *fiber.Carrier { return l.carrier }

// Post has f called on the loop's goroutine, soon. Anybody may call it.
func (l *Loop) Post(f func()) { l.reactor.Post(f) }

// Reactor returns what the loop waits with.
func (l *Loop) Reactor() *reactor.Reactor { return l.reactor }

// Close closes a loop that was opened and never run.
func (l *Loop) Close() error { return l.reactor.Close() }

// Ready implements fiber.Scheduler.
func (l *Loop) Ready(f *fiber.Fiber) {
	l.mu.Lock()
	l.queue = append(l.queue, f)
	wake := l.asleep
	l.asleep = false
	l.mu.Unlock()
	if wake {
		l.reactor.Post(func() {})
	}
}

// Run turns until done is closed, by the loop itself. It is the life of the
// loop's thread: unless it is Unlocked, the calling goroutine is locked to its
// thread from here on, and has to end.
func (l *Loop) Run(done <-chan struct{}) error {
	if !l.cfg.Unlocked {
		runtime.LockOSThread() // coroutines made here are resumed here
		osthread.Name("plimsoll-loop")
		osthread.ExactTimers()
	}
	defer l.reactor.Close() //nolint:errcheck // its descriptors are gone either way
	defer l.group.Close()
	for {
		select {
		case <-done:
			return nil
		default:
		}
		if err := l.turn(); err != nil {
			return fmt.Errorf("%s: %w", l.cfg.Engine, err)
		}
	}
}

func (l *Loop) turn() error {
	if l.cfg.Unlocked {
		l.settle()
	}
	if err := l.reactor.Poll(l.patience()); err != nil {
		return err
	}
	l.mu.Lock()
	l.asleep = false
	l.batch, l.queue = l.queue, l.batch[:0]
	l.mu.Unlock()
	began := l.reactor.Now()
	now := max(began, l.booked)
	if l.cfg.Busy && l.ended != 0 {
		began = l.ended
	}
	for l.next = 0; l.next < len(l.batch); {
		s := l.carrier.Run(l.take(), now)
		now = s.Ended
		l.Book(s)
	}
	l.ended = now
	l.account(began, now)
	return nil
}

// take takes the next fiber out of the batch.
func (l *Loop) take() *fiber.Fiber {
	f := l.batch[l.next]
	l.batch[l.next] = nil
	l.next++
	return f
}

// Next implements fiber.Queue.
func (l *Loop) Next() *fiber.Fiber {
	if l.next < len(l.batch) && l.batch[l.next].Fresh() {
		return l.take()
	}
	return nil
}

// settle makes the timers of a thread exact to which the goroutine has come.
func (l *Loop) settle() {
	if tid := unix.Gettid(); tid != l.thread {
		l.thread = tid
		osthread.ExactTimers()
	}
}

// patience is how long to wait for events.
func (l *Loop) patience() time.Duration {
	if l.cfg.Busy {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) > 0 {
		return 0
	}
	l.asleep = true
	return -1
}
