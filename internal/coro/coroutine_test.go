package coro

import (
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func expect(t *testing.T, c *Coroutine, want Status) {
	t.Helper()
	if got := c.Resume(); got != want {
		t.Fatalf("Resume: %v, want %v", got, want)
	}
}

func TestABodyRunsInStretches(t *testing.T) {
	var seen []int
	c := New()
	defer c.Stop()
	c.Start(func() {
		for i := range 3 {
			seen = append(seen, i)
			c.Park()
		}
	})
	for i := range 3 {
		expect(t, c, Parked)
		if len(seen) != i+1 {
			t.Fatalf("after %d stretches: %v", i+1, seen)
		}
		if !c.Unpark() {
			t.Fatal("a parked coroutine does not ask to be resumed")
		}
	}
	expect(t, c, Finished)
}

func TestAFinishedCoroutineRunsTheNextBody(t *testing.T) {
	c := New()
	defer c.Stop()
	total := 0
	for i := range 10 {
		c.Start(func() { total += i; c.Park(); total += i })
		expect(t, c, Parked)
		c.Unpark()
		expect(t, c, Finished)
	}
	if total != 90 {
		t.Errorf("total %d", total)
	}
	if c.Unpark() {
		t.Error("a coroutine without a body asks to be resumed")
	}
	c.Start(func() { c.Park() })
	expect(t, c, Parked) // the late Unpark is not the next body's
}

func TestAnUnparkBeforeTheParkIsNotLost(t *testing.T) {
	c := New()
	defer c.Stop()
	c.Start(func() {
		if c.Unpark() {
			t.Error("a running coroutine asks to be resumed")
		}
		c.Unpark() // one permit, not two
		c.Park()
		c.Park()
	})
	expect(t, c, Parked)
}

func TestYieldLetsOthersRunOnce(t *testing.T) {
	c := New()
	defer c.Stop()
	c.Start(func() { c.Yield(); c.Park() })
	expect(t, c, Ready)
	expect(t, c, Parked)
}

func TestAPanicIsKeptWithItsStack(t *testing.T) {
	c := New()
	defer c.Stop()
	for _, v := range []any{"boom", http.ErrAbortHandler} {
		c.Start(func() { c.Park(); inHandler(v) })
		expect(t, c, Parked)
		c.Unpark()
		expect(t, c, Finished)
		p := c.Failure()
		if p == nil || p.Value != v || !strings.Contains(string(p.Stack), "inHandler") {
			t.Errorf("failure: %v", p)
		}
	}
	c.Start(func() {})
	expect(t, c, Finished)
	if c.Failure() != nil {
		t.Error("the next body inherits the panic")
	}
}

//go:noinline
func inHandler(v any) { panic(v) }

func TestGoexitEndsTheCoroutineAndNotItsResumer(t *testing.T) {
	c := New()
	unwound := false
	c.Start(func() {
		defer func() { unwound = true }()
		c.Park()
		runtime.Goexit()
	})
	expect(t, c, Parked)
	c.Unpark()
	expect(t, c, Gone)
	if !unwound {
		t.Error("deferred functions did not run")
	}
	if c.Unpark() {
		t.Error("what is gone asks to be resumed")
	}
	c.Stop()
}

func TestStopUnwinds(t *testing.T) {
	for _, started := range []bool{false, true} {
		c := New()
		var order []string
		if started {
			c.Start(func() {
				defer func() { order = append(order, "outer") }()
				defer func() {
					// What recovers everything must not keep it alive.
					order = append(order, fmt.Sprint("inner ", recover()))
					c.Park()
					order = append(order, "parked after Stop")
				}()
				c.Park()
				order = append(order, "went on")
			})
			expect(t, c, Parked)
		}
		c.Stop()
		if want := []string{"inner <nil>", "outer"}; started && !slices.Equal(order, want) {
			t.Errorf("order %q", order)
		}
		c.Stop()
	}
}

func TestAPanicWhileStoppingDoesNotReachTheStopper(t *testing.T) {
	c := New()
	c.Start(func() {
		defer func() { panic("while unwinding") }()
		c.Park()
	})
	expect(t, c, Parked)
	c.Stop()
}

func TestMisuseIsTold(t *testing.T) {
	panics := func(what string, f func()) {
		t.Helper()
		defer func() {
			if recover() == nil {
				t.Errorf("%s does not panic", what)
			}
		}()
		f()
	}
	c := New()
	defer c.Stop()
	panics("resuming an idle one", func() { c.Resume() })
	c.Start(func() { c.Park() })
	panics("starting a started one", func() { c.Start(func() {}) })
	expect(t, c, Parked)
	panics("resuming a parked one", func() { c.Resume() })
}

// Made, resumed and stopped on one locked thread, as an event loop does.
func TestOnALockedThread(t *testing.T) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		c := New()
		c.Start(func() { c.Park(); runtime.Goexit() })
		c.Resume()
		c.Unpark()
		if s := c.Resume(); s != Gone {
			t.Errorf("%v", s)
		}
		c = New()
		c.Start(func() { c.Park() })
		c.Resume()
		c.Stop()
	}()
	<-done
}

// Several carriers resume coroutines that unpark each other, from wherever
// they run. Each Unpark that is granted is one token that must come back; a
// lost one would leave the test hanging, one too many a coroutine resumed twice,
// which iter.Pull does not survive.
func TestNoWakeUpIsLostAcrossCarriers(t *testing.T) {
	const coroutines, carriers, rounds = 32, 4, 400
	ready := make(chan *Coroutine, coroutines)
	var finished sync.WaitGroup
	all := make([]*Coroutine, coroutines)
	tokens := make([]atomic.Int64, coroutines)
	for i := range all {
		all[i] = New()
	}
	for i, c := range all {
		finished.Add(1)
		c.Start(func() {
			for range rounds {
				to := (i + 1) % coroutines
				tokens[to].Add(1)
				if all[to].Unpark() {
					ready <- all[to]
				}
				for tokens[i].Load() == 0 {
					c.Park()
				}
				tokens[i].Add(-1)
			}
		})
		ready <- c
	}
	var running sync.WaitGroup
	for range carriers {
		running.Go(func() {
			for c := range ready {
				switch c.Resume() {
				case Ready:
					ready <- c
				case Finished:
					finished.Done()
				}
			}
		})
	}
	finished.Wait()
	close(ready)
	running.Wait()
	for _, c := range all {
		c.Stop()
	}
}

// A permit is what the model says it is, whatever the order of calls.
func TestPermitsFollowTheModel(t *testing.T) {
	calls := map[string]func(*Coroutine){"park": (*Coroutine).Park, "yield": (*Coroutine).Yield, "unpark": func(c *Coroutine) { c.Unpark() }}
	rapid.Check(t, func(t *rapid.T) {
		steps := rapid.SliceOfN(rapid.SampledFrom([]string{"park", "yield", "unpark"}), 1, 20).Draw(t, "body")
		c := New()
		defer c.Stop()
		c.Start(func() {
			for _, s := range steps {
				calls[s](c)
			}
		})
		permit := false
		for _, s := range steps {
			switch {
			case s == "unpark":
				permit = true
			case s == "yield":
				permit = false
				if got := c.Resume(); got != Ready {
					t.Fatalf("yield: %v", got)
				}
			case permit:
				permit = false
			default:
				if got := c.Resume(); got != Parked {
					t.Fatalf("park: %v", got)
				}
				if !c.Unpark() {
					t.Fatal("nobody has to resume a parked coroutine")
				}
			}
		}
		if got := c.Resume(); got != Finished {
			t.Fatalf("at the end: %v", got)
		}
	})
}
