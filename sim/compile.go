package sim

import (
	"slices"

	"github.com/plimsoll-dev/plimsoll/model"
)

// A compiler turns steps into instructions, the way of one engine.
type compiler struct {
	program
	config *Config
	engine *engine
}

// compile makes the program of a workload under an engine.
func compile(c *Config, e *engine) program {
	x := &compiler{config: c, engine: e}
	costs := &c.Costs
	for _, r := range c.Workload.Routes {
		x.routes = append(x.routes, int32(len(x.code)))
		x.charge(int64(costs.Request) / 2)
		x.sequence(r.Steps, false)
		x.finish = append(x.finish, int32(len(x.code)))
		x.emit(instr{op: opFlush})
		x.emit(instr{op: opHop, pool: e.answers, admitted: true})
		x.charge(int64(costs.Request) - int64(costs.Request)/2)
		x.emit(instr{op: opFlush})
		x.emit(instr{op: opFinish})
	}
	x.end = x.emit(instr{op: opReturn})
	return x.program
}

func (x *compiler) emit(i instr) int32 {
	x.code = append(x.code, i)
	return int32(len(x.code)) - 1
}

func (x *compiler) charge(ns int64) {
	if ns > 0 {
		x.emit(instr{op: opCharge, cost: ns})
	}
}

func (x *compiler) hop(pool int16) {
	x.emit(instr{op: opFlush})
	x.emit(instr{op: opHop, pool: pool})
}

// sequence compiles steps; monitored: inside a monitor that pins its carrier.
func (x *compiler) sequence(steps []model.Step, monitored bool) {
	for i := range steps {
		s := &steps[i]
		switch s.Verb {
		case model.Await, model.Call, model.Block, model.Compute:
			x.spend(s, monitored)
		case model.Hold:
			x.hold(s, monitored)
		case model.Choice:
			x.choice(s, monitored)
		case model.Parallel:
			x.parallel(s, monitored)
		}
	}
}

// spend compiles a step that takes time. Half of what an exchange with an
// upstream costs is paid before the wait, and half after.
func (x *compiler) spend(s *model.Step, monitored bool) {
	w := x.engine.verbs[s.Verb]
	exchange := int64(x.config.Costs.Exchange)
	if monitored {
		w = waiting{keep: true, pins: s.Verb != model.Compute}
	}
	at := x.step(s.Op, s.Verb, "")
	x.emit(instr{op: opBegin, step: at})
	if w.hops {
		x.hop(w.pool)
	}
	switch s.Verb {
	case model.Compute:
		share := 1.0
		if x.config.Compute > 0 {
			share = x.config.Compute
		}
		x.emit(instr{op: opCompute, arg: x.draw(s.Time, share/x.config.Costs.Speed), step: at})
	case model.Block:
		x.emit(instr{op: opFlush})
		x.emit(instr{op: opWait, keep: w.keep, pins: w.pins, pool: w.resume, arg: x.draw(s.Time, 1), step: at})
	default:
		x.charge(exchange / 2)
		x.emit(instr{op: opFlush})
		x.emit(instr{op: opWait, keep: w.keep, pins: w.pins, pool: w.resume, arg: x.draw(x.config.Workload.Upstream(s.Upstream).Latency, 1), step: at})
		if w.hops {
			x.charge(exchange - exchange/2)
		}
	}
	if s.Verb == model.Compute || w.hops {
		x.emit(instr{op: opFlush})
	}
	x.emit(instr{op: opEnd, step: at})
	if s.Verb == model.Await || s.Verb == model.Call && !w.hops {
		// The answer is read together with what comes next, in one burst.
		x.charge(exchange - exchange/2)
	}
	if w.hops {
		x.hop(w.back)
	} else if w.then != noPool && !w.keep {
		x.hop(w.then)
	}
}

func (x *compiler) hold(s *model.Step, monitored bool) {
	at := slices.IndexFunc(x.config.Workload.Resources, func(r model.Resource) bool { return r.Name == s.Resource })
	pins := x.engine.monitorsPin && x.config.Workload.Resources[at].Monitor
	w := x.engine.parks
	if pins || monitored {
		w = waiting{keep: true, pins: true}
	}
	step := x.step(s.Op, model.Hold, s.Resource)
	x.emit(instr{op: opFlush})
	x.emit(instr{op: opAcquire, keep: w.keep, pins: w.pins, pool: w.resume, arg: int32(at), step: step})
	x.sequence(s.Steps, monitored || pins)
	x.emit(instr{op: opFlush})
	x.emit(instr{op: opRelease, arg: int32(at), step: step})
}

// choice lays its branches out one after the other, each but the last with a jump
// to the end.
func (x *compiler) choice(s *model.Step, monitored bool) {
	choose := x.emit(instr{op: opChoose})
	var places []place
	var jumps []int32
	for i, b := range s.Branches {
		places = append(places, place{b.P, int32(len(x.code))})
		x.sequence(b.Steps, monitored)
		if i < len(s.Branches)-1 {
			jumps = append(jumps, x.emit(instr{op: opJump}))
		}
	}
	x.list(choose, places)
	for _, j := range jumps {
		x.code[j].arg = int32(len(x.code))
	}
}

// parallel has its first branch run by the strand that forks, as the engines have
// it; the others' code stands behind the join.
func (x *compiler) parallel(s *model.Step, monitored bool) {
	w := x.engine.parks
	if monitored {
		w = waiting{keep: true, pins: true}
	}
	step := x.step(s.Op, model.Parallel, "")
	x.emit(instr{op: opBegin, step: step})
	x.emit(instr{op: opFlush})
	fork := x.emit(instr{op: opFork})
	x.sequence(s.Branches[0].Steps, monitored)
	x.emit(instr{op: opFlush})
	x.code[fork].join = x.emit(instr{op: opJoin, keep: w.keep, pins: w.pins, pool: w.resume, step: step})
	x.emit(instr{op: opEnd, step: step})
	jump := x.emit(instr{op: opJump})
	var places []place
	for _, b := range s.Branches[1:] {
		places = append(places, place{at: int32(len(x.code))})
		x.sequence(b.Steps, false) // a thread of its own is in no monitor
		x.emit(instr{op: opFlush})
		x.emit(instr{op: opReturn})
	}
	x.list(fork, places)
	x.code[jump].arg = int32(len(x.code))
}

func (x *compiler) list(at int32, places []place) {
	x.code[at].arg = int32(len(x.places))
	x.places = append(x.places, places)
}

func (x *compiler) draw(d model.Dist, factor float64) int32 {
	x.draws = append(x.draws, newDraw(d, factor))
	return int32(len(x.draws)) - 1
}

// step returns the number of a named step; those of one name and verb are one.
func (x *compiler) step(op string, verb model.Verb, resource string) int32 {
	name := stepName{op, verb, resource}
	at := slices.Index(x.steps, name)
	if at < 0 {
		at = len(x.steps)
		x.steps = append(x.steps, name)
	}
	return int32(at)
}
