package executor

import (
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/internal/account"
	"github.com/plimsoll-dev/plimsoll/internal/osthread"
)

// A worker is a thread to be woken by name.
type worker[J any] struct {
	osthread.Parker
	job   J
	last  J     // that it ran
	given bool  // there is a job; a resting thread that wakes without one ends
	ran   bool  // a job, that is still counted in running
	since int64 // it rests
	tid   int   // the thread that it was on last, if it is not locked to one
}

func (w *worker[J]) give(j J) { w.job, w.given = j, true }

// enlist makes a thread; mu is held.
func (x *Executor[J]) enlist(w *worker[J]) {
	x.alive++
	x.threads.Add(1)
	go x.thread(w)
}

// thread is the life of a thread. It never unlocks, so that the thread ends
// with the goroutine. (Except for the main thread of the process, which Go
// puts to sleep for good.)
func (x *Executor[J]) thread(w *worker[J]) {
	if !x.Unlocked {
		runtime.LockOSThread()
		osthread.Name(x.Name)
		osthread.ExactTimers()
		osthread.Nice(x.Nice)
	}
	if x.Begin != nil {
		x.Begin()
	}
	retired := false
	defer func() {
		if !retired { // a job ended its goroutine (runtime.Goexit)
			x.mu.Lock()
			x.done()
			x.retire()
			x.mu.Unlock()
			x.tell(w)
		}
		x.threads.Done()
	}()
	for w.given || x.next(w) {
		if x.Unlocked {
			w.settle()
		}
		var none J
		w.last, w.job, w.given, w.ran = w.job, none, false, true
		x.Run(w.last)
	}
	retired = true
}

// settle makes the timers of a thread exact to which the goroutine has come.
func (w *worker[J]) settle() {
	if tid := unix.Gettid(); tid != w.tid {
		w.tid = tid
		osthread.ExactTimers()
	}
}

// next waits for w's next job. False means that the thread is counted out and
// has to end.
func (x *Executor[J]) next(w *worker[J]) bool {
	x.mu.Lock()
	ran, rests, ends := w.ran, false, false
	if ran {
		x.done()
		w.ran = false
	}
	switch {
	case x.Once, x.stopping:
		x.retire()
		ends = true
	case x.queue.len() > 0:
		w.give(x.take())
		x.running++
	default:
		w.since = account.Now()
		x.resting = append(x.resting, w)
		rests = true
	}
	x.mu.Unlock()
	if ran {
		x.tell(w)
	}
	if rests {
		w.Park()
		return w.given
	}
	return !ends
}

// tell says that w's last job is done.
func (x *Executor[J]) tell(w *worker[J]) {
	var none J
	j := w.last
	w.last = none
	if x.Done != nil {
		x.Done(j)
	}
}

// done counts a job out; mu is held.
func (x *Executor[J]) done() {
	x.account()
	x.running--
	x.totals.done++
}

// retire counts out a thread that ends, and replaces it if there is work; mu
// is held.
func (x *Executor[J]) retire() {
	x.alive--
	if x.queue.len() > 0 && x.alive < x.Core {
		x.grow(x.take())
	}
}
