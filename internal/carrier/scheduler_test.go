package carrier

import (
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// Every grant of Unpark is one token that must come back: a lost one leaves the
// test hanging, one too many resumes a coroutine twice, which coro tells.
func TestThreadsUnparkEachOtherOverCarriers(t *testing.T) {
	for _, carriers := range []int{1, 2, 4} {
		const threads, rounds = 64, 300
		f := launch(Config{Carriers: carriers})
		strands := make([]*strand, threads)
		tokens := make([]atomic.Int64, threads)
		var ready atomic.Bool
		for i := range strands {
			strands[i] = f.spawn(func(s *strand) {
				for !ready.Load() {
					s.c.Yield()
				}
				for range rounds {
					to := (i + 1) % threads
					tokens[to].Add(1)
					strands[to].unpark()
					for tokens[i].Load() == 0 {
						s.c.Park()
					}
					tokens[i].Add(-1)
				}
			})
		}
		ready.Store(true)
		f.land(t)
		if s := f.Stats(); carriers == 1 && s.Remounts > 0 {
			t.Errorf("remounted %d times on another carrier of one", s.Remounts)
		}
	}
}

// A thread that parks on one carrier goes on on whichever is free.
func TestAThreadIsRemountedOnAnotherCarrier(t *testing.T) {
	virtually(t, func(t *testing.T) {
		f := launch(Config{Carriers: 2})
		var before, after *Carrier
		f.spawn(func(s *strand) {
			before = s.on
			s.spawnBlocker(before)
			s.sleep(time.Second)
			after = s.on
		})
		f.land(t)
		if before == after {
			t.Error("it went on on the carrier that was pinned")
		}
		if s := f.Stats(); s.Remounts == 0 {
			t.Error("nobody has counted that")
		}
	})
}

// spawnBlocker pins the given carrier for a minute with a thread of its own,
// and is over when it has come to another one.
func (s *strand) spawnBlocker(on *Carrier) {
	s.spawn(func(b *strand) {
		for b.on != on {
			b.sleep(time.Millisecond)
		}
		b.block(time.Minute)
	})
}

func TestThreadsRunInTheOrderInWhichTheyBecameReady(t *testing.T) {
	virtually(t, func(t *testing.T) {
		f := launch(Config{Carriers: 1})
		var order, want []int
		f.spawn(func(s *strand) {
			for i := range 100 {
				want = append(want, i)
				f.spawn(func(*strand) { order = append(order, i) })
			}
		})
		f.land(t)
		if !slices.Equal(order, want) {
			t.Errorf("%v", order)
		}
	})
}

func TestWaitingThreadsHoldNoCarrier(t *testing.T) {
	virtually(t, func(t *testing.T) {
		f := launch(Config{Carriers: 2})
		for range 5000 {
			f.spawn(func(s *strand) { s.sleep(time.Second) })
		}
		synctest.Wait()
		if s := f.Stats(); s.Busy != 0 || s.Queued != 0 || s.Mounts != 5000 {
			t.Errorf("while all wait: %+v", s)
		}
		began := time.Now()
		f.land(t)
		if d := time.Since(began); d > 1100*time.Millisecond {
			t.Errorf("5,000 waits of 1 s took %v", d)
		}
	})
}

// The published case: 8 carriers, pinned 19 ms each time, carry 8/0.019 = 421/s.
func TestEightCarriersPinnedFor19MillisecondsCarry421PerSecond(t *testing.T) {
	virtually(t, func(t *testing.T) {
		f := launch(Config{Carriers: 8})
		var done atomic.Int64
		for range 9000 {
			f.spawn(func(s *strand) { s.block(19 * time.Millisecond); done.Add(1) })
		}
		synctest.Wait()
		if s := f.Stats(); s.Pinned != 8 || s.Queued != 9000-8 {
			t.Errorf("%+v", s)
		}
		before := f.Stats()
		time.Sleep(19*time.Second + time.Millisecond) // 1000 times 19 ms
		synctest.Wait()
		if n := done.Load(); n != 8000 {
			t.Errorf("%d in 19 s: %.1f/s", n, float64(n)/19)
		}
		after := f.Stats()
		if mean := float64(after.PinnedNanos-before.PinnedNanos) / float64(19*time.Second+time.Millisecond); mean != 8 {
			t.Errorf("mean pinned %v", mean)
		}
		f.land(t)
	})
}

// What the poller can do itself costs no hand-over to another core.
func TestASingleEventWakesNobody(t *testing.T) {
	virtually(t, func(t *testing.T) {
		f := launch(Config{Carriers: 2})
		synctest.Wait() // one polls, one sleeps
		f.box.events <- func() { f.spawn(func(*strand) { time.Sleep(time.Millisecond) }) }
		synctest.Wait()
		if n := f.box.waiting.Load(); n != 0 {
			t.Error("the one that slept polls now")
		}
		f.land(t)
	})
}

// A carrier that runs code which does not say that it computes must not keep
// events from the others.
func TestEventsAreNoticedBesideACarrierThatNeverPolls(t *testing.T) {
	virtually(t, func(t *testing.T) {
		f := launch(Config{Carriers: 2})
		synctest.Wait() // one polls, one sleeps
		f.box.events <- func() { f.spawn(func(*strand) { time.Sleep(time.Second) }) }
		synctest.Wait()
		began := time.Now()
		var noticed time.Duration
		f.box.events <- func() { noticed = time.Since(began) }
		f.land(t)
		if noticed > watched+unwatched {
			t.Errorf("noticed after %v", noticed)
		}
	})
}

// One that says so has another poll at once.
func TestAComputingCarrierLeavesPollingToAnother(t *testing.T) {
	virtually(t, func(t *testing.T) {
		f := launch(Config{Carriers: 2})
		synctest.Wait()
		f.box.events <- func() { f.spawn(func(s *strand) { s.Away(); time.Sleep(time.Second) }) }
		synctest.Wait()
		if n := f.box.waiting.Load(); n != 1 {
			t.Errorf("%d carriers wait for events", n)
		}
		f.land(t)
	})
}

// With one carrier nobody is left to notice anything: that is the truth.
func TestTheOnlyCarrierKeepsEverybodyWaiting(t *testing.T) {
	virtually(t, func(t *testing.T) {
		f := launch(Config{Carriers: 1})
		began := time.Now()
		f.spawn(func(s *strand) { s.block(time.Second) })
		synctest.Wait()
		var noticed time.Duration
		f.box.events <- func() { noticed = time.Since(began) }
		f.land(t)
		if noticed != time.Second {
			t.Errorf("noticed after %v", noticed)
		}
	})
}

// A busy queue does not keep events out for longer than one round of it.
func TestABusyQueueIsInterruptedForEvents(t *testing.T) {
	virtually(t, func(t *testing.T) {
		f := launch(Config{Carriers: 1})
		var seen atomic.Bool
		rounds := 0
		f.spawn(func(s *strand) {
			f.box.events <- func() { seen.Store(true) }
			for ; !seen.Load() && rounds < 1000; rounds++ {
				s.c.Yield()
			}
		})
		f.land(t)
		if rounds > 2 {
			t.Errorf("%d rounds before the event was seen", rounds)
		}
	})
}
