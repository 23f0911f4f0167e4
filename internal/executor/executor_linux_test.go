package executor

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/internal/account"
)

// Keeps the main thread for the main goroutine, or Go would not end it where a
// goroutine that locked it ends.
func init() { runtime.LockOSThread() }

func TestMain(m *testing.M) {
	runtime.GOMAXPROCS(16)
	goleak.VerifyTestMain(m)
}

// await polls until a state is there.
func await(t interface {
	Helper()
	Fatalf(string, ...any)
}, what string, state func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !state(); time.Sleep(50 * time.Microsecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 20 s: %s", what)
		}
	}
}

// named counts the process's threads of a name.
func named(t *testing.T, name string) int {
	t.Helper()
	comms, err := filepath.Glob("/proc/self/task/*/comm")
	if err != nil || len(comms) == 0 {
		t.Fatal("/proc does not show the threads of this process")
	}
	n := 0
	for _, comm := range comms {
		if b, err := os.ReadFile(comm); err == nil && strings.TrimSpace(string(b)) == name {
			n++
		}
	}
	return n
}

// Whatever is submitted and finished, in whatever order, threads and queue are
// as the rule says: idle thread, new one up to Core, queue, new one up to Max,
// refusal. The model is four numbers.
func TestGrowthFollowsTheRule(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		core := rapid.IntRange(1, 4).Draw(t, "core")
		most := core + rapid.IntRange(0, 3).Draw(t, "beyond core")
		queue := rapid.IntRange(-1, 3).Draw(t, "queue")
		gates := make(chan struct{})
		var mu sync.Mutex
		var order []int
		x := New(Config[int]{Name: "test-rule", Core: core, Max: most, Queue: queue, Idle: time.Hour, Unlocked: rapid.Bool().Draw(t, "unlocked"), Run: func(id int) {
			mu.Lock()
			order = append(order, id)
			mu.Unlock()
			<-gates
		}})
		threads, busy, queued := 0, 0, []int{}
		var want []int // the order in which jobs begin
		next := 0
		check := func() {
			await(t, fmt.Sprintf("%d threads, %d busy, %d queued", threads, busy, len(queued)), func() bool {
				s := x.Stats()
				mu.Lock()
				defer mu.Unlock()
				return s.Threads == threads && s.Busy == busy && s.Queued == len(queued) && len(order) == len(want)
			})
		}
		t.Repeat(map[string]func(*rapid.T){
			"": func(*rapid.T) { check() },
			"submit": func(t *rapid.T) {
				insist := rapid.Bool().Draw(t, "readmit")
				room := queue < 0 || len(queued) < queue
				accepted := true
				id := next
				next++
				switch {
				case busy < threads:
					busy++
					want = append(want, id)
				case threads < core, !room && !insist && threads < most:
					threads++
					busy++
					want = append(want, id)
				case room, insist:
					queued = append(queued, id)
				default:
					accepted = false
				}
				if insist {
					x.Readmit(id)
				} else if got := x.Submit(id); got != accepted {
					t.Fatalf("accepted %v, want %v", got, accepted)
				}
			},
			"finish": func(t *rapid.T) {
				if busy == 0 {
					t.Skip("nothing runs")
				}
				gates <- struct{}{}
				if len(queued) > 0 {
					want = append(want, queued[0])
					queued = queued[1:]
				} else {
					busy--
				}
			},
		})
		close(gates)
		x.Stop()
		mu.Lock()
		defer mu.Unlock()
		want = append(want, queued...)
		slices.Sort(order) // threads that start at once overtake each other
		slices.Sort(want)
		if !slices.Equal(order, want) {
			t.Fatalf("ran %v, want %v", order, want)
		}
		if s := x.Stats(); s.Threads != 0 || s.Done != uint64(len(want)) || s.Rejected+s.Done != uint64(next) {
			t.Fatalf("of %d: %+v", next, s)
		}
	})
}

func TestQueueIsServedInOrder(t *testing.T) {
	for _, newest := range []bool{false, true} {
		gate := make(chan struct{})
		var order []int
		x := New(Config[int]{Name: "test-order", Core: 1, Max: 1, Queue: -1, Idle: time.Hour, Newest: newest, Run: func(id int) {
			<-gate
			order = append(order, id)
		}})
		x.Submit(0)
		await(t, "one runs", func() bool { return x.Stats().Busy == 1 })
		for id := range 3 {
			x.Submit(id + 1)
		}
		close(gate)
		await(t, "all ran", func() bool { return x.Stats().Done == 4 })
		x.Stop()
		want := []int{0, 1, 2, 3}
		if newest {
			slices.Reverse(want[1:])
		}
		if !slices.Equal(order, want) {
			t.Errorf("newest first %v: %v", newest, order)
		}
	}
}

func TestThreadsThatEndTheirGoroutineAreReplaced(t *testing.T) {
	x := New(Config[bool]{Name: "test-exit", Core: 1, Max: 1, Queue: -1, Idle: time.Hour, Run: func(exit bool) {
		if exit {
			runtime.Goexit()
		}
	}})
	for range 5 {
		x.Submit(true)
	}
	x.Submit(false)
	await(t, "all ran", func() bool { return x.Stats().Done == 6 })
	await(t, "one is left", func() bool { s := x.Stats(); return s.Threads == 1 && s.Busy == 0 })
	x.Stop()
}

// The integrals grow by what is busy and queued, and stand still otherwise.
func TestIntegrals(t *testing.T) {
	gate := make(chan struct{})
	x := New(Config[int]{Name: "test-integrals", Core: 2, Max: 2, Queue: -1, Idle: time.Hour, Run: func(int) { <-gate }})
	defer x.Stop()
	for range 5 {
		x.Submit(0)
	}
	await(t, "2 busy, 3 queued", func() bool { s := x.Stats(); return s.Busy == 2 && s.Queued == 3 })
	a := x.Stats()
	begin := account.Now()
	await(t, "time has passed", func() bool { return account.Now() > begin+2e6 })
	b := x.Stats()
	if busy, queued := b.BusyNanos-a.BusyNanos, b.QueuedNanos-a.QueuedNanos; busy < 4e6 || busy*3 != queued*2 {
		t.Errorf("2 busy and 3 queued: grew by %d and %d", busy, queued)
	}
	close(gate)
	await(t, "all ran", func() bool { return x.Stats().Done == 5 })
	a = x.Stats()
	if b := x.Stats(); b.BusyNanos != a.BusyNanos || b.QueuedNanos != a.QueuedNanos {
		t.Errorf("nothing is busy: grew from %+v to %+v", a, b)
	}
}

func TestSizeIsWhatItMayGrowTo(t *testing.T) {
	const unbounded = 1<<63 - 1
	for _, test := range []struct{ core, most, queue, want int }{
		{8, 8, -1, 8},
		{8, 16, 100, 16},
		{8, 16, -1, 8}, // a queue that is never full makes no threads
		{8, unbounded, 100, 0},
		{8, unbounded, -1, 8},
	} {
		x := New(Config[int]{Core: test.core, Max: test.most, Queue: test.queue})
		if s := x.Stats(); s != (engine.PoolStats{Size: test.want}) {
			t.Errorf("%+v: %+v", test, s)
		}
	}
}

// The rule of shrinking, on a clock of its own.
func TestExpireEndsThoseThatRestLongest(t *testing.T) {
	jobs := make(chan struct{})
	x := New(Config[int]{Name: "test-expire", Run: func(int) { <-jobs }, Core: 5, Max: 5, Spare: 2, Queue: -1, Idle: 1000})
	x.Start()
	defer x.Stop()
	for range 5 {
		x.Submit(0)
	}
	close(jobs)
	resting := func() int {
		x.mu.Lock()
		defer x.mu.Unlock()
		return len(x.resting)
	}
	await(t, "5 threads at rest", func() bool { return resting() == 5 })
	for i, w := range x.resting {
		w.since = int64(100 * i)
	}
	for _, step := range []struct {
		now, again int64
		left       int
	}{
		{999, 1000, 5},    // the first is due at 1000
		{1000, 1100, 4},   // one due
		{1199, 1200, 3},   // another
		{10000, 11000, 2}, // all due, two are spare; nothing to do before 11000
	} {
		if again := x.Expire(step.now); again != step.again || resting() != step.left {
			t.Errorf("at %d: %d threads left, again at %d; want %d and %d", step.now, resting(), again, step.left, step.again)
		}
	}
	await(t, "the others ended", func() bool { return named(t, "test-expire") == 2 })
	if first := x.resting[0].since; first != 300 {
		t.Errorf("the one left resting longest rests since %d, want 300", first)
	}
}

// Where no job may wait, the one that follows another finds its thread free.
func TestWhoHearsThatAJobIsDoneFindsItsThreadFree(t *testing.T) {
	var x *Executor[int]
	const jobs = 1000
	refused := make(chan int, jobs)
	finished := make(chan struct{})
	x = New(Config[int]{
		Name: "plimsoll-test", Core: 1, Max: 1, Idle: time.Hour,
		Run: func(n int) {
			if n%100 == 7 {
				runtime.Goexit() // then it is the next one's
			}
		},
		Done: func(n int) {
			switch {
			case n == jobs:
				close(finished)
			case !x.Submit(n + 1):
				refused <- n + 1
				close(finished)
			}
		},
	})
	if !x.Submit(1) {
		t.Fatal("the first is refused")
	}
	<-finished
	x.Stop()
	if len(refused) > 0 {
		t.Errorf("job %d is refused", <-refused)
	}
	if s := x.Stats(); s.Done != jobs || s.Rejected != 0 {
		t.Errorf("%+v", s)
	}
}
