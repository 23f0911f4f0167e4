package engine

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestHoldContextGivesUpWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewResource("db", 1)
		r.Acquire(NewParker)
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		began := time.Now()
		err := HoldContext(ctx, TaskOf(ctx), r, func(Task) error { t.Error("held, and nobody released"); return nil })
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 3*time.Second {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
		want := ResourceStats{Name: "db", Size: 1, InUse: 1, Acquired: 1, WaitNanos: 3e9, HeldNanos: 3e9}
		if s := r.Stats(); s != want {
			t.Errorf("got  %+v\nwant %+v", s, want)
		}
		if err := HoldContext(ctx, TaskOf(ctx), r, func(Task) error { t.Error("held"); return nil }); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("with a context that has ended: %v", err)
		}
		r.Release()
		if s := r.Stats(); s.InUse != 0 {
			t.Errorf("what gave up has released: %+v", s)
		}
	})
}

// Whichever of the waiters gives up, the others get their turn, in order.
func TestHoldContextLeavesTheQueueInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const waiters = 4
		for leaving := range waiters {
			r := NewResource("db", 1)
			r.Acquire(NewParker)
			var order []int
			var cancels [waiters]context.CancelFunc
			var wg sync.WaitGroup
			for i := range waiters {
				ctx, cancel := context.WithCancel(t.Context())
				cancels[i] = cancel
				wg.Go(func() {
					err := HoldContext(ctx, TaskOf(ctx), r, func(Task) error { order = append(order, i); return nil })
					if gaveUp := errors.Is(err, context.Canceled); gaveUp != (i == leaving) {
						t.Errorf("waiter %d of which %d leaves: %v", i, leaving, err)
					}
				})
				synctest.Wait()
			}
			cancels[leaving]()
			synctest.Wait()
			r.Release()
			wg.Wait()
			for i, id := range order {
				if want := i + b2i(i >= leaving); id != want {
					t.Errorf("%d leaves: served in the order %v", leaving, order)
				}
			}
			if s := r.Stats(); len(order) != waiters-1 || s.InUse != 0 || s.Waiting != 0 {
				t.Errorf("%d leaves: served %v, left behind %+v", leaving, order, s)
			}
			for _, cancel := range cancels {
				cancel()
			}
		}
	})
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Grants and ends of contexts meet: no slot is lost, and none is invented.
func TestHoldContextUnderContention(t *testing.T) {
	const goroutines, rounds, size = 16, 300, 2
	r := NewResource("db", size)
	var inside, held, left atomic.Int64
	var wg sync.WaitGroup
	for range goroutines {
		wg.Go(func() {
			for range rounds {
				ctx, cancel := context.WithCancel(t.Context())
				if rand.IntN(2) == 0 {
					go cancel()
				}
				err := HoldContext(ctx, TaskOf(ctx), r, func(Task) error {
					if n := inside.Add(1); n > size {
						t.Errorf("%d hold %d slots", n, size)
					}
					held.Add(1)
					runtime.Gosched()
					inside.Add(-1)
					return nil
				})
				if err != nil {
					left.Add(1)
				}
				cancel()
			}
		})
	}
	wg.Wait() // a lost wake-up hangs here
	s := r.Stats()
	if s.InUse != 0 || s.Waiting != 0 || s.Acquired != uint64(held.Load()) || held.Load()+left.Load() != goroutines*rounds {
		t.Errorf("%d held, %d gave up, left behind %+v", held.Load(), left.Load(), s)
	}
}
