package thread

import (
	"runtime"
	"slices"
	"sync"

	"github.com/plimsoll-dev/plimsoll/internal/account"
	"github.com/plimsoll-dev/plimsoll/internal/osthread"
)

// An executor runs jobs on OS threads, one at a time on each. A job goes to an
// idle thread, else to a new one while there are fewer than size, and only
// then into the queue: Tomcat's order (org.apache.tomcat.util.threads.TaskQueue,
// offer). A thread that is done takes the oldest job of the queue.
//
// All methods may be called concurrently, on any thread.
type executor[J any] struct {
	name   string // of its threads, at most 15 bytes
	run    func(J)
	ledger *account.Ledger // Threads, Busy and Queued are kept in it
	size   int             // threads at most
	spare  int             // threads that expire leaves alone
	limit  int             // jobs in the queue at most; negative: no limit
	idle   int64           // nanoseconds after which an idle thread expires
	fresh  bool            // a thread ends after one job
	newest bool            // the queue is served from its wrong end; see Plant

	// mu guards what follows. It is held for a few list operations, never
	// across a system call that may block.
	mu       sync.Mutex
	queue    queue[J]
	resting  []*worker[J] // idle threads, the one that rests longest first
	alive    int
	running  int // threads that have a job
	stopping bool

	threads sync.WaitGroup
}

// A worker is a thread to be woken by name.
type worker[J any] struct {
	osthread.Parker
	job   J
	given bool  // there is a job; a resting thread that wakes without one ends
	ran   bool  // a job, that is still counted in running
	since int64 // it rests
}

func (w *worker[J]) give(j J) { w.job, w.given = j, true }

// start makes the spare threads.
func (x *executor[J]) start() {
	if x.fresh {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for x.alive < min(x.spare, x.size) {
		x.enlist(new(worker[J]))
	}
}

// submit has a job run; false means that the queue is full.
func (x *executor[J]) submit(j J) bool {
	x.mu.Lock()
	if n := len(x.resting); n > 0 {
		w := x.resting[n-1]
		x.resting[n-1] = nil
		x.resting = x.resting[:n-1]
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
	switch {
	case waiting >= 0 && x.alive < x.size:
		x.grow(j)
	case waiting >= 0 && x.limit >= 0 && waiting >= x.limit:
		return false
	default:
		x.queue.push(j)
		x.ledger.Queued.Add(1)
	}
	return true
}

// grow makes a thread whose first job is j; mu is held.
func (x *executor[J]) grow(j J) {
	w := new(worker[J])
	w.give(j)
	x.running++
	x.enlist(w)
}

// enlist makes a thread; mu is held.
func (x *executor[J]) enlist(w *worker[J]) {
	x.alive++
	x.ledger.Threads.Add(1)
	x.threads.Add(1)
	go x.thread(w)
}

// thread is the life of a thread. It never unlocks, so that the thread ends
// with the goroutine. (Except for the main thread of the process, which Go
// puts to sleep for good.)
func (x *executor[J]) thread(w *worker[J]) {
	runtime.LockOSThread()
	osthread.Name(x.name)
	osthread.ExactTimers()
	retired := false
	defer func() {
		if !retired { // a job ended its goroutine (runtime.Goexit)
			x.mu.Lock()
			x.running--
			x.retire()
			x.mu.Unlock()
		}
		x.threads.Done()
	}()
	for w.given || x.next(w) {
		x.do(w)
	}
	retired = true
}

// do runs the job that w was given.
func (x *executor[J]) do(w *worker[J]) {
	x.ledger.Busy.Add(1)
	defer x.ledger.Busy.Add(-1)
	j := w.job
	var none J
	w.job, w.given, w.ran = none, false, true
	x.run(j)
}

// next waits for w's next job. False means that the thread is counted out and
// has to end.
func (x *executor[J]) next(w *worker[J]) bool {
	x.mu.Lock()
	if w.ran {
		x.running--
		w.ran = false
	}
	switch {
	case x.fresh, x.stopping:
		x.retire()
		x.mu.Unlock()
		return false
	case x.queue.len() > 0:
		w.give(x.take())
		x.running++
		x.mu.Unlock()
		return true
	}
	w.since = account.Now()
	x.resting = append(x.resting, w)
	x.mu.Unlock()
	w.Park()
	return w.given
}

// take takes a job from the queue, which is not empty; mu is held.
func (x *executor[J]) take() J {
	x.ledger.Queued.Add(-1)
	if x.newest {
		return x.queue.popLast()
	}
	return x.queue.pop()
}

// retire counts out a thread that ends, and replaces it if there is work; mu
// is held.
func (x *executor[J]) retire() {
	x.alive--
	x.ledger.Threads.Add(-1)
	if x.queue.len() > 0 && x.alive < x.size {
		x.grow(x.take())
	}
}

// expire ends the threads beyond spare that have been idle for long enough,
// those that rest longest first. It returns when to call it again.
func (x *executor[J]) expire(now int64) (again int64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	n := 0
	for x.alive > x.spare && n < len(x.resting) && x.resting[n].since+x.idle <= now {
		x.dismiss(x.resting[n])
		n++
	}
	x.resting = slices.Delete(x.resting, 0, n)
	if x.alive > x.spare && len(x.resting) > 0 {
		return x.resting[0].since + x.idle
	}
	return now + x.idle // a thread that comes to rest from now on
}

// dismiss ends a resting thread; mu is held, and the caller takes it off the
// list.
func (x *executor[J]) dismiss(w *worker[J]) {
	x.retire()
	w.Unpark() // it has been given nothing
}

// stop ends the threads, each after its job, and returns when none is left.
// Nothing may be submitted any more.
func (x *executor[J]) stop() {
	x.mu.Lock()
	x.stopping = true
	for _, w := range x.resting {
		x.dismiss(w)
	}
	x.resting = nil
	x.mu.Unlock()
	x.threads.Wait()
}
