package engine

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// A Resource is something of which a fixed number of slots exist: a
// connection pool, a semaphore, a lock. [Task.Hold] takes a slot while a
// function runs.
//
// Waiters are served first come, first served: a slot given back goes directly
// to the one that has waited longest, so nobody overtakes and no slot is free
// while somebody waits. All methods may be called concurrently.
type Resource struct {
	name    string
	size    int
	monitor bool
	*slots

	// Of what HoldContext makes of a resource for one Hold.
	ctx    context.Context // ends the wait; nil: it lasts as long as it takes
	gaveUp bool
}

// slots is what everybody shares who holds a resource or waits for it.
type slots struct {
	// mu guards what follows. It is held for a few list operations, never
	// while anybody waits: neither Park nor Unpark is called under it.
	mu         sync.Mutex
	inUse      int
	waiting    int
	head, tail *waiter
	acquired   uint64
	heldNanos  int64 // the integral of inUse over time, up to changed
	waitNanos  int64 // of waiting
	changed    time.Duration
}

// A waiter is in the queue until it is granted a slot or gives up; its fields
// are guarded by slots.mu.
type waiter struct {
	parker     Parker
	prev, next *waiter
	granted    bool
	gaveUp     bool
}

// A ResourceOption changes what [NewResource] makes.
type ResourceOption func(*Resource)

// Monitor makes the resource a lock of the language (Java's synchronized):
// engines on which that costs something else than a semaphore treat it so.
func Monitor(r *Resource) { r.monitor = true }

// NewResource returns a resource of size slots. It panics if size is below 1,
// as nobody could ever hold it.
func NewResource(name string, size int, opts ...ResourceOption) *Resource {
	if size < 1 {
		panic(fmt.Sprintf("engine: resource %q has size %d; it takes at least 1", name, size))
	}
	r := &Resource{name: name, size: size, slots: &slots{changed: sinceStart()}}
	for _, o := range opts {
		o(r)
	}
	return r
}

// Name returns the name that reports show.
func (r *Resource) Name() string { return r.name }

// Size returns the number of slots.
func (r *Resource) Size() int { return r.size }

// IsMonitor reports whether the resource is a lock of the language.
func (r *Resource) IsMonitor() bool { return r.monitor }

// Bounded reports whether the wait for a slot may end without one: r is what
// [HoldContext] made of a resource for one Hold.
func (r *Resource) Bounded() bool { return r.ctx != nil }

// Identity returns what r has in common with what [HoldContext] makes of it,
// and with nothing else. It is comparable.
func (r *Resource) Identity() any { return r.slots }

// Acquire takes a slot and returns how long that took. If none is free it
// asks park for a [Parker] and parks on it. Acquire is for engines; handlers
// use [Task.Hold], which gives the slot back whatever happens.
func (r *Resource) Acquire(park func() Parker) (waited time.Duration) {
	if r.tryAcquire(nil) {
		return 0
	}
	// Made outside the lock, and before anybody relies on this waiter: making
	// a parker may cost a system call, or panic.
	w := &waiter{parker: park()}
	since := sinceStart()
	if r.tryAcquire(w) {
		return sinceStart() - since
	}
	if r.ctx != nil {
		stop := context.AfterFunc(r.ctx, func() { r.giveUp(w) })
		defer stop()
	}
	// Every waiter is unparked exactly once, granted or not, and parks at least
	// once, so no permit is left behind in a parker that is used again.
	for {
		w.parker.Park()
		r.mu.Lock()
		granted, gaveUp := w.granted, w.gaveUp
		r.mu.Unlock()
		if gaveUp {
			r.gaveUp = true // r is this waiter's alone: it has a ctx
		}
		if granted || gaveUp {
			return sinceStart() - since
		}
	}
}

// AcquireFunc takes a slot if one is free, and otherwise has granted called, by
// whoever gives one back, when the slot is the caller's. It is for engines that
// wait by callbacks.
func (r *Resource) AcquireFunc(granted func()) (now bool) {
	return r.tryAcquire(nil) || r.tryAcquire(&waiter{parker: funcParker(granted)})
}

// A funcParker is who does not park: it is told.
type funcParker func()

func (funcParker) Park()     {}
func (f funcParker) Unpark() { f() }

// tryAcquire takes a free slot, or else lines w up, if there is one.
func (r *Resource) tryAcquire(w *waiter) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.inUse < r.size { // then nobody waits: see Release
		r.account()
		r.inUse++
		r.acquired++
		return true
	}
	if w != nil {
		r.account()
		r.waiting++
		if r.tail == nil {
			r.head = w
		} else {
			r.tail.next, w.prev = w, r.tail
		}
		r.tail = w
	}
	return false
}

// leave takes w out of the queue; mu is held.
func (s *slots) leave(w *waiter) {
	if w.prev == nil {
		s.head = w.next
	} else {
		w.prev.next = w.next
	}
	if w.next == nil {
		s.tail = w.prev
	} else {
		w.next.prev = w.prev
	}
	s.waiting--
}

// Release gives a slot back: to the one that has waited longest, if anybody
// waits. It panics if no slot is held.
func (r *Resource) Release() {
	if r.gaveUp {
		return // there never was one
	}
	if next := r.release(); next != nil {
		next.Unpark()
	}
}

func (r *Resource) release() Parker {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.inUse == 0 {
		panic(fmt.Sprintf("engine: resource %q released, and nobody holds it", r.name))
	}
	r.account()
	w := r.head
	if w == nil {
		r.inUse--
		return nil
	}
	r.leave(w)
	r.acquired++ // inUse stays: the slot changes hands
	w.granted = true
	return w.parker
}

// account brings the integrals up to now; mu is held.
func (s *slots) account() {
	now := sinceStart()
	passed := int64(now - s.changed)
	s.changed = now
	s.heldNanos += passed * int64(s.inUse)
	s.waitNanos += passed * int64(s.waiting)
}

// ResourceStats is a snapshot of a [Resource].
type ResourceStats struct {
	Name    string `json:"name"`
	Size    int    `json:"size"`
	InUse   int    `json:"in_use"`  // slots held now
	Waiting int    `json:"waiting"` // waiters now

	Acquired uint64 `json:"acquired"` // slots taken so far
	// WaitNanos and HeldNanos are the time spent so far waiting for a slot and
	// holding one, summed over everybody, those who still do included. So the
	// growth of HeldNanos over a stretch of time, divided by that time, is the
	// mean number of slots in use.
	WaitNanos int64 `json:"wait_nanos"`
	HeldNanos int64 `json:"held_nanos"`
}

// Stats returns a snapshot.
func (r *Resource) Stats() ResourceStats {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.account()
	return ResourceStats{
		Name: r.name, Size: r.size, InUse: r.inUse, Waiting: r.waiting,
		Acquired: r.acquired, WaitNanos: r.waitNanos, HeldNanos: r.heldNanos,
	}
}

var start = time.Now()

// sinceStart is the monotonic clock.
func sinceStart() time.Duration { return time.Since(start) }
