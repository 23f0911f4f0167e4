package fiber

import (
	"github.com/plimsoll-dev/plimsoll/internal/coro"
	"github.com/plimsoll-dev/plimsoll/internal/trace"
	"github.com/plimsoll-dev/plimsoll/model"
)

// A Carrier is a thread that runs fibers, one at a time.
type Carrier struct {
	// Track is what a trace shows the carrier as; the zero Track: it does not.
	Track trace.Track
	// Local is for the scheduler, which nothing here touches.
	Local any
	// Pooled says that the carrier is a thread of a pool, and fibers queue for
	// one: that they waited for it is accounted so, and not as a lack of CPU time.
	Pooled bool

	// Queue, if not nil, lets a fiber that has ended hand its stack on.
	Queue Queue

	last Slice
}

// A Queue is what a carrier is going to run. A fiber that has just ended asks
// for it, on the carrier's thread.
type Queue interface {
	// Next takes the first fiber out of the queue if it is [Fiber.Fresh], and
	// returns nil otherwise.
	Next() *Fiber
	// Book is told of the slice that has ended if Next returned a fiber: Run
	// returns the last one only.
	Book(*Slice)
}

// A Slice is the time from giving a fiber control until it gave it back,
// during which its carrier can do nothing else.
type Slice struct {
	Ready        int64 // since when the fiber could run; account.Now's clock, as the others
	Began, Ended int64

	// Op and Verb are the step in which most of it was spent, and OpNanos how
	// much: in the step itself, without those inside it. Verb is 0 outside of
	// any step.
	Op      string
	Verb    model.Verb
	OpNanos int64
	// Stalled is what was spent in steps other than await, nanoseconds.
	Stalled int64
	// Strand is the last that the fiber ran; the zero Strand: none that a trace
	// knows.
	Strand trace.Strand
}

// Nanos returns how long the slice was.
func (s *Slice) Nanos() int64 { return s.Ended - s.Began }

// Run runs a fiber that is ready until it waits, yields or ends. now is the
// time; the end of the last slice will do. The result is valid until the next
// Run. Ready is called, on this thread, if there is more to run at once.
func (c *Carrier) Run(f *Fiber, now int64) *Slice {
	f.carrier = c
	if f.co == nil {
		f.co = coro.New()
	}
	if !f.begun {
		f.begun = true
		f.co.Start(f.main)
	}
	switch {
	case f.clock == nil:
	case c.Pooled:
		f.clock.Dequeued(f.readyAt, now)
	default:
		f.clock.Resumed(f.readyAt, now)
	}
	f.slice.begin(f.readyAt, now)
	f.slice.strand = f.strand
	status := f.co.Resume()
	c.record()
	switch status {
	case coro.Parked: // somebody else may run it by now
	case coro.Ready:
		f.readyAt = c.last.Ended
		f.group.scheduler.Ready(f)
	case coro.Finished:
		if p := f.co.Failure(); p != nil {
			panic(p) // as if it were a goroutine: whoever runs handlers recovers theirs
		}
		f.group.put(f)
	case coro.Gone:
		f.group.lose(f)
	}
	return &c.last
}

// record puts the slice that has ended into a trace.
func (c *Carrier) record() {
	if trace.On() && c.Track != (trace.Track{}) {
		s := &c.last
		trace.Add(trace.Event{What: trace.Run, Track: c.Track, Strand: s.Strand, From: s.Began, Waited: max(0, s.Began-s.Ready), To: s.Ended})
	}
}
