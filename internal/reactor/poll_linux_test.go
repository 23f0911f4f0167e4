package reactor

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// kinds are the two ways of bounding a wait; every system has one of them.
var kinds = map[string]func(epfd int) bool{
	"epoll_pwait2": hasPwait2,
	"timerfd":      func(int) bool { return false },
}

// eachKind runs a test on a reactor of each kind.
func eachKind(t *testing.T, test func(t *testing.T, r *Reactor)) {
	for name, has := range kinds {
		t.Run(name, func(t *testing.T) {
			r, err := open(has)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if name == "timerfd" && r.timerfd < 0 {
				t.Fatal("no timerfd")
			}
			test(t, r)
		})
	}
}

// turn polls until done, each wait bounded so that a lost wake-up fails the
// test instead of hanging it.
func turn(t *testing.T, r *Reactor, done func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !done() {
		if time.Now().After(deadline) {
			t.Fatal("the reactor turned for 20 s without the state that was waited for")
		}
		if err := r.Poll(time.Second); err != nil {
			t.Fatal(err)
		}
	}
}

func TestNewAndCloseLeaveNoDescriptor(t *testing.T) {
	before := descriptors(t)
	for range 100 {
		for name, has := range kinds {
			r, err := open(has)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if err := r.Close(); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if err := r.Close(); !errors.Is(err, ErrClosed) {
				t.Fatalf("second Close: %v, want ErrClosed", err)
			}
		}
	}
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors before, %d after", before, after)
	}
}

func TestAClosedReactorAnswersWithErrClosed(t *testing.T) {
	r, err := New()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	r.Post(func() { t.Error("posted function ran") })
	for op, err := range map[string]error{
		"Poll":   r.Poll(0),
		"Run":    r.Run(context.Background()),
		"Add":    r.Add(0, Readable, handlerFunc(func(Events) {})),
		"Modify": r.Modify(0, Readable),
		"Remove": r.Remove(0),
	} {
		if !errors.Is(err, ErrClosed) {
			t.Errorf("%s: %v, want ErrClosed", op, err)
		}
	}
}

func TestAHandlerMayCloseTheReactor(t *testing.T) {
	r, err := New()
	if err != nil {
		t.Fatal(err)
	}
	r.Post(func() { r.Close() })
	r.Post(func() { t.Error("ran after Close") })
	if err := r.Poll(0); err != nil {
		t.Error(err)
	}
	if err := r.Poll(0); !errors.Is(err, ErrClosed) {
		t.Errorf("Poll: %v, want ErrClosed", err)
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	eachKind(t, func(t *testing.T, r *Reactor) {
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error)
		go func() { done <- r.Run(ctx) }()
		r.awaitSleep(t)
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// awaitSleep waits until the reactor, run by another goroutine, is about to
// wait.
func (r *Reactor) awaitSleep(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; {
		r.posts.mu.Lock()
		asleep := r.posts.asleep
		r.posts.mu.Unlock()
		if asleep {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the reactor never waits")
		}
		time.Sleep(50 * time.Microsecond)
	}
}

func TestPostedFunctionsOfOneGoroutineRunInOrder(t *testing.T) {
	eachKind(t, func(t *testing.T, r *Reactor) {
		const posters, each = 8, 2000
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		var got [posters][]int
		left := posters * each
		var wg sync.WaitGroup
		for p := range posters {
			wg.Go(func() {
				for i := range each {
					r.Post(func() {
						got[p] = append(got[p], i)
						if left--; left == 0 {
							cancel()
						}
					})
				}
			})
		}
		if err := r.Run(ctx); err != nil {
			t.Fatal(err)
		}
		wg.Wait()
		for p := range got {
			for i, v := range got[p] {
				if v != i {
					t.Fatalf("poster %d: function %d ran in place %d", p, v, i)
				}
			}
		}
	})
}

func TestPostWakesASleepingReactorOnce(t *testing.T) {
	r, err := New()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	// Asleep as in wait, without the wait: what arrives at the eventfd can be
	// counted.
	if !r.posts.sleep() {
		t.Fatal("something is posted in a new reactor")
	}
	ran := 0
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() { r.Post(func() { ran++ }) })
	}
	wg.Wait()
	r.posts.awake()
	if n := eventfdCount(t, r); n != 1 {
		t.Errorf("50 posts to a sleeping reactor woke it %d times, want 1", n)
	}
	r.Post(func() { ran++ })
	if n := eventfdCount(t, r); n != 0 {
		t.Errorf("a post to a reactor that is awake woke it %d times", n)
	}
	if err := r.Poll(0); err != nil || ran != 51 {
		t.Errorf("%d functions ran (%v), want 51", ran, err)
	}
}

func TestEveryWaitCanBeWoken(t *testing.T) {
	// The eventfd is never read: each wake-up must be seen all the same.
	eachKind(t, func(t *testing.T, r *Reactor) {
		const rounds = 200
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		done := make(chan error)
		go func() { done <- r.Run(ctx) }()
		for range rounds {
			r.awaitSleep(t)
			ran := make(chan struct{})
			r.Post(func() { close(ran) })
			<-ran
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestAFunctionThatPostsItselfDoesNotStarveTimers(t *testing.T) {
	eachKind(t, func(t *testing.T, r *Reactor) {
		var fired bool
		var tm Timer
		tm.Init(func() { fired = true })
		r.Start(&tm, Clock()+int64(time.Millisecond))
		var again func()
		again = func() {
			if !fired {
				r.Post(again)
			}
		}
		r.Post(again)
		turn(t, r, func() bool { return fired })
	})
}

func TestPollReturnsWhenItsTimeIsUp(t *testing.T) {
	eachKind(t, func(t *testing.T, r *Reactor) {
		for _, max := range []time.Duration{0, 1, time.Millisecond, 12 * time.Millisecond} {
			start := Clock()
			if err := r.Poll(max); err != nil {
				t.Fatal(err)
			}
			if took := Clock() - start; took < int64(max) {
				t.Errorf("Poll(%v) with nothing to do returned after %v", max, time.Duration(took))
			}
		}
	})
}

// descriptors counts what this process has open.
func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}
