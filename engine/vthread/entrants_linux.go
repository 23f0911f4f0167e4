package vthread

import (
	"sync"
	"sync/atomic"

	"github.com/plimsoll-dev/plimsoll/engine"
)

// entrants counts this engine's threads that are inside a Hold, waiting or
// not, by resource.
type entrants struct{ counts sync.Map } // the resource's Identity → *entrantsOf

type entrantsOf struct{ atomic.Int64 }

func (e *entrants) of(r *engine.Resource) *entrantsOf {
	if n, ok := e.counts.Load(r.Identity()); ok {
		return n.(*entrantsOf)
	}
	n, _ := e.counts.LoadOrStore(r.Identity(), new(entrantsOf))
	return n.(*entrantsOf)
}

// all reports whether r is nobody else's business: everybody who holds it or
// waits for it is one of this engine's threads. It is right while none of them
// runs. (One that may give up waiting counts from when it has not, so that what
// is uncertain is no.)
func (n *entrantsOf) all(r *engine.Resource) bool {
	s := r.Stats()
	return int(n.Load()) >= s.InUse+s.Waiting
}
