package engine

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Whatever the order of arrivals and releases, slots are granted in the order
// of arrival, none is free while somebody waits, and all are granted in the
// end. The model is a queue.
func TestResourceGrantsInOrderOfArrival(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 4).Draw(t, "size")
		r := NewResource("db", size)
		granted := make(chan int)
		var queue []int
		held, next := 0, 0
		expect := func(want int) {
			if got := <-granted; got != want {
				t.Fatalf("granted to %d, and %d has waited longest", got, want)
			}
			held++
		}
		release := func() {
			r.Release()
			held--
			if len(queue) > 0 {
				expect(queue[0])
				queue = queue[1:]
			}
		}
		check := func() {
			if s := r.Stats(); s.InUse != held || s.Waiting != len(queue) || s.InUse > size || (s.Waiting > 0 && s.InUse < size) {
				t.Fatalf("%+v, and %d are held, %d wait", s, held, len(queue))
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"": func(*rapid.T) { check() },
			"acquire": func(*rapid.T) {
				id := next
				next++
				go func() { r.Acquire(NewParker); granted <- id }()
				if held < size {
					expect(id)
					return
				}
				queue = append(queue, id)
				for r.Stats().Waiting < len(queue) {
					runtime.Gosched()
				}
			},
			"release": func(t *rapid.T) {
				if held == 0 {
					t.Skip("nothing to release")
				}
				release()
			},
		})
		for held > 0 {
			release()
		}
		check()
		if got := r.Stats().Acquired; got != uint64(next) {
			t.Fatalf("%d arrived and %d acquired", next, got)
		}
	})
}

// Under contention on real threads: never more than size inside, and nobody
// is forgotten.
func TestResourceIsNeverHeldByMoreThanItsSize(t *testing.T) {
	const goroutines, rounds = 32, 200
	for _, size := range []int{1, 3, 31} {
		r := NewResource("db", size)
		var inside, most atomic.Int64
		var wg sync.WaitGroup
		for range goroutines {
			wg.Go(func() {
				for range rounds {
					r.Acquire(NewParker)
					n := inside.Add(1)
					for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
					}
					if rand.IntN(4) == 0 {
						runtime.Gosched()
					}
					inside.Add(-1)
					r.Release()
				}
			})
		}
		wg.Wait() // a lost wake-up hangs here
		s := r.Stats()
		if most.Load() > int64(size) {
			t.Errorf("size %d: %d were inside at once", size, most.Load())
		}
		if s.InUse != 0 || s.Waiting != 0 || s.Acquired != goroutines*rounds {
			t.Errorf("size %d: left behind %+v", size, s)
		}
	}
}

// The grant may come between lining up and parking.
func TestResourceGrantBeforeParkIsNotLost(t *testing.T) {
	r := NewResource("db", 1)
	r.Acquire(NewParker)
	p := &releasingParker{Parker: NewParker(), r: r}
	r.Acquire(func() Parker { return p })
	if p.parks != 1 {
		t.Fatalf("parked %d times", p.parks)
	}
}

type releasingParker struct {
	Parker
	r     *Resource
	parks int
}

func (p *releasingParker) Park() {
	p.parks++
	p.r.Release()
	p.Parker.Park()
}

// A parker that returns too early (a permit left from elsewhere) gives no slot.
func TestResourceIgnoresStrayPermits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewResource("db", 1)
		r.Acquire(NewParker)
		p := NewParker()
		p.Unpark()
		var got atomic.Bool
		go func() { r.Acquire(func() Parker { return p }); got.Store(true) }()
		synctest.Wait()
		if got.Load() {
			t.Fatal("a stray permit gave a slot that is held")
		}
		r.Release()
		synctest.Wait()
		if !got.Load() {
			t.Fatal("released, and not granted")
		}
	})
}

func TestResourceIntegratesHeldAndWaitTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewResource("db", 2, Monitor)
		for range 2 {
			r.Acquire(NewParker)
		}
		var waited time.Duration
		go func() { waited = r.Acquire(NewParker) }()
		synctest.Wait()
		time.Sleep(3 * time.Second) // 2 held, 1 waits
		r.Release()
		synctest.Wait()
		time.Sleep(time.Second) // 2 held
		r.Release()
		time.Sleep(time.Second) // 1 held
		s := r.Stats()
		want := ResourceStats{Name: "db", Size: 2, InUse: 1, Acquired: 3, WaitNanos: 3e9, HeldNanos: 9e9}
		if s != want {
			t.Errorf("got  %+v\nwant %+v", s, want)
		}
		if waited != 3*time.Second {
			t.Errorf("Acquire says it waited %v", waited)
		}
		if !r.IsMonitor() || r.Name() != "db" || r.Size() != 2 {
			t.Error("the resource forgot what it is")
		}
	})
}

func TestResourceMisuseIsAPanic(t *testing.T) {
	for name, f := range map[string]func(){
		"size 0":          func() { NewResource("db", 0) },
		"release of none": func() { NewResource("db", 1).Release() },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}

func TestHoldGivesTheSlotBackAfterAPanic(t *testing.T) {
	r := NewResource("db", 1)
	func() {
		defer func() {
			if recover() != "boom" {
				t.Error("the panic was swallowed")
			}
		}()
		TaskOf(t.Context()).Hold(r, func(Task) error { panic("boom") })
	}()
	if s := r.Stats(); s.InUse != 0 {
		t.Fatalf("slot lost: %+v", s)
	}
}

func BenchmarkResourceUncontended(b *testing.B) {
	r := NewResource("db", 1)
	for b.Loop() {
		r.Acquire(NewParker)
		r.Release()
	}
}

func TestWaitersAreServedInOrderUnderLoad(t *testing.T) {
	// One holder at a time and a queue that is seen to be long: the order of
	// grants equals the order of lining up, which the parkers record.
	r := NewResource("db", 1)
	r.Acquire(NewParker)
	const n = 50
	var order []int
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			r.Acquire(NewParker)
			order = append(order, i) // guarded by the slot
			r.Release()
		})
		for r.Stats().Waiting <= i {
			runtime.Gosched()
		}
	}
	r.Release()
	wg.Wait()
	if !slices.IsSorted(order) || len(order) != n {
		t.Fatalf("served in the order %v", order)
	}
}
