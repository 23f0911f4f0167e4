// Package account is how engines account for what they do. A [Ledger] holds
// an engine's gauges, counters and totals; a [Clock] follows one request
// through its states and enters the times into the ledger when it ends.
//
// The order for a request: [Clock.Begin], any number of [Clock.Enter] and
// [Clock.Leave], [Clock.End]; [Ledger.Op] for each named step. Begin and End
// keep Requests and InFlight; everything else that stands in [engine.Stats]
// the engine keeps itself, on the exported fields.
package account

import (
	"sync/atomic"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/internal/trace"
	"github.com/plimsoll-dev/plimsoll/model"
)

// A Ledger is an engine's account, see [engine.Stats] for the meaning of its
// fields. The zero value is ready. All methods may be called concurrently.
type Ledger struct {
	Threads, Busy, Queued, InFlight, Connections    atomic.Int64
	Accepted, Requests, Responses, Rejected, Panics atomic.Uint64

	running   atomic.Int64
	residence [model.NumStates]atomic.Int64

	ops, stalls totals
}

// Op adds a step of the given name that took so many nanoseconds. It
// allocates nothing for an op that it knows.
func (l *Ledger) Op(op string, verb model.Verb, nanos int64) { l.ops.add(op, verb, nanos) }

// Handler is the op that stands for a handler's own code, outside of any step.
const Handler = "(handler)"

// Stall adds a step that kept a loop from its other requests, or pinned a
// carrier, for so many nanoseconds. A verb of 0 is [Handler]'s. It reports
// whether the step is a new one.
func (l *Ledger) Stall(op string, verb model.Verb, nanos int64) (first bool) {
	if verb == 0 {
		op = Handler
	}
	return l.stalls.add(op, verb, nanos)
}

// Reject counts a request that is refused because a queue is full.
func (l *Ledger) Reject() {
	l.Rejected.Add(1)
	if trace.On() {
		now := Now()
		trace.Add(trace.Event{What: trace.Reject, From: now, To: now})
	}
}

// Running returns how many requests are [model.OnCPU] now, whether a CPU
// really runs them or they wait for one.
func (l *Ledger) Running() int { return int(l.running.Load()) }

// Snapshot returns the account as it stands. Every figure is right by itself;
// Responses is read before Requests, so it is never the larger.
func (l *Ledger) Snapshot() engine.Stats {
	s := engine.Stats{
		Threads:     int(l.Threads.Load()),
		Busy:        int(l.Busy.Load()),
		Queued:      int(l.Queued.Load()),
		InFlight:    int(l.InFlight.Load()),
		Connections: int(l.Connections.Load()),
		Responses:   l.Responses.Load(),
		Rejected:    l.Rejected.Load(),
		Panics:      l.Panics.Load(),
		Requests:    l.Requests.Load(),
		Accepted:    l.Accepted.Load(),
	}
	for i := range l.residence {
		s.Residence[i] = l.residence[i].Load()
	}
	for _, row := range l.ops.all() {
		s.Ops = append(s.Ops, engine.OpStats{Op: row.op, Verb: row.verb.String(), Count: row.count.Load(), Nanos: row.nanos.Load()})
	}
	for _, row := range l.stalls.all() {
		stall := engine.StallStats{Op: row.op, Verb: row.verb.String(), Count: row.count.Load(), Nanos: row.nanos.Load(), Max: row.max.Load()}
		if row.verb == 0 {
			stall.Verb = ""
		}
		s.Stalls = append(s.Stalls, stall)
	}
	return s
}
