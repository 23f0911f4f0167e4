package reactor

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"pgregory.net/rapid"
)

func TestTimersFireInOrderAndNeverEarly(t *testing.T) {
	eachKind(t, func(t *testing.T, r *Reactor) {
		const n = 300
		start := Clock()
		var order []int
		timers := make([]Timer, n)
		for i := range timers {
			// 7 is coprime to 300: each delay once, in a scattered order.
			delay := int64(i*7%n) * int64(100*time.Microsecond)
			timers[i].Init(func() {
				if r.Now() < start+delay {
					t.Errorf("timer %d ran %v early", i, time.Duration(start+delay-r.Now()))
				}
				order = append(order, i*7%n)
			})
			r.Start(&timers[i], start+delay)
		}
		turn(t, r, func() bool { return len(order) == n })
		if !slices.IsSorted(order) {
			t.Errorf("fired in the order %v", order)
		}
	})
}

func TestTimersOfTheSameTimeFireInTheOrderOfTheirStart(t *testing.T) {
	eachKind(t, func(t *testing.T, r *Reactor) {
		at := Clock()
		var order []int
		timers := make([]Timer, 50)
		for i := range timers {
			timers[i].Init(func() { order = append(order, i) })
			r.Start(&timers[i], at)
		}
		r.Start(&timers[0], at) // again: it is the last now
		if err := r.Poll(0); err != nil {
			t.Fatal(err)
		}
		if len(order) != 50 || order[49] != 0 || !slices.IsSorted(order[:49]) {
			t.Errorf("order %v, want 1 … 49, 0", order)
		}
	})
}

func TestTimersMayStartAndStopTimers(t *testing.T) {
	eachKind(t, func(t *testing.T, r *Reactor) {
		var a, b, c Timer
		var log string
		a.Init(func() {
			log += "a"
			r.Stop(&b)
			r.Stop(&a) // itself, not started any more
			r.Start(&c, r.Now())
		})
		b.Init(func() { log += "b" })
		c.Init(func() { log += "c" })
		at := Clock()
		r.Start(&a, at)
		r.Start(&b, at)
		if err := r.Poll(0); err != nil || log != "a" {
			t.Fatalf("first turn: %q, %v; want a (b stopped, c in the next turn)", log, err)
		}
		if a.Started() || b.Started() || !c.Started() {
			t.Error("started: want c only")
		}
		if err := r.Poll(0); err != nil || log != "ac" {
			t.Errorf("second turn: %q, %v; want ac", log, err)
		}
	})
}

// A timer that always starts itself for a time long past must not keep others,
// nor descriptors, from their turn.
func TestATimerThatIsAlwaysDueStarvesNobody(t *testing.T) {
	eachKind(t, func(t *testing.T, r *Reactor) {
		a, b := pair(t)
		defer unix.Close(a)
		defer unix.Close(b)
		var greedy, other Timer
		var fired, ready bool
		greedy.Init(func() { r.Start(&greedy, 0) })
		other.Init(func() { fired = true })
		r.Start(&greedy, 0)
		r.Start(&other, Clock()+int64(time.Millisecond))
		if err := r.Add(a, Writable, handlerFunc(func(Events) { ready = true })); err != nil {
			t.Fatal(err)
		}
		turn(t, r, func() bool { return fired && ready })
	})
}

func TestStartingAgainAndDispatchingAllocateNothing(t *testing.T) {
	eachKind(t, func(t *testing.T, r *Reactor) {
		a, b := pair(t)
		defer unix.Close(a)
		defer unix.Close(b)
		var calls, fired int
		var p [16]byte
		if err := r.Add(a, Readable, handlerFunc(func(Events) { calls++; _, _ = Read(a, p[:]) })); err != nil {
			t.Fatal(err)
		}
		var tm Timer
		tm.Init(func() { fired++ })
		post := func() {}
		x := []byte("x")
		allocs := testing.AllocsPerRun(200, func() {
			_, _ = Write(b, x)
			r.Post(post)
			r.Start(&tm, Clock()+int64(20*time.Microsecond))
			for calls, fired = 0, 0; calls == 0 || fired == 0; {
				if err := r.Poll(-1); err != nil {
					t.Fatal(err)
				}
			}
		})
		if allocs != 0 {
			t.Errorf("%v allocations per event, timer and post, want 0", allocs)
		}
	})
}

// Only a timer that is to fire before all others ends a wait that has begun.
func TestATimerThatIsTheFirstEndsAWait(t *testing.T) {
	r, err := New()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	now := Clock()
	timers := make([]Timer, 4)
	for i := range timers {
		timers[i].Init(func() {})
	}
	r.Start(&timers[0], now+int64(time.Hour))
	for _, c := range []struct {
		what  string
		start func(*Timer, int64)
		timer int
		in    time.Duration
		woken uint64
	}{
		{"a later one", r.Start, 1, 2 * time.Hour, 0},
		{"one at the same time", r.Start, 2, time.Hour, 0},
		{"an earlier one", r.Start, 3, time.Minute, 1},
		{"the first, put off", r.Start, 3, 3 * time.Hour, 0},
		{"one that is early enough", r.Advance, 0, 2 * time.Hour, 0},
		{"one that is to be the first", r.Advance, 1, time.Second, 1},
		{"the first, earlier still", r.Start, 1, time.Millisecond, 1},
	} {
		if !r.posts.sleep() { // as in wait, without the wait
			t.Fatal("something is posted")
		}
		for range 2 {
			c.start(&timers[c.timer], now+int64(c.in))
		}
		r.posts.awake()
		if n := eventfdCount(t, r); n != c.woken {
			t.Errorf("%s woke the reactor %d times, want %d", c.what, n, c.woken)
		}
	}
}

// A timer that fires while it is advanced elsewhere fires once more: it may have
// looked already at what it looks at.
func TestATimerThatIsAdvancedWhileItFiresFiresAgain(t *testing.T) {
	eachKind(t, func(t *testing.T, r *Reactor) {
		fired := 0
		var tm Timer
		tm.Init(func() {
			if fired++; fired > 1 {
				return
			}
			var elsewhere sync.WaitGroup
			elsewhere.Go(func() { r.Advance(&tm, Clock()+int64(time.Millisecond)) })
			elsewhere.Wait()
			// To put it off is not what Advance does, and to start it again is
			// not taken back.
			r.Advance(&tm, Clock()+int64(time.Hour))
		})
		r.Start(&tm, Clock())
		turn(t, r, func() bool { return fired == 2 })
		if tm.Started() {
			t.Error("it is to fire a third time")
		}
	})
}

// A reactor that waits hears of every timer that is started elsewhere, wherever
// in its turn it is.
func TestTimersAreStartedOnAnyGoroutine(t *testing.T) {
	eachKind(t, func(t *testing.T, r *Reactor) {
		const starters, each = 4, 500
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		done := make(chan error)
		go func() { done <- r.Run(ctx) }()
		var all sync.WaitGroup
		for range starters {
			all.Go(func() {
				fired := make(chan int64, 1)
				var tm Timer
				tm.Init(func() { fired <- r.Now() })
				for i := range each {
					at := Clock() + int64(i%5)*int64(20*time.Microsecond)
					r.Start(&tm, at)
					if now := <-fired; now < at {
						t.Errorf("%v early", time.Duration(at-now))
					}
				}
			})
		}
		all.Wait()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// The heap against the sorted slice.
func TestHeapAgreesWithSort(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type key struct {
			at       int64
			sequence int
			timer    int
		}
		var h timerHeap
		var model []key
		timers := make([]Timer, rapid.IntRange(1, 60).Draw(t, "timers"))
		which := rapid.IntRange(0, len(timers)-1)
		forget := func(i int) {
			model = slices.DeleteFunc(model, func(k key) bool { return k.timer == i })
		}
		sequence := 0
		t.Repeat(map[string]func(*rapid.T){
			"start": func(t *rapid.T) {
				i, at := which.Draw(t, "i"), rapid.Int64Range(0, 40).Draw(t, "at")
				before := int64(never)
				if len(model) > 0 {
					before = model[0].at
				}
				advance := rapid.Bool().Draw(t, "advance")
				if h.start(&timers[i], at, advance) != (at < before) {
					t.Fatalf("start at %d, the first was at %d: earlier is %t", at, before, at >= before)
				}
				if advance && slices.ContainsFunc(model, func(k key) bool { return k.timer == i && k.at <= at }) {
					return
				}
				forget(i)
				sequence++
				model = append(model, key{at, sequence, i})
				slices.SortFunc(model, func(a, b key) int {
					if a.at != b.at {
						return int(a.at - b.at)
					}
					return a.sequence - b.sequence
				})
			},
			"stop": func(t *rapid.T) {
				i := which.Draw(t, "i")
				h.stop(&timers[i])
				forget(i)
			},
			"pop": func(t *rapid.T) {
				if len(model) == 0 {
					t.Skip("empty")
				}
				if first := h.entries[0].timer; first != &timers[model[0].timer] {
					t.Fatalf("first is not timer %d", model[0].timer)
				}
				h.stop(h.entries[0].timer)
				model = model[1:]
			},
			"": func(t *rapid.T) {
				if len(h.entries) != len(model) {
					t.Fatalf("%d entries, want %d", len(h.entries), len(model))
				}
				want := int64(never)
				if len(model) > 0 {
					want = model[0].at
				}
				if h.next() != want {
					t.Fatalf("next at %d, want %d", h.next(), want)
				}
				for i := range h.entries {
					if h.entries[i].timer.index != i+1 {
						t.Fatalf("entry %d has index %d", i, h.entries[i].timer.index)
					}
					if i > 0 && h.entries[i].before(&h.entries[(i-1)/4]) {
						t.Fatalf("entry %d is before its parent", i)
					}
				}
			},
		})
		// What is left comes out sorted.
		for _, k := range model {
			if h.entries[0].timer != &timers[k.timer] {
				t.Fatalf("timer %d is not next", k.timer)
			}
			h.stop(h.entries[0].timer)
		}
	})
}

func TestClockIsMonotonicOfTheSystem(t *testing.T) {
	for range 1000 {
		var before, after unix.Timespec
		if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &before); err != nil {
			t.Fatal(err)
		}
		c := Clock()
		if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &after); err != nil {
			t.Fatal(err)
		}
		// The offset was taken between two readings, at most as far apart as
		// the machine stalled then; 10 ms is far beyond what is meant.
		if c < before.Nano()-1e7 || c > after.Nano()+1e7 {
			t.Fatalf("Clock %d is not between %d and %d", c, before.Nano(), after.Nano())
		}
	}
}

func FuzzApproachNeverOvershoots(f *testing.F) {
	for _, d := range []int64{1, 50_000, 10_000_000, 10_000_001, 1_000_000_000, never} {
		f.Add(d)
	}
	f.Fuzz(func(t *testing.T, d int64) {
		if d <= 0 {
			t.Skip()
		}
		got := approach(d)
		slack := max(50_000, got/200) // what the kernel may add, at nice 1 … 19
		if got <= 0 || got > d {
			t.Errorf("approach(%d) = %d", d, got)
		}
		if got < d && slack > d-got {
			t.Errorf("approach(%d) = %d may end %d after it", d, got, slack-(d-got))
		}
	})
}
