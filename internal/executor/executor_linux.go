package executor

import (
	"slices"
	"sync"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/account"
)

// A Config says how an executor runs its jobs.
type Config[J any] struct {
	Name string // of its threads, at most 15 bytes
	Run  func(J)
	// Done is called after Run, on the same thread, when that thread can be had
	// for another job: who hears of it may submit one, also where none may wait.
	// nil: it is not.
	Done func(J)

	// A job goes to an idle thread, else to a new one while there are fewer
	// than Core, else into the queue, and if that is full to a new one while
	// there are fewer than Max. With Core equal to Max that is Tomcat's order
	// (org.apache.tomcat.util.threads.TaskQueue, offer), with a smaller Core
	// that of java.util.concurrent.ThreadPoolExecutor, which Spring's executors
	// are made of.
	Core, Max int
	Queue     int           // jobs in the queue at most; negative: no limit
	Spare     int           // threads that Expire leaves alone
	Idle      time.Duration // after which an idle thread expires
	Once      bool          // a thread ends after one job
	Nice      int           // nice value that its threads add to their own, so that others come first
	Begin     func()        // called on each thread before its first job; or nil

	// Unlocked has jobs run on goroutines that are not locked to their threads,
	// as those have to be that resume coroutines. In a blocking system call such
	// a goroutine has a thread of its own all the same; between two, and while
	// the process has processors enough, it keeps it.
	Unlocked bool

	// Newest has the queue served from its wrong end. No engine wants that: it
	// is a fault to be found.
	Newest bool
}

// An Executor runs jobs on OS threads, one at a time on each. A thread that is
// done takes the oldest job of the queue.
//
// All methods may be called concurrently, on any thread. The Config may be
// changed until the first of them is called.
type Executor[J any] struct {
	Config[J]

	// mu guards what follows. It is held for a few list operations, never
	// across a system call that may block.
	mu       sync.Mutex
	queue    queue[J]
	resting  []*worker[J] // idle threads, the one that rests longest first
	alive    int
	running  int // threads that have a job
	stopping bool
	totals   totals

	threads sync.WaitGroup
}

// New returns an executor that has no threads yet.
func New[J any](cfg Config[J]) *Executor[J] {
	return &Executor[J]{Config: cfg, totals: totals{changed: account.Now()}}
}

// Start makes the spare threads.
func (x *Executor[J]) Start() {
	if x.Once {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for x.alive < min(x.Spare, x.Core) {
		x.enlist(new(worker[J]))
	}
}

// Submit has a job run; false means that the queue is full.
func (x *Executor[J]) Submit(j J) bool { return x.submit(j, x.Queue) }

// Readmit is Submit for a job that is the rest of one: what was admitted before
// finds room in the queue, however full that is.
func (x *Executor[J]) Readmit(j J) { x.submit(j, -1) }

func (x *Executor[J]) submit(j J, limit int) bool {
	x.mu.Lock()
	if n := len(x.resting); n > 0 {
		w := x.resting[n-1]
		x.resting[n-1] = nil
		x.resting = x.resting[:n-1]
		x.account()
		x.running++
		x.mu.Unlock()
		w.give(j)
		w.Unpark()
		return true
	}
	defer x.mu.Unlock()
	// Threads that are starting take from the queue; what they will take does
	// not wait for a busy thread.
	waiting := x.queue.len() - (x.alive - x.running)
	full := limit >= 0 && waiting >= limit
	switch {
	case waiting >= 0 && x.alive < x.Core, full && x.alive < x.Max:
		x.grow(j)
	case full:
		x.totals.rejected++
		return false
	default:
		x.account()
		x.queue.push(j)
	}
	return true
}

// grow makes a thread whose first job is j; mu is held.
func (x *Executor[J]) grow(j J) {
	w := new(worker[J])
	w.give(j)
	x.account()
	x.running++
	x.enlist(w)
}

// take takes a job from the queue, which is not empty; mu is held.
func (x *Executor[J]) take() J {
	x.account()
	if x.Newest {
		return x.queue.popLast()
	}
	return x.queue.pop()
}

// Expire ends the threads beyond Spare that have been idle for long enough at
// the time now of account.Now's clock, those that rest longest first. It
// returns when to call it again.
func (x *Executor[J]) Expire(now int64) (again int64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	idle := int64(x.Idle)
	n := 0
	for x.alive > x.Spare && n < len(x.resting) && x.resting[n].since+idle <= now {
		x.dismiss(x.resting[n])
		n++
	}
	x.resting = slices.Delete(x.resting, 0, n)
	if x.alive > x.Spare && len(x.resting) > 0 {
		return x.resting[0].since + idle
	}
	return now + idle // a thread that comes to rest from now on
}

// dismiss ends a resting thread; mu is held, and the caller takes it off the
// list.
func (x *Executor[J]) dismiss(w *worker[J]) {
	x.retire()
	w.Unpark() // it has been given nothing
}

// Stop ends the threads, each after its job, and returns when none is left.
// Nothing may be submitted any more.
func (x *Executor[J]) Stop() {
	x.mu.Lock()
	x.stopping = true
	for _, w := range x.resting {
		x.dismiss(w)
	}
	x.resting = nil
	x.mu.Unlock()
	x.threads.Wait()
}
