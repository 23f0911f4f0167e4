package carrier

import (
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/plimsoll-dev/plimsoll/internal/coro"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A mailbox is a poller whose events are functions that somebody sends.
type mailbox struct {
	events  chan func()
	wake    chan struct{}
	waiting atomic.Int64 // carriers that wait in Poll
	start   time.Time
}

func newMailbox() *mailbox {
	return &mailbox{events: make(chan func(), 1<<16), wake: make(chan struct{}, 1), start: time.Now()}
}

func (m *mailbox) Poll(limit time.Duration) error {
	if limit < 0 && len(m.events) == 0 {
		m.waiting.Add(1)
		select {
		case f := <-m.events:
			f()
		case <-m.wake:
		}
		m.waiting.Add(-1)
	}
	for range len(m.events) {
		(<-m.events)()
	}
	return nil
}

func (m *mailbox) Wake() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

func (m *mailbox) Now() int64 { return int64(time.Since(m.start)) }

// A fleet is a running scheduler with threads that are coroutines.
type fleet struct {
	*Scheduler
	box  *mailbox
	left atomic.Int64 // threads that have not ended

	mu         sync.Mutex // guards coroutines
	coroutines []*coro.Coroutine
}

func launch(cfg Config) *fleet {
	box := newMailbox()
	cfg.Poller, cfg.Now = box, box.Now
	f := &fleet{Scheduler: New(cfg), box: box}
	f.Start()
	return f
}

// A strand is a thread on a coroutine.
type strand struct {
	*fleet
	c  *coro.Coroutine
	on *Carrier
}

func (s *strand) Carrier() *Carrier { return s.on }

func (s *strand) Mount(on *Carrier, _ int64) int64 {
	s.on = on
	if s.c.Resume() == coro.Ready {
		s.Ready(s)
	}
	return s.box.Now()
}

// spawn makes a thread and has it run.
func (f *fleet) spawn(body func(*strand)) *strand {
	s := &strand{fleet: f, c: coro.New()}
	f.mu.Lock()
	f.coroutines = append(f.coroutines, s.c)
	f.mu.Unlock()
	f.left.Add(1)
	s.c.Start(func() { defer f.left.Add(-1); body(s) })
	f.Ready(s)
	return s
}

// unpark wakes the strand, from anywhere.
func (s *strand) unpark() {
	if s.c.Unpark() {
		s.Ready(s)
	}
}

// sleep parks until a timer on the other side of the poller unparks it.
func (s *strand) sleep(d time.Duration) {
	time.AfterFunc(d, func() { s.box.events <- s.unpark })
	s.c.Park()
}

// pinned keeps the carrier while wait waits.
func (s *strand) pinned(p Pin, wait func()) {
	s.Pin(s.on, p)
	wait()
	s.Unpin(s.on)
}

func (s *strand) block(d time.Duration) { s.pinned(Pin{Op: "native"}, func() { time.Sleep(d) }) }

// land waits for every thread to end, then stops.
func (f *fleet) land(t *testing.T) {
	t.Helper()
	for f.left.Load() > 0 {
		time.Sleep(time.Millisecond)
	}
	f.Stop()
	for _, c := range f.coroutines {
		c.Stop()
	}
	if s := f.Stats(); s.Busy != 0 || s.Pinned != 0 || s.Queued != 0 || s.Threads != 0 {
		t.Errorf("after Stop: %+v", s)
	}
}

// virtually runs f in a bubble, where time passes only when everybody waits.
func virtually(t *testing.T, f func(*testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}
