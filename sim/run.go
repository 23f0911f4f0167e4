package sim

import (
	"math/rand/v2"

	"github.com/plimsoll-dev/plimsoll/model"
)

func (s *Simulation) newStrand(request, pc int32) int32 {
	k := s.strands.take()
	st := &s.strands.items[k]
	held, forks := st.held[:0], st.forks[:0]
	*st = strand{pc: pc, request: request, parent: -1, next: -1, instance: s.requests.items[request].instance, pool: noPool, held: held, forks: forks}
	return k
}

func (s *Simulation) freeStrand(k int32) { s.strands.free = append(s.strands.free, k) }

// move puts a request into a state. Its residence time is that of its first
// strand: what branches do beside it is not added to it.
func (s *Simulation) move(st *strand, to model.State) {
	if st.parent < 0 {
		s.enter(&s.requests.items[st.request], to)
	}
}

func (s *Simulation) enter(r *request, to model.State) {
	r.spent[r.state] += s.now - r.in
	r.state, r.in = to, s.now
}

// advance lets a strand run until it waits. It has a thread, and the CPU time
// that it needs between two instructions is what it owes until it is flushed.
func (s *Simulation) advance(k int32) {
	st := &s.strands.items[k]
	if st.left > 0 { // it gave way in the middle of a burst
		s.run(k, st.left+s.owed(st))
		return
	}
	for {
		in := &s.code[st.pc]
		st.pc++
		switch in.op {
		case opCharge:
			st.owes += in.cost
		case opFlush:
			if ns := s.owed(st); ns > 0 {
				s.run(k, ns)
				return
			}
		case opBegin:
			st.began = s.now
		case opCompute:
			s.cursor.of = &st.rng
			st.owes += s.draws[in.arg].from(s.rng)
			st.stalls = s.now
		case opWait:
			s.waitFor(k, in)
			return
		case opEnd:
			s.endStep(st, in.step, st.began)
		case opHop:
			if !s.hop(k, in) {
				return
			}
		case opAcquire:
			if !s.acquire(k, in) {
				return
			}
		case opRelease:
			h := st.held[len(st.held)-1]
			st.held = st.held[:len(st.held)-1]
			s.service.steps[in.step].add(s.now - h.asked)
			s.release(h)
			st = &s.strands.items[k]
		case opChoose:
			st.pc = s.choose(st, in)
		case opJump:
			st.pc = in.arg
		case opFork:
			if !s.fork(k, in) {
				return
			}
			st = &s.strands.items[k]
		case opJoin:
			if !s.join(k, in) {
				return
			}
		case opReturn:
			s.returns(k)
			return
		case opFinish:
			request := st.request
			s.unmount(st)
			s.freeStrand(k)
			s.respond(request)
			return
		}
	}
}

// owed takes what a strand owes in CPU time.
func (s *Simulation) owed(st *strand) int64 {
	ns := st.owes
	st.owes = 0
	return ns
}

// waitStates are by verb.
var waitStates = [...]model.State{model.Await: model.Awaiting, model.Call: model.Calling, model.Compute: model.OnCPU, model.Block: model.Blocked}

// waitFor waits for an upstream, or in something opaque. From an upstream's
// latency a second number is drawn, as the synthetic service does, which chooses
// one of its processes.
func (s *Simulation) waitFor(k int32, in *instr) {
	st := &s.strands.items[k]
	verb := s.steps[in.step].verb
	s.cursor.of = &st.rng
	ns := s.draws[in.arg].from(s.rng)
	if verb != model.Block {
		st.rng.Uint64()
		s.service.upstream.Enter(s.now)
	}
	s.move(st, waitStates[verb])
	st.asked = s.now
	s.events.Schedule(s.now+ns, evWoken, k)
	s.suspend(st, in, false)
}

// suspend has a strand keep its thread while it waits, or give it back.
func (s *Simulation) suspend(st *strand, in *instr, forOthers bool) {
	st.stalls = s.now
	switch {
	case !in.keep:
		s.unmount(st)
	case in.pins:
		s.pin(st, forOthers)
	}
}

// resume has a strand go on whose wait is over.
func (s *Simulation) resume(k int32, in *instr) {
	st := &s.strands.items[k]
	if in.keep {
		s.stalled(st, in)
		s.move(st, model.Runnable)
		s.ready.Push(k)
		return
	}
	s.enqueue(k, s.poolOf(st, in.pool), true)
}

// poolOf returns the pool of a strand's instance that an instruction names.
func (s *Simulation) poolOf(st *strand, pool int16) int32 {
	if pool == home {
		return s.requests.items[st.request].home
	}
	return st.instance*int32(len(s.engine.pools)) + int32(pool)
}

func (s *Simulation) woken(k int32) {
	st := &s.strands.items[k]
	in := &s.code[st.pc-1]
	if s.steps[in.step].verb != model.Block {
		s.service.upstream.Leave(s.now, st.asked)
	}
	s.resume(k, in)
}

// hop has a strand go on in another pool; it reports whether it has done so
// already.
func (s *Simulation) hop(k int32, in *instr) bool {
	st := &s.strands.items[k]
	to := s.poolOf(st, in.pool)
	if st.pool == to {
		return true
	}
	s.unmount(st)
	if !s.enqueue(k, to, in.admitted) {
		s.refuse(k)
	}
	return false
}

// endStep counts a step, and what it kept others from.
func (s *Simulation) endStep(st *strand, step int32, began int64) {
	s.service.steps[step].add(s.now - began)
	if s.steps[step].verb == model.Compute && st.pool != noPool && s.pools[st.pool].loop {
		s.kept(&s.pools[st.pool], step, s.now-st.stalls)
	}
}

// stalled is the end of a wait in which a strand kept its thread.
func (s *Simulation) stalled(st *strand, in *instr) {
	if st.pool == noPool {
		return
	}
	p := &s.pools[st.pool]
	if in.pins {
		s.unpin(st)
		s.kept(p, in.step, s.now-st.stalls)
	} else if p.loop {
		s.kept(p, in.step, s.now-st.stalls)
	}
}

// kept counts a time in which a thread was kept from others.
func (s *Simulation) kept(p *pool, step int32, ns int64) {
	p.stalled += ns
	if ns >= int64(p.slow) {
		s.service.stalls[step].add(ns)
	}
}

func (s *Simulation) choose(st *strand, in *instr) int32 {
	s.cursor.of = &st.rng
	places := s.places[in.arg]
	p := s.rng.Float64()
	for _, to := range places {
		if p -= to.p; p < 0 {
			return to.at
		}
	}
	return places[len(places)-1].at // the probabilities add up to 1 but for rounding
}

// fork starts the branches of a parallel beside the strand, which runs the first
// itself; it reports whether it goes on with that at once.
func (s *Simulation) fork(k int32, in *instr) bool {
	places := s.places[in.arg]
	st := &s.strands.items[k]
	request, began := st.request, st.began
	st.children += int32(len(places))
	// Every branch has numbers of its own, drawn before any of them begins.
	first := rand.NewPCG(st.rng.Uint64(), 0)
	lead, last := int32(-1), int32(-1) // of those that are chained
	for i, to := range places {
		b := s.newStrand(request, to.at) // which may move all strands
		branch := &s.strands.items[b]
		branch.parent = k
		branch.rng = *rand.NewPCG(s.strands.items[k].rng.Uint64(), uint64(i+1))
		switch {
		case !s.engine.chained:
			s.enqueue(b, s.poolOf(branch, s.engine.branches), true)
		case last < 0:
			lead = b
		default:
			s.strands.items[last].next = b
		}
		last = b
	}
	st = &s.strands.items[k]
	st.forks = append(st.forks, fork{join: in.join, held: len(st.held), began: began, rng: st.rng})
	st.rng = *first
	if lead < 0 {
		return true
	}
	s.strands.items[last].next = k
	s.move(st, model.Runnable)
	at, thread := s.dismount(st)
	s.pass(at, lead, thread)
	return false
}

// join waits for the branches; it reports whether they have all ended.
func (s *Simulation) join(k int32, in *instr) bool {
	st := &s.strands.items[k]
	if st.children > 0 {
		st.joining = true
		s.move(st, model.Awaiting)
		s.suspend(st, in, true)
		return false
	}
	return s.joined(k)
}

// joined goes on behind a parallel, unless a branch was refused.
func (s *Simulation) joined(k int32) bool {
	st := &s.strands.items[k]
	f := &st.forks[len(st.forks)-1]
	st.began, st.rng = f.began, f.rng
	st.forks = st.forks[:len(st.forks)-1]
	if s.requests.items[st.request].failed {
		s.unmount(st)
		s.refuse(k)
		return false
	}
	return true
}

// returns is the end of a branch.
func (s *Simulation) returns(k int32) {
	st := &s.strands.items[k]
	parent := st.parent
	s.unmount(st)
	s.freeStrand(k)
	p := &s.strands.items[parent]
	if p.children--; p.children == 0 && p.joining {
		p.joining = false
		p.pc-- // to find the join done
		s.resume(parent, &s.code[p.pc])
	}
}

// refuse unwinds a strand whose step no worker takes: what it holds is given
// back, and its request is answered 503.
func (s *Simulation) refuse(k int32) {
	st := &s.strands.items[k]
	if r := &s.requests.items[st.request]; !r.failed {
		r.failed = true
		s.instances[r.instance].rejected++
	}
	keep, to := 0, s.finish[s.requests.items[st.request].route]
	if n := len(st.forks); n > 0 {
		keep, to = st.forks[n-1].held, st.forks[n-1].join
	} else if st.parent >= 0 {
		to = s.end
	}
	st.pc = to
	st.owes = 0
	for len(s.strands.items[k].held) > keep {
		st := &s.strands.items[k]
		h := st.held[len(st.held)-1]
		st.held = st.held[:len(st.held)-1]
		s.release(h)
	}
	s.enqueue(k, s.poolOf(&s.strands.items[k], s.engine.answers), true)
}
