package sim

import (
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/sim/event"
)

// A pool is a set of threads while a simulation runs.
type pool struct {
	poolSpec
	instance int32
	threads  int // that there are
	most     int // that there were
	idlers   event.Ring[idler]
	queue    event.Ring[int32] // strands that wait for a thread, in order

	busy, queued, pinned event.Level
	stuck                int   // of the pinned, waiting for something that another strand has to do
	stalled              int64 // time in which threads were kept by steps that wait or compute
	done, rejected       uint64
	mounts, remounts     uint64
	pins                 uint64
}

// An idler is a thread that has nothing to do. The last to become idle is the
// first to be used again, so that the others can end.
type idler struct {
	thread int32
	since  int64
}

func (s *Simulation) begin(p *pool) {
	for range p.ready {
		p.idlers.Push(idler{s.newThread(p), 0})
	}
}

func (s *Simulation) newThread(p *pool) int32 {
	p.threads++
	p.most = max(p.most, p.threads)
	s.service.threads++
	return s.service.threads
}

// limit is how many threads a pool may have while some are pinned.
func (p *pool) limit() int {
	if p.compensate == 0 {
		return p.max
	}
	return p.max + min(p.compensate, int(p.pinned.N))
}

// expire ends the threads that have been idle for too long.
func (p *pool) expire(now int64) {
	for p.idle > 0 && p.threads > p.spare && p.idlers.Len() > 0 && now-p.idlers.First().since >= int64(p.idle) {
		p.idlers.Pop()
		p.threads--
	}
}

// enqueue has a strand go on as soon as a thread of a pool is free. It reports
// false where the queue is full; admitted: what cannot be refused any more.
func (s *Simulation) enqueue(k int32, at int32, admitted bool) bool {
	p, st := &s.pools[at], &s.strands.items[k]
	p.expire(s.now)
	switch {
	case p.idlers.Len() > 0:
		s.wait(p, k)
		st.owes += int64(p.park)
		s.mount(p, at, k, p.idlers.PopBack().thread)
	case p.threads < min(p.core, p.limit()):
		s.wait(p, k)
		s.grow(p, at, k)
	case p.queue.Len() < p.room || admitted:
		s.wait(p, k)
		p.queue.Push(k)
		st.pool = noPool
		s.compensate(p, at)
	case p.threads < p.max:
		s.wait(p, k)
		s.grow(p, at, k)
	default:
		p.rejected++
		return false
	}
	return true
}

// wait says that a strand waits for a thread.
func (s *Simulation) wait(p *pool, k int32) {
	st := &s.strands.items[k]
	st.queued = s.now
	p.queued.Enter(s.now)
	s.move(st, p.waits)
}

// grow makes a thread for a strand.
func (s *Simulation) grow(p *pool, at int32, k int32) {
	s.strands.items[k].owes += int64(s.config.Costs.Start)
	s.mount(p, at, k, s.newThread(p))
}

// mount has a thread take up a strand.
func (s *Simulation) mount(p *pool, at int32, k int32, thread int32) {
	s.strands.items[k].owes += int64(p.resume)
	s.seat(p, at, k, thread)
}

// pass has a thread turn to a strand that waits for just this one: a function that is
// called there.
func (s *Simulation) pass(at int32, k int32, thread int32) {
	p := &s.pools[at]
	s.wait(p, k)
	s.strands.items[k].owes += int64(s.config.Costs.Fiber)
	s.seat(p, at, k, thread)
}

// seat gives a strand that has waited for a thread that thread.
func (s *Simulation) seat(p *pool, at int32, k int32, thread int32) {
	st := &s.strands.items[k]
	p.queued.Leave(s.now, st.queued)
	p.busy.Enter(s.now)
	p.mounts++
	if st.lastThread != 0 && st.lastThread != thread {
		p.remounts++
	}
	st.pool, st.thread, st.lastThread, st.mounted = at, thread, thread, s.now
	s.move(st, model.Runnable)
	s.ready.Push(k)
}

// unmount takes a strand off its thread, which turns to the strand that waits for
// just this thread, or else to whoever waits for one of the pool.
func (s *Simulation) unmount(st *strand) {
	if st.pool == noPool {
		return
	}
	at, thread := s.dismount(st)
	if next := st.next; next >= 0 {
		st.next = -1
		s.pass(at, next, thread)
		return
	}
	s.vacate(&s.pools[at], at, thread)
}

// dismount takes a strand off its thread, which the caller finds something to do for.
func (s *Simulation) dismount(st *strand) (at, thread int32) {
	at = st.pool
	p := &s.pools[at]
	p.busy.Leave(s.now, st.mounted)
	p.done++
	st.pool = noPool
	return at, st.thread
}

// vacate is what a thread does that has become free.
func (s *Simulation) vacate(p *pool, at int32, thread int32) {
	ends := p.once || p.threads > p.limit()
	if ends {
		p.threads--
	}
	switch {
	case p.queue.Len() == 0 && !ends:
		p.idlers.Push(idler{thread, s.now})
	case p.queue.Len() > 0 && !ends:
		s.mount(p, at, p.queue.Pop(), thread)
	case p.queue.Len() > 0 && p.threads < p.limit():
		s.grow(p, at, p.queue.Pop())
	}
}

// compensate adds a thread for a pinned one, where that is allowed.
func (s *Simulation) compensate(p *pool, at int32) {
	for p.compensate > 0 && p.queue.Len() > 0 && p.threads < p.limit() {
		s.grow(p, at, p.queue.Pop())
	}
}

// pin says that a strand keeps its carrier although it waits; for something that
// another strand has to do, it may be for ever.
func (s *Simulation) pin(st *strand, forOthers bool) {
	if st.pool == noPool {
		return
	}
	p := &s.pools[st.pool]
	p.pinned.Enter(s.now)
	p.pins++
	if st.waits = forOthers; forOthers {
		p.stuck++
	}
	s.compensate(p, st.pool)
	s.deadlocked(p)
}

func (s *Simulation) unpin(st *strand) {
	if st.pool == noPool {
		return
	}
	p := &s.pools[st.pool]
	p.pinned.Leave(s.now, st.stalls)
	if st.waits {
		p.stuck--
		st.waits = false
	}
}
