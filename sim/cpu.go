package sim

import (
	"math"

	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/sim/event"
)

// A cpu is the processors of an instance and who wants to run on them. Each thread
// runs for a quantum, and then whoever has waited longest. Beside threads that are
// nice those that are not come first, until both have had the share of their
// weight; but nobody is interrupted within a quantum (the kernel's RUN_TO_PARITY).
type cpu struct {
	quantum, change, wake int64
	first, n              int32 // of the simulation's cores
	idle                  []int32
	classes               [2]class // 0: not nice; 1: nice
	shared                *event.Sharing
	free                  int32 // processor whose thread has just ended a burst, and may go on; -1: none

	waiting  event.Level // for a processor
	running  event.Level // on one; of those that share, all
	used     int64       // CPU time
	usedAt   int64       // of those that share, until when it is counted
	switches uint64
}

// A core is one processor.
type core struct {
	strand   int32 // that runs; -1: none does
	instance int32
	class    uint8
	last     int32 // thread that ran last, without a break
	turned   int64 // to that one
	since    int64
	slice    int64
}

// A class is the threads of one nice value.
type class struct {
	queue  event.Ring[int32]
	weight float64 // as the kernel has it: 1,024 for nice 0, a factor of 1.25 for each step (sched_prio_to_weight)
	had    float64 // CPU time by weight: who has had less comes first
}

// newCPU returns the processors of an instance, and adds them to the others'.
func (s *Simulation) newCPU(instance int32) cpu {
	c := &s.config
	x := cpu{quantum: int64(c.Costs.Quantum), change: int64(c.Costs.Switch), wake: int64(c.Costs.Wake), first: int32(len(s.cores)), n: int32(c.CPUs), free: -1}
	if x.quantum == 0 {
		x.shared = event.NewSharing(c.CPUs)
	}
	for i := range x.n {
		s.cores = append(s.cores, core{strand: -1, instance: instance})
		x.idle = append(x.idle, x.first+x.n-1-i)
	}
	nice := 0
	if c.Engine.Has("nice") {
		nice = c.Engine.Int("nice")
	}
	x.classes[0].weight, x.classes[1].weight = 1024, 1024/math.Pow(1.25, float64(nice))
	return x
}

// run has a strand use the CPU for a time.
func (s *Simulation) run(k int32, ns int64) {
	st := &s.strands.items[k]
	c := &s.instances[st.instance].cpu
	st.left, st.asked = ns, s.now
	c.waiting.Enter(s.now)
	s.move(st, model.Runnable)
	if c.shared != nil {
		s.share(c, k, st)
		return
	}
	class := s.classOf(st)
	if n := len(c.idle); n > 0 {
		i := c.idle[n-1]
		c.idle = c.idle[:n-1]
		s.cores[i].last = 0 // it slept
		st.left += c.wake
		s.dispatch(c, i, k, class)
		return
	}
	if i := c.free; i >= 0 {
		if p := &s.cores[i]; p.last == st.thread && s.now-p.turned < c.quantum {
			c.free = -1
			s.dispatch(c, i, k, class)
			return
		}
	}
	own, other := &c.classes[class], &c.classes[1-class]
	if own.queue.Len() == 0 {
		own.had = max(own.had, other.had) // who did not want to run has saved nothing up
	}
	own.queue.Push(k)
}

func (s *Simulation) classOf(st *strand) uint8 {
	if s.pools[st.pool].nice > 0 {
		return 1
	}
	return 0
}

// dispatch puts a strand's thread on a processor.
func (s *Simulation) dispatch(c *cpu, i, k int32, class uint8) {
	p, st := &s.cores[i], &s.strands.items[k]
	if p.last != st.thread {
		p.last, p.turned = st.thread, s.now
		c.switches++
		st.left += c.change
	}
	c.waiting.Leave(s.now, st.asked)
	c.running.Enter(s.now)
	s.move(st, model.OnCPU)
	p.strand, p.class, p.since = k, class, s.now
	p.slice = min(st.left, c.quantum)
	s.events.Schedule(s.now+p.slice, evSlice, i)
}

// sliceEnds is the end of a burst, or of a quantum.
func (s *Simulation) sliceEnds(i int32) {
	p := &s.cores[i]
	c := &s.instances[p.instance].cpu
	k := p.strand
	st := &s.strands.items[k]
	c.used += p.slice
	c.classes[p.class].had += float64(p.slice) / c.classes[p.class].weight
	st.left -= p.slice
	c.running.Leave(s.now, p.since)
	if st.left > 0 && !c.waits() && !s.gives(st) {
		c.running.Enter(s.now)
		p.since, p.slice = s.now, min(st.left, c.quantum)
		s.events.Schedule(s.now+p.slice, evSlice, i)
		return
	}
	class := p.class
	p.strand = -1
	switch {
	case st.left == 0:
		s.ready.Push(k)
		c.free = i
		s.advanceAll()
	case s.gives(st):
		s.giveWay(k)
		c.free = i
		s.advanceAll()
	default:
		st.asked = s.now
		c.waiting.Enter(s.now)
		s.move(st, model.Runnable)
		c.classes[class].queue.Push(k)
	}
	if c.free = -1; p.strand < 0 {
		s.next(c, i)
	}
}

// next has a free processor run whoever comes next.
func (s *Simulation) next(c *cpu, i int32) {
	a, b := &c.classes[0], &c.classes[1]
	switch {
	case a.queue.Len() > 0 && (b.queue.Len() == 0 || a.had <= b.had):
		s.dispatch(c, i, a.queue.Pop(), 0)
	case b.queue.Len() > 0:
		s.dispatch(c, i, b.queue.Pop(), 1)
	default:
		c.idle = append(c.idle, i)
	}
}

// waits reports whether anybody waits for a processor.
func (c *cpu) waits() bool { return c.classes[0].queue.Len()+c.classes[1].queue.Len() > 0 }

// gives reports whether a strand gives way to others that are ready for its
// thread, after having run for as long as it may.
func (s *Simulation) gives(st *strand) bool {
	p := &s.pools[st.pool]
	return p.slice > 0 && p.queue.Len() > 0 && s.now-st.mounted >= int64(p.slice)
}

func (s *Simulation) giveWay(k int32) {
	st := &s.strands.items[k]
	at := st.pool
	p := &s.pools[at]
	p.busy.Leave(s.now, st.mounted)
	thread := st.thread
	st.pool = noPool
	s.wait(p, k)
	p.queue.Push(k)
	s.mount(p, at, p.queue.Pop(), thread)
}

// share adds a burst to those that share the processors.
func (s *Simulation) share(c *cpu, k int32, st *strand) {
	if c.change > 0 {
		st.left += c.change
		c.switches++
	}
	c.waiting.Leave(s.now, st.asked)
	c.countShared(s.now)
	c.running.Enter(s.now)
	s.move(st, model.OnCPU)
	c.shared.Add(s.now, k, st.left)
	s.watchShared(st.instance)
}

// countShared counts the time of those that share, until now.
func (c *cpu) countShared(now int64) {
	c.used += min(c.running.N, int64(c.n)) * (now - c.usedAt)
	c.usedAt = now
}

func (s *Simulation) watchShared(instance int32) {
	c := &s.instances[instance].cpu
	if c.shared.Len() > 0 {
		s.events.Schedule(c.shared.Next(), evShare, instance)
	}
}

func (s *Simulation) shareEnds(instance int32) {
	c := &s.instances[instance].cpu
	if c.shared.Len() == 0 || c.shared.Next() > s.now {
		return // others came or went since this was expected
	}
	c.countShared(s.now)
	k := c.shared.Take(s.now)
	st := &s.strands.items[k]
	c.running.Leave(s.now, st.asked)
	st.left = 0
	s.ready.Push(k)
	s.watchShared(instance)
}
