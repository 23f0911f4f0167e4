package sim

import (
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/sim/event"
)

// A resource is something of which there are size, given to who asks in order.
type resource struct {
	size    int64
	held    event.Level
	waiting event.Level
	queue   event.Ring[int32]
	full    span // every slot taken
	told    uint64
}

// A span adds up the time in which something is so.
type span struct {
	ns, since int64
	on        bool
}

func (f *span) set(now int64, on bool) {
	if f.on {
		f.ns += now - f.since
	}
	f.on, f.since = on, now
}

func (f *span) until(now int64) int64 {
	if f.on {
		return f.ns + now - f.since
	}
	return f.ns
}

// acquire takes a slot, or waits for one; it reports whether the strand has it.
func (s *Simulation) acquire(k int32, in *instr) bool {
	st := &s.strands.items[k]
	at := in.arg + st.instance*s.strides[in.arg]
	r := &s.resources[at]
	size := r.size
	if s.plant.oneMoreSlot {
		size++
	}
	st.asked = s.now
	r.waiting.Enter(s.now)
	if r.held.N < size && r.queue.Len() == 0 {
		s.grant(r, st, at)
		return true
	}
	r.queue.Push(k)
	s.move(st, model.Holding)
	// Who has a slot of what is shared may be in another instance, and needs no thread of this one.
	s.suspend(st, in, len(s.instances) == 1 || s.strides[in.arg] > 0)
	return false
}

// grant gives a strand a slot.
func (s *Simulation) grant(r *resource, st *strand, resource int32) {
	r.waiting.Leave(s.now, st.asked)
	r.held.Enter(s.now)
	r.full.set(s.now, r.held.N >= r.size)
	st.held = append(st.held, held{resource, st.asked, s.now})
}

// release gives a slot back: to who has waited longest for it, if somebody does.
func (s *Simulation) release(h held) {
	r := &s.resources[h.resource]
	r.held.Leave(s.now, h.since)
	r.full.set(s.now, r.held.N >= r.size)
	if r.queue.Len() == 0 {
		return
	}
	if r.told++; s.plant.lostWakeUp && r.told%1000 == 0 {
		return
	}
	k := r.queue.Pop()
	if s.plant.lastInFirstOut {
		r.queue.PushFront(k)
		k = r.queue.PopBack()
	}
	st := &s.strands.items[k]
	s.grant(r, st, h.resource)
	s.resume(k, &s.code[st.pc-1])
}
