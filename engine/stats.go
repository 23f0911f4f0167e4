package engine

import "github.com/plimsoll-dev/plimsoll/model"

// Stats is what an engine knows about itself. Counters only grow.
type Stats struct {
	// Gauges.
	Threads     int `json:"threads"`     // OS threads or workers that can serve a request, now
	Busy        int `json:"busy"`        // of them, serving one
	Queued      int `json:"queued"`      // requests received that wait for one
	InFlight    int `json:"in_flight"`   // requests between first byte received and last byte written, without Queued
	Connections int `json:"connections"` // connections accepted and open

	// Counters.
	Accepted  uint64 `json:"accepted"`  // connections
	Requests  uint64 `json:"requests"`  // requests begun
	Responses uint64 `json:"responses"` // responses completely written
	Rejected  uint64 `json:"rejected"`  // requests refused because a queue was full
	Panics    uint64 `json:"panics"`    // handlers that panicked

	// Residence is the time that requests spent in each state, nanoseconds,
	// counted when a request ends.
	Residence [model.NumStates]int64 `json:"residence"`
	// Ops are totals by step name, in the order of first use.
	Ops []OpStats `json:"ops,omitempty"`

	// Pools are the engine's own bounded sets of workers beside Threads, Loops
	// its event loops; each in an order that does not change.
	Pools []PoolStats `json:"pools,omitempty"`
	Loops []LoopStats `json:"loops,omitempty"`
	// Deadlocks are those that were found, in their order, up to a hundred.
	Deadlocks []Deadlock `json:"deadlocks,omitempty"`
	// Stalls are totals by step name of what kept a loop from its other
	// requests, or pinned a carrier, in the order of first use.
	Stalls []StallStats `json:"stalls,omitempty"`
}

// OpStats are the totals of one named step.
type OpStats struct {
	Op    string `json:"op"`
	Verb  string `json:"verb"`
	Count uint64 `json:"count"`
	Nanos int64  `json:"nanos"` // wall time inside it, inner steps included
}

// Names of pools.
const (
	PoolCarriers = "carriers"         // threads that virtual threads are mounted on
	PoolExecutor = "executor"         // threads that run continuations
	PoolCPU      = "cpu-workers"      // threads beside loops that compute
	PoolBlocking = "blocking-workers" // threads beside loops that call and block
)

// PoolStats are the account of a set of workers.
type PoolStats struct {
	Name    string `json:"name"`    // one of the names above
	Size    int    `json:"size"`    // workers there may be, at most
	Threads int    `json:"threads"` // workers there are now
	Busy    int    `json:"busy"`    // of them, working now
	Pinned  int    `json:"pinned"`  // of the busy, pinned now by something that waits
	Queued  int    `json:"queued"`  // tasks that wait for a worker now

	// BusyNanos, PinnedNanos and QueuedNanos are the integrals of the three
	// over time: their growth over a stretch, divided by it, is the mean.
	BusyNanos   int64  `json:"busy_nanos"`
	PinnedNanos int64  `json:"pinned_nanos"`
	QueuedNanos int64  `json:"queued_nanos"`
	Done        uint64 `json:"done"`     // tasks done
	Rejected    uint64 `json:"rejected"` // tasks refused because the queue was full

	// Of carriers only.
	Mounts   uint64 `json:"mounts,omitempty"`   // of a virtual thread on a carrier
	Remounts uint64 `json:"remounts,omitempty"` // of them, on another carrier than before
	Pins     uint64 `json:"pins,omitempty"`
}

// A Deadlock is that every carrier is pinned by a virtual thread that waits for
// another one, which has no carrier to run on.
type Deadlock struct {
	At     int64        `json:"at"`     // CLOCK_MONOTONIC, nanoseconds
	Waits  []PinnedWait `json:"waits"`  // one of each carrier
	Queued int          `json:"queued"` // virtual threads that wait for a carrier
}

// A PinnedWait is what a pinned virtual thread waits for.
type PinnedWait struct {
	Op       string `json:"op"`
	Verb     string `json:"verb"`
	Resource string `json:"resource,omitempty"` // of which it waits for a slot
}

// LoopStats are the account of an event loop.
type LoopStats struct {
	Turns uint64 `json:"turns"`
	// BusyNanos is the time in which the loop did not wait for events: its
	// growth over a stretch, divided by it, is the loop's utilisation.
	BusyNanos int64 `json:"busy_nanos"`
	// StalledNanos is the part of it spent inside calls, computations and
	// blocking steps, and in whatever else kept it above the engine's
	// threshold, which no other request of the loop can interrupt.
	StalledNanos int64 `json:"stalled_nanos"`
	// LagSeconds2 is half of the sum of the squares of the busy turns, in
	// s²: its growth over a stretch, divided by it, is the mean time that an
	// event arriving at a random moment waits for the loop.
	LagSeconds2 float64 `json:"lag_seconds2"`
}

// StallStats are the totals of a step that ran where it keeps others waiting:
// on an event loop, or pinning a carrier.
type StallStats struct {
	Op    string `json:"op"`
	Verb  string `json:"verb"`
	Count uint64 `json:"count"` // above the engine's threshold
	Nanos int64  `json:"nanos"` // of those
	Max   int64  `json:"max"`   // nanoseconds, the longest
}
