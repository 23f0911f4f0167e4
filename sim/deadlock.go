package sim

import (
	"cmp"
	"slices"
	"time"

	"github.com/plimsoll-dev/plimsoll/model"
)

// A Deadlock is that every carrier is pinned by a strand that waits for another
// one, which has no carrier to run on: none of them ever goes on.
type Deadlock struct {
	At       time.Duration
	Instance int
	Waits    []PinnedWait
	Queued   int // strands that are ready, and have no carrier
}

// A PinnedWait is what pins some of the carriers.
type PinnedWait struct {
	Op       string
	Verb     model.Verb
	Resource string // of which a slot is waited for; "": branches are
	Carriers int
}

// deadlocked looks whether a pool has come to a standstill. Whoever could undo it
// would need one of its threads.
func (s *Simulation) deadlocked(p *pool) {
	if p.stuck < p.limit() || p.threads > p.stuck || s.service.deadlock != nil {
		return
	}
	d := &Deadlock{At: time.Duration(s.now), Instance: int(p.instance), Queued: p.queue.Len()}
	for i := range s.strands.items {
		st := &s.strands.items[i]
		if !st.waits || st.pool == noPool || &s.pools[st.pool] != p {
			continue
		}
		t := s.steps[s.code[st.pc-1].step]
		at := slices.IndexFunc(d.Waits, func(w PinnedWait) bool { return w.Op == t.op && w.Verb == t.verb && w.Resource == t.resource })
		if at < 0 {
			at = len(d.Waits)
			d.Waits = append(d.Waits, PinnedWait{Op: t.op, Verb: t.verb, Resource: t.resource})
		}
		d.Waits[at].Carriers++
	}
	slices.SortFunc(d.Waits, func(a, b PinnedWait) int { return cmp.Compare(b.Carriers, a.Carriers) })
	s.service.deadlock = d
}
