package carrier

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plimsoll-dev/plimsoll/model"
)

func TestPinsAreToldWithOpAndDuration(t *testing.T) {
	virtually(t, func(t *testing.T) {
		var told []Pin
		var lengths []time.Duration
		f := launch(Config{Carriers: 1, OnPinned: func(p Pin, d time.Duration) {
			told = append(told, p)
			lengths = append(lengths, d)
		}})
		f.spawn(func(s *strand) {
			s.pinned(Pin{Op: "outer", Verb: model.Block}, func() {
				s.pinned(Pin{Op: "inner"}, func() { time.Sleep(30 * time.Millisecond) })
				time.Sleep(12 * time.Millisecond)
			})
		})
		f.land(t)
		if len(told) != 1 || told[0].Op != "outer" || told[0].Verb != model.Block || lengths[0] != 42*time.Millisecond {
			t.Errorf("%+v %v", told, lengths)
		}
		if s := f.Stats(); s.Pins != 1 || s.PinnedNanos != int64(42*time.Millisecond) || s.BusyNanos != s.PinnedNanos {
			t.Errorf("%+v", s)
		}
	})
}

func TestNoMoreRunThanThereAreCarriers(t *testing.T) {
	virtually(t, func(t *testing.T) {
		f := launch(Config{Carriers: 3})
		for range 10 {
			f.spawn(func(s *strand) { s.block(time.Second) })
		}
		for left := 10; left > 0; left -= 3 {
			synctest.Wait()
			if s := f.Stats(); s.Pinned != min(3, left) || s.Queued != max(0, left-3) || s.Threads != 3 {
				t.Errorf("with %d left: %+v", left, s)
			}
			time.Sleep(time.Second)
		}
		f.land(t)
	})
}

func TestPinnedCarriersAreCompensatedForAsFarAsAllowed(t *testing.T) {
	virtually(t, func(t *testing.T) {
		f := launch(Config{Carriers: 2, Compensate: 3})
		for range 10 {
			f.spawn(func(s *strand) { s.block(time.Second) })
		}
		synctest.Wait()
		if s := f.Stats(); s.Pinned != 5 || s.Threads != 5 || s.Queued != 5 || s.Size != 5 {
			t.Errorf("with 10 that block: %+v", s)
		}
		time.Sleep(2*time.Second + time.Millisecond)
		synctest.Wait()
		if s := f.Stats(); s.Pinned != 0 || s.Threads != 2 {
			t.Errorf("afterwards: %+v", s)
		}
		f.land(t)
	})
}

// A wait that lends its carrier, nested in a pin or not, costs nobody theirs.
func TestAWaitThatLendsLeavesAsManyCarriersAsBefore(t *testing.T) {
	virtually(t, func(t *testing.T) {
		f := launch(Config{Carriers: 1})
		for range 3 {
			f.spawn(func(s *strand) {
				s.pinned(Pin{}, func() { s.pinned(Pin{Lend: true}, func() { time.Sleep(time.Second) }) })
			})
		}
		f.spawn(func(s *strand) { s.block(time.Second) })
		f.spawn(func(*strand) {})
		synctest.Wait()
		if s := f.Stats(); s.Threads != 4 || s.Pinned != 4 || s.Queued != 1 || s.Size != 1 {
			t.Errorf("%+v", s)
		}
		f.land(t)
	})
}

// lock is a lock whose waiters are granted it in their order: those that are
// pinned wait with their carrier, others park.
type lock struct {
	mu    sync.Mutex
	held  bool
	queue []func()
}

func (l *lock) acquire(s *strand, pin bool) {
	l.mu.Lock()
	if !l.held {
		l.held = true
		l.mu.Unlock()
		return
	}
	granted := make(chan struct{})
	unpark := s.unpark
	if pin {
		unpark = func() {}
	}
	l.queue = append(l.queue, func() { close(granted); unpark() })
	l.mu.Unlock()
	if pin {
		s.pinned(Pin{Op: "enter", Verb: model.Hold, Resource: "lock", Stuck: func() bool { return true }}, func() { <-granted })
		return
	}
	s.c.Park()
	<-granted
}

func (l *lock) release() {
	l.mu.Lock()
	var next func()
	if len(l.queue) > 0 {
		next, l.queue = l.queue[0], l.queue[1:]
	} else {
		l.held = false
	}
	l.mu.Unlock()
	if next != nil {
		next()
	}
}

// The incident of 2024: the first owner keeps a carrier while it has the lock,
// the next waits for it unmounted, and as many threads as there are carriers
// want it pinned: all but one wait so, and that one is ready, before the next
// owner is. So the lock is handed to a thread that cannot mount.
func incident(f *fleet, carriers int) {
	l := &lock{}
	at := func(d time.Duration, n int, body func(*strand)) {
		time.AfterFunc(d, func() {
			f.box.events <- func() {
				for range n {
					f.spawn(body)
				}
			}
		})
	}
	at(1*time.Millisecond, 1, func(s *strand) { l.acquire(s, false); s.block(20 * time.Millisecond); l.release() })
	at(2*time.Millisecond, 1, func(s *strand) { l.acquire(s, false); l.release() }) // the next owner
	at(3*time.Millisecond, carriers, func(s *strand) { l.acquire(s, true); l.release() })
	time.Sleep(10 * time.Millisecond) // until all of them are there
}

func TestADeadlockOfPinnedCarriersIsToldOnceAndUndoneByDraining(t *testing.T) {
	virtually(t, func(t *testing.T) {
		var told []Deadlock
		f := launch(Config{Carriers: 2, OnDeadlock: func(d Deadlock) { told = append(told, d) }})
		incident(f, 2)
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(told) != 1 || len(told[0].Pins) != 2 || told[0].Pins[0].Resource != "lock" || told[0].Pins[1].Op != "enter" {
			t.Fatalf("%+v", told)
		}
		if n, queued := f.left.Load(), told[0].Queued; n != 3 || queued != 1 {
			t.Errorf("%d threads have not ended, want all but the first owner; %d queued, want the next", n, queued)
		}
		f.Drain()
		f.land(t)
	})
}

func TestOneMoreCarrierWouldHaveBeenEnough(t *testing.T) {
	virtually(t, func(t *testing.T) {
		f := launch(Config{Carriers: 2, Compensate: 1, OnDeadlock: func(d Deadlock) { t.Errorf("%+v", d) }})
		incident(f, 2)
		f.land(t)
	})
}

func TestNoDeadlockIsToldWhereSomethingElseEndsTheWait(t *testing.T) {
	for name, p := range map[string]Pin{
		"it ends by itself":       {Op: "native"},
		"somebody outside has it": {Op: "enter", Resource: "lock", Stuck: func() bool { return false }},
	} {
		t.Run(name, func(t *testing.T) {
			virtually(t, func(t *testing.T) {
				f := launch(Config{Carriers: 2, OnDeadlock: func(d Deadlock) { t.Errorf("%+v", d) }})
				for range 2 {
					f.spawn(func(s *strand) { s.pinned(p, func() { time.Sleep(time.Minute) }) })
				}
				f.land(t)
			})
		})
	}
}

// What is over before it is certain was none.
func TestAWaitThatEndsInTimeIsNoDeadlock(t *testing.T) {
	virtually(t, func(t *testing.T) {
		f := launch(Config{Carriers: 1, OnDeadlock: func(d Deadlock) { t.Errorf("%+v", d) }})
		for range 10 {
			f.spawn(func(s *strand) {
				s.pinned(Pin{Stuck: func() bool { return true }}, func() { time.Sleep(certainty - time.Millisecond) })
			})
		}
		f.land(t)
	})
}
