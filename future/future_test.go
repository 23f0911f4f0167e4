package future

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"
)

var errBad = errors.New("bad")

func TestFirstToCompleteWins(t *testing.T) {
	p := NewPromise[int](nil)
	f := p.Future()
	if _, err := f.TryGet(); err != ErrPending {
		t.Errorf("before: %v", err)
	}
	if !p.Complete(1, nil) || p.Complete(2, nil) || p.Complete(0, errBad) || f.Cancel() {
		t.Error("more than one completed it, or none")
	}
	if v, err := f.TryGet(); v != 1 || err != nil {
		t.Errorf("%d %v", v, err)
	}
}

func TestFailedFutureHasTheZeroValue(t *testing.T) {
	p := NewPromise[int](nil)
	p.Complete(5, errBad)
	if v, err := Map(p.Future(), func(v int) (int, error) { return v, nil }).TryGet(); v != 0 || err != errBad {
		t.Errorf("%d %v", v, err)
	}
	if v, err := Map(Completed(1), func(v int) (int, error) { return v, errBad }).TryGet(); v != 0 || err != errBad {
		t.Errorf("%d %v", v, err)
	}
}

// On Direct functions run in the order in which they were registered, breadth
// first: those of a future before those of the futures that follow from it.
func TestContinuationsRunInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 40).Draw(t, "futures")
		p := NewPromise[int](nil)
		futures := []*Future[int]{p.Future()}
		children := make([][]int, n+1)
		var got, want []int
		for i := 1; i <= n; i++ {
			parent := rapid.IntRange(0, i-1).Draw(t, "parent")
			children[parent] = append(children[parent], i)
			futures = append(futures, Map(futures[parent], func(int) (int, error) {
				got = append(got, i)
				return i, nil
			}))
		}
		p.Complete(0, nil)
		for queue := children[0]; len(queue) > 0; queue = queue[1:] {
			want = append(want, queue[0])
			queue = append(slices.Clone(queue), children[queue[0]]...)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("ran %v, want %v", got, want)
		}
	})
}

// A function registered from within one of the same future runs after those
// that were registered before it.
func TestRegisteredWhileTheyRun(t *testing.T) {
	p := NewPromise[int](nil)
	var got []string
	say := func(s string) func(int, error) { return func(int, error) { got = append(got, s) } }
	p.Future().Finally(func(int, error) {
		got = append(got, "first")
		p.Future().Finally(say("third"))
	})
	p.Future().Finally(say("second"))
	p.Complete(0, nil)
	p.Future().Finally(say("fourth")) // at once: it is complete
	if want := []string{"first", "second", "third", "fourth"}; !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
}

// Many register while many complete: every function runs once, with the
// winner's value, never two of a future at once on Direct, and those of one
// goroutine in their order.
func TestExactlyOnceUnderContention(t *testing.T) {
	const rounds, registrars, each, completers = 200, 4, 25, 3
	for range rounds {
		p := NewPromise[int](nil)
		var winner atomic.Int64
		var wins, inside atomic.Int64
		var got [registrars][]int // each touched by one function at a time
		var all sync.WaitGroup
		for c := range completers {
			all.Go(func() {
				if p.Complete(c+1, nil) {
					winner.Store(int64(c + 1))
					wins.Add(1)
				}
			})
		}
		var values sync.Map
		for r := range registrars {
			all.Go(func() {
				for i := range each {
					p.Future().Finally(func(v int, _ error) {
						if inside.Add(1) != 1 {
							t.Error("two at once")
						}
						got[r] = append(got[r], i)
						values.Store(v, true)
						inside.Add(-1)
					})
				}
			})
		}
		all.Wait()
		if wins.Load() != 1 {
			t.Fatalf("%d completed it", wins.Load())
		}
		for r := range got {
			if !slices.Equal(got[r], intsTo(each)) {
				t.Fatalf("goroutine %d's ran as %v", r, got[r])
			}
		}
		values.Range(func(v, _ any) bool {
			if int64(v.(int)) != winner.Load() {
				t.Fatalf("saw %d, the winner is %d", v, winner.Load())
			}
			return true
		})
	}
}

func TestChainsOfAnyLengthTakeNoStack(t *testing.T) {
	const steps = 300_000
	inc := func(v int) (int, error) { return v + 1, nil }
	p := NewPromise[int](nil)
	f := p.Future()
	for range steps {
		f = Map(f, inc)
	}
	depth := 0
	last := f.Finally(func(int, error) { depth = runtime.Callers(0, make([]uintptr, 1000)) })
	p.Complete(0, nil)
	if v, err := last.TryGet(); v != steps || err != nil || depth > 40 {
		t.Errorf("%d %v, %d frames deep", v, err, depth)
	}

	// Letting go runs up a chain in the same way.
	p = NewPromise[int](nil)
	f = p.Future()
	for range 10_000 {
		f = Map(f, inc)
	}
	f.Cancel()
	if _, err := p.Future().TryGet(); err != ErrCanceled {
		t.Errorf("%v", err)
	}
}

func TestPanicsBecomeErrors(t *testing.T) {
	p := NewPromise[int](nil)
	f := p.Future()
	boom := func() { panic(errBad) }
	after := false
	for name, u := range map[string]*Future[int]{
		"map":     Map(f, func(int) (int, error) { boom(); return 0, nil }),
		"then":    Then(f, func(int) *Future[int] { boom(); return nil }),
		"finally": f.Finally(func(int, error) { boom() }),
		"recover": Map(f, func(int) (int, error) { return 0, errBad }).Recover(func(error) (int, error) { boom(); return 0, nil }),
	} {
		defer func() {
			_, err := u.TryGet()
			var panicked *PanicError
			if !errors.As(err, &panicked) || panicked.Value != errBad || !errors.Is(err, errBad) || len(panicked.Stack) == 0 {
				t.Errorf("%s: %v", name, err)
			}
		}()
	}
	f.Finally(func(int, error) { after = true })
	p.Complete(1, nil)
	if !after {
		t.Error("a panic kept those after it from running")
	}
}

func TestFunctionsThatEndTheirGoroutine(t *testing.T) {
	p := NewPromise[int](nil)
	f := p.Future()
	exit := func(int) (int, error) { runtime.Goexit(); return 0, nil }
	u, w := Map(f, exit), Map(f, exit)
	after := Map(f, func(v int) (int, error) { return v + 1, nil })
	follows := u.Recover(func(err error) (int, error) { return 7, nil })
	ended := make(chan bool)
	go func() {
		returned := false
		defer func() { ended <- returned }()
		p.Complete(1, nil)
		returned = true
	}()
	if <-ended {
		t.Error("Complete returned on a goroutine that has ended")
	}
	for _, u := range []*Future[int]{u, w} {
		if _, err := u.TryGet(); err != ErrGoexit {
			t.Errorf("%v", err)
		}
	}
	if v, _ := after.TryGet(); v != 2 {
		t.Errorf("the one after them: %d", v)
	}
	if v, _ := follows.TryGet(); v != 7 {
		t.Errorf("the one that follows: %d", v)
	}
}

func TestGet(t *testing.T) {
	p := NewPromise[int](nil)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := p.Future().Get(ctx); err != context.Canceled {
		t.Errorf("%v", err)
	}
	got := make(chan string)
	go func() {
		v, err := p.Future().Get(context.Background())
		got <- fmt.Sprint(v, err)
	}()
	p.Complete(3, nil)
	if s := <-got; s != "3 <nil>" {
		t.Error(s)
	}
	if v, err := p.Future().Get(ctx); v != 3 || err != nil {
		t.Errorf("complete: %d %v, though the context has ended", v, err)
	}
}

func TestNilFuture(t *testing.T) {
	if _, err := Then(Completed(1), func(int) *Future[int] { return nil }).TryGet(); err != ErrNilFuture {
		t.Error(err)
	}
	defer func() {
		if recover() == nil {
			t.Error("Failed(nil) is a future that has neither failed nor a value")
		}
	}()
	Failed[int](nil)
}

func TestNone(t *testing.T) {
	if v, err := All[int]().TryGet(); v == nil || len(v) != 0 || err != nil {
		t.Errorf("%v %v", v, err)
	}
	if _, err := Any[int]().TryGet(); err != ErrNone {
		t.Error(err)
	}
}
