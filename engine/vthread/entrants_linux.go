package vthread

import (
	"sync"

	"github.com/plimsoll-dev/plimsoll/engine"
)

// entrants counts this engine's threads that are inside a Hold, waiting or
// not, by resource. It forgets a resource that nobody is inside of: handlers
// make some for one request. The zero value is ready.
type entrants struct {
	mu     sync.Mutex  // guards counts; held for one operation on it
	counts map[any]int // by the resource's Identity; none is 0
}

func (e *entrants) enter(r *engine.Resource) { e.add(r, 1) }

func (e *entrants) leave(r *engine.Resource) { e.add(r, -1) }

func (e *entrants) add(r *engine.Resource, d int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.counts == nil {
		e.counts = map[any]int{}
	}
	id := r.Identity()
	if n := e.counts[id] + d; n != 0 {
		e.counts[id] = n
	} else {
		delete(e.counts, id)
	}
}

// all reports whether r is nobody else's business: everybody who holds it or
// waits for it is one of this engine's threads. It is right while none of them
// runs. (One that may give up waiting counts from when it has not, so that what
// is uncertain is no.)
func (e *entrants) all(r *engine.Resource) bool {
	s := r.Stats()
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.counts[r.Identity()] >= s.InUse+s.Waiting
}
