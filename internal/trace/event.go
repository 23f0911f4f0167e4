package trace

import (
	"sync/atomic"

	"github.com/plimsoll-dev/plimsoll/model"
)

// A What says what an event is.
type What string

// What happens. A Reject happens at one moment.
const (
	Request What = "request" // from received to answered; Waited was spent in the queue
	Handler What = "handler" // the handler ran; Op is the path it was asked for
	Branch  What = "branch"  // a branch of a step ran; Op is the step
	Step    What = "step"    // Waited was spent waiting for a slot, of a hold
	Run     What = "run"     // a thread, loop or carrier ran a strand; Waited is how long that had been ready before
	Pin     What = "pin"     // a carrier could not leave its thread, which waited
	Stall   What = "stall"   // a loop was kept from its other requests for too long
	Reject  What = "reject"  // a request was refused because a queue was full
)

// A Strand is what runs one thing after another: a request, or a branch of one
// that [engine.Task.All] started beside it.
type Strand struct {
	Request uint64 `json:"r,omitempty"` // the engine's how manieth, from 1; 0: none, or not known
	Branch  uint32 `json:"b,omitempty"` // 0: the request itself
}

var branches atomic.Uint32

// NewBranch returns a strand beside s, of the same request.
func (s Strand) NewBranch() Strand { return Strand{s.Request, branches.Add(1)} }

// The kinds of a track.
const (
	Thread  = "thread"  // an OS thread; its number is the system's
	Loop    = "loop"    // an event loop
	Carrier = "carrier" // of virtual threads
	Worker  = "worker"  // one of a pool that is not bound to an OS thread
)

// A Track is what runs strands, one at a time. The zero Track is none.
type Track struct {
	Kind   string `json:"k,omitempty"`
	Name   string `json:"n,omitempty"` // of what it belongs to: a pool, say
	Number int    `json:"i,omitempty"`
}

// An Event is something that began and ended. Times are CLOCK_MONOTONIC,
// nanoseconds, as account.Now has them.
type Event struct {
	What   What       `json:"w"`
	Strand Strand     `json:"s"`
	Track  Track      `json:"t"`
	Op     string     `json:"o,omitempty"`
	Verb   model.Verb `json:"v,omitempty"` // 0: none
	From   int64      `json:"f"`
	Waited int64      `json:"q,omitempty"` // nanoseconds; see [What]
	To     int64      `json:"e"`           // equal to From: it happened at one moment
}
