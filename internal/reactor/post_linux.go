package reactor

import (
	"encoding/binary"
	"sync"
)

// postQueue holds what other threads want run.
type postQueue struct {
	mu     sync.Mutex // guards the fields below; held across the write that wakes, which cannot block
	queue  []func()
	spare  []func() // the other of the two slices that take turns
	asleep bool     // the reactor waits, or is about to, and nobody has woken it
	closed bool
}

// Post makes f run on the reactor's goroutine, soon, after what was posted
// before. It may be called from any goroutine, the reactor's included; a
// reactor that waits is woken, once. After [Reactor.Close] it does nothing.
func (r *Reactor) Post(f func()) {
	q := &r.posts
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return
	}
	q.queue = append(q.queue, f)
	if q.asleep {
		q.asleep = false
		wake(r.wakefd)
	}
}

// wake adds one to an eventfd. It can only fail by overflow, after 2^64 - 2
// times.
func wake(fd int) {
	var one [8]byte
	binary.NativeEndian.PutUint64(one[:], 1)
	_, _ = Write(fd, one[:])
}

// rouse ends the wait of a reactor that waits.
func (q *postQueue) rouse(wakefd int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.asleep {
		q.asleep = false
		wake(wakefd)
	}
}

// sleep announces that the reactor is going to wait; false means that it must
// not, because something was posted.
func (q *postQueue) sleep() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.asleep = len(q.queue) == 0
	return q.asleep
}

func (q *postQueue) awake() {
	q.mu.Lock()
	q.asleep = false
	q.mu.Unlock()
}

func (q *postQueue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.queue, q.spare = nil, nil
}

// runPosted runs what is in the queue now, so that a function which posts
// itself again does not keep descriptors and timers waiting.
func (r *Reactor) runPosted() {
	q := &r.posts
	q.mu.Lock()
	fs := q.queue
	if len(fs) == 0 {
		q.mu.Unlock()
		return
	}
	q.queue = q.spare
	q.mu.Unlock()
	for i, f := range fs {
		if r.epfd < 0 { // closed by the one before
			return
		}
		fs[i] = nil
		f()
	}
	q.mu.Lock()
	q.spare = fs[:0]
	q.mu.Unlock()
}
