package trace

import (
	"runtime"
	"sync/atomic"
)

// recorder is the one that records now; nil: nobody does.
var recorder atomic.Pointer[buffer]

// A buffer takes events from many threads without a lock: each claims a slot,
// fills it and says so.
type buffer struct {
	from    int64 // of whoever starts and takes
	until   int64
	claimed atomic.Int64 // may be more than there are slots: those were dropped
	slots   []slot
}

type slot struct {
	event  Event
	filled atomic.Bool
}

// A Recording is what was recorded in a stretch of time.
type Recording struct {
	From    int64   `json:"from"` // CLOCK_MONOTONIC, nanoseconds
	Until   int64   `json:"until"`
	Dropped int64   `json:"dropped,omitempty"` // events that there was no room for
	Events  []Event `json:"events"`            // in the order in which they ended, about
}

// On reports whether anything is recorded at the moment.
func On() bool { return recorder.Load() != nil }

// Start records the events that touch the stretch that begins now and is d
// nanoseconds long, as many as limit, until [Take]. A recording that was under
// way is lost. now is the clock of [Event]'s times. Start and Take are called by
// one goroutine at a time.
func Start(now func() int64, d int64, limit int) {
	b := &buffer{slots: make([]slot, limit)}
	b.until = now() + d
	recorder.Store(b)
	b.from = now() // whatever ends from here on is recorded
}

// Add records an event that has ended, if recording is on and the event touches
// the stretch. It allocates nothing, never waits, and may be called on any
// goroutine.
func Add(e Event) {
	b := recorder.Load()
	if b == nil || e.From >= b.until {
		return
	}
	if i := b.claimed.Add(1) - 1; i < int64(len(b.slots)) {
		s := &b.slots[i]
		s.event = e
		s.filled.Store(true)
	}
}

// Take ends the recording and returns it; nil: there was none. What had not
// ended by now is not in it.
func Take() *Recording {
	b := recorder.Swap(nil)
	if b == nil {
		return nil
	}
	claimed := b.claimed.Load()
	n := min(claimed, int64(len(b.slots)))
	r := &Recording{From: b.from, Until: b.until, Dropped: claimed - n, Events: make([]Event, 0, n)}
	for i := range n {
		s := &b.slots[i]
		for !s.filled.Load() { // its writer is between two lines of Add
			runtime.Gosched()
		}
		if s.event.To >= b.from {
			r.Events = append(r.Events, s.event)
		}
	}
	return r
}
