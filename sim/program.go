package sim

import (
	"math"
	"math/rand/v2"

	"github.com/plimsoll-dev/plimsoll/model"
)

// An opcode is what an instruction does. Those that can take time suspend the
// strand, and it goes on with the next instruction afterwards.
type opcode uint8

const (
	opCharge  opcode = iota // owes cost of CPU time
	opFlush                 // spends what it owes on the CPU
	opBegin                 // a step begins
	opCompute               // owes a draw of CPU time
	opWait                  // waits for a draw of time
	opEnd                   // a step ends
	opHop                   // goes on in another pool
	opAcquire               // waits for a slot of a resource
	opRelease               // gives it back
	opChoose                // goes on at one of several places
	opJump                  // goes on at another place
	opFork                  // starts a strand at each of several places
	opJoin                  // waits for them to end
	opReturn                // a strand ends
	opFinish                // the request is answered
)

// noPool is the pool of a strand that no thread carries; home is in its place in
// a program: the pool that the request began in.
const (
	noPool = -1
	home   = -2
)

// An instr is an instruction. keep: the strand keeps its thread while it waits,
// and pins says that this pins a carrier; otherwise it goes on in pool.
type instr struct {
	op         opcode
	keep, pins bool
	admitted   bool // opHop: no queue refuses it
	pool       int16
	step       int32
	arg        int32 // opWait, opCompute: a draw; opAcquire, opRelease: a resource; opJump: where; opChoose, opFork: a list of places
	join       int32 // opFork: where its strands are waited for
	cost       int64
}

// A program is a workload's routes, compiled for an engine.
type program struct {
	code   []instr
	routes []int32 // where each begins
	draws  []draw
	places [][]place // of opChoose and opFork
	steps  []stepName
	finish []int32 // where a route's request is answered
	end    int32   // where a branch ends that was refused
}

// A place is where a branch begins, with its probability.
type place struct {
	p  float64
	at int32
}

type stepName struct {
	op       string
	verb     model.Verb
	resource string
}

// A draw is a distribution, ready to draw from: as [model.Dist.Sample], draw for
// draw, without computing a logarithm each time.
type draw struct {
	kind   model.DistKind
	a, b   float64 // b: a lognormal's sigma, a uniform's width
	values []int64
}

func newDraw(d model.Dist, factor float64) draw {
	r := draw{kind: d.Kind, a: factor * float64(d.A)}
	switch d.Kind {
	case model.DistUniform:
		r.b = factor * float64(d.B-d.A)
	case model.DistLognormal:
		const z99 = 2.3263478740408408 // the normal's 99th percentile
		r.b = math.Log(float64(d.B)/float64(d.A)) / z99
	case model.DistEmpirical:
		for _, v := range d.Values {
			r.values = append(r.values, int64(factor*float64(v)))
		}
	}
	return r
}

// longest bounds what is drawn, so that no sum of times overflows: a year.
const longest = 365 * 24 * 3600 * 1e9

func (d *draw) from(r *rand.Rand) int64 {
	var ns float64
	switch d.kind {
	case model.DistUniform:
		ns = d.a + r.Float64()*d.b
	case model.DistExponential:
		ns = r.ExpFloat64() * d.a
	case model.DistLognormal:
		ns = d.a * math.Exp(d.b*r.NormFloat64())
	case model.DistEmpirical:
		if len(d.values) == 0 {
			return 0
		}
		return d.values[r.IntN(len(d.values))]
	default:
		ns = d.a
	}
	return int64(min(ns, longest))
}
