package fiber

import (
	"sync"
	"sync/atomic"

	"github.com/plimsoll-dev/plimsoll/internal/goid"
)

// fibers finds a fiber by its goroutine: every one of the process, so that it
// does not matter to which engine a connection belongs.
var fibers table

// A table maps goroutines to fibers. A goroutine only ever looks itself up, and
// mostly: so readers take no lock, and what another goroutine is just adding
// need not be seen. It is an open-addressed hash table that is replaced when it
// is full.
type table struct {
	slots atomic.Pointer[[]slot]

	mu   sync.Mutex // guards all writing; held for a few operations on the table
	used int        // slots whose owner is set; one that was deleted keeps it
	live int
}

type slot struct {
	owner atomic.Uintptr // goid.Owner; 0: free, and the end of a search
	fiber atomic.Pointer[Fiber]
}

// get returns the fiber of a goroutine, or nil.
func (t *table) get(o goid.Owner) *Fiber {
	slots := t.slots.Load()
	if slots == nil {
		return nil
	}
	if s := find(*slots, o); s != nil {
		return s.fiber.Load()
	}
	return nil
}

// find returns the slot of o, or nil.
func find(slots []slot, o goid.Owner) *slot {
	mask := len(slots) - 1
	for i := hash(o) & mask; ; i = (i + 1) & mask {
		switch slots[i].owner.Load() {
		case o:
			return &slots[i]
		case 0:
			return nil
		}
	}
}

// hash spreads addresses, whose low bits are all the same (Knuth, 6.4).
func hash(o goid.Owner) int { return int(uint64(o) * 0x9e3779b97f4a7c15 >> 33) }

func (t *table) put(o goid.Owner, f *Fiber) {
	t.mu.Lock()
	defer t.mu.Unlock()
	slots := t.slots.Load()
	if slots == nil || 4*(t.used+1) > 3*len(*slots) {
		slots = t.grow(slots)
	}
	t.live++
	if s := find(*slots, o); s != nil { // a goroutine before it had the same identity
		s.fiber.Store(f)
		return
	}
	t.insert(*slots, o, f)
}

// insert adds an owner that is not there; mu is held.
func (t *table) insert(slots []slot, o goid.Owner, f *Fiber) {
	mask := len(slots) - 1
	i := hash(o) & mask
	for slots[i].owner.Load() != 0 {
		i = (i + 1) & mask
	}
	slots[i].fiber.Store(f)
	slots[i].owner.Store(o)
	t.used++
}

// grow replaces the table by one without the deleted, at most half full; mu is
// held.
func (t *table) grow(old *[]slot) *[]slot {
	size := 64
	for size < 2*(t.live+1) {
		size *= 2
	}
	slots := make([]slot, size)
	t.used = 0
	if old != nil {
		for i := range *old {
			if f := (*old)[i].fiber.Load(); f != nil {
				t.insert(slots, (*old)[i].owner.Load(), f)
			}
		}
	}
	t.slots.Store(&slots)
	return &slots
}

// remove forgets a goroutine that is about to end.
func (t *table) remove(o goid.Owner) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s := find(*t.slots.Load(), o); s != nil && s.fiber.Swap(nil) != nil {
		t.live--
	}
}
