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
	"slices"
	"sync"
	"sync/atomic"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/model"
)

// A Ledger is an engine's account, see [engine.Stats] for the meaning of its
// fields. The zero value is ready. All methods may be called concurrently.
type Ledger struct {
	Threads, Busy, Queued, InFlight, Connections    atomic.Int64
	Accepted, Requests, Responses, Rejected, Panics atomic.Uint64

	running   atomic.Int64
	residence [model.NumStates]atomic.Int64

	// ops is replaced, never changed, so that it is read without a lock.
	ops atomic.Pointer[opTable]
	mu  sync.Mutex // guards the replacing of ops
}

type opKey struct {
	op   string
	verb model.Verb
}

type opTotal struct {
	opKey
	count atomic.Uint64
	nanos atomic.Int64
}

type opTable struct {
	rows  []*opTotal // in the order of first use
	index map[opKey]*opTotal
}

const (
	// maxOps bounds the table: an op that carries an identifier would grow it
	// for ever. What comes after is added up under OtherOps.
	maxOps = 1000
	// OtherOps is the op that stands for those past the first thousand.
	OtherOps = "(other)"
)

// Op adds a step of the given name that took so many nanoseconds. It
// allocates nothing for an op that it knows.
func (l *Ledger) Op(op string, verb model.Verb, nanos int64) {
	key := opKey{op, verb}
	var total *opTotal
	if t := l.ops.Load(); t != nil {
		total = t.index[key]
	}
	if total == nil {
		total = l.newOp(key)
	}
	total.count.Add(1)
	total.nanos.Add(nanos)
}

func (l *Ledger) newOp(key opKey) *opTotal {
	l.mu.Lock()
	defer l.mu.Unlock()
	old := l.ops.Load()
	if old == nil {
		old = &opTable{}
	}
	if total := old.index[key]; total != nil {
		return total
	}
	if len(old.rows) >= maxOps {
		key.op = OtherOps
		if total := old.index[key]; total != nil {
			return total
		}
	}
	total := &opTotal{opKey: key}
	table := &opTable{rows: append(slices.Clone(old.rows), total), index: map[opKey]*opTotal{}}
	for _, row := range table.rows {
		table.index[row.opKey] = row
	}
	l.ops.Store(table)
	return total
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
	if t := l.ops.Load(); t != nil {
		s.Ops = make([]engine.OpStats, len(t.rows))
		for i, row := range t.rows {
			s.Ops[i] = engine.OpStats{Op: row.op, Verb: row.verb.String(), Count: row.count.Load(), Nanos: row.nanos.Load()}
		}
	}
	return s
}
