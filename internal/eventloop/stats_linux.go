package eventloop

import (
	"fmt"
	"log"
	"math"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/internal/fiber"
	"github.com/plimsoll-dev/plimsoll/internal/trace"
	"github.com/plimsoll-dev/plimsoll/model"
)

// account books a turn that was busy from began to ended.
func (l *Loop) account(began, ended int64) {
	l.turns.Add(1)
	if busy := ended - began; busy > 0 {
		l.busy.Add(busy)
		seconds := float64(busy) / 1e9
		lag := math.Float64frombits(l.lag.Load()) + seconds*seconds/2
		l.lag.Store(math.Float64bits(lag)) // nobody else writes it
	}
}

// Book books a slice of the loop's thread: of a fiber, or of callbacks that ran
// while events were dispatched. Only on the loop's goroutine.
func (l *Loop) Book(s *fiber.Slice) {
	l.booked = s.Ended
	kept := s.Nanos()
	if l.cfg.Contended {
		kept = s.Stalled
	}
	switch {
	case kept >= int64(l.cfg.Slow):
		l.stall(s)
	case s.Stalled > 0:
		l.stalled.Add(s.Stalled)
	}
}

// stall books a slice that was too long, and says so the first time.
func (l *Loop) stall(s *fiber.Slice) {
	l.stalled.Add(s.Nanos())
	if trace.On() {
		trace.Add(trace.Event{What: trace.Stall, Track: l.carrier.Track, Strand: s.Strand, Op: s.Op, Verb: s.Verb, From: s.Began, To: s.Ended})
	}
	if !l.cfg.Ledger.Stall(s.Op, s.Verb, s.Nanos()) {
		return
	}
	what := "a handler's own code"
	if s.Verb != 0 {
		what = fmt.Sprintf("%s %q", s.Verb, s.Op)
	}
	if s.Verb == model.Await {
		what += " never suspended, and"
	}
	log.Printf("%s: %s kept its loop from all other requests for %v (told once for each step; Stats counts them)",
		l.cfg.Engine, what, time.Duration(s.Nanos()).Round(time.Microsecond))
}

// Track is what a trace shows the loop as.
func (l *Loop) Track() trace.Track { return l.carrier.Track }

// Stats returns a snapshot.
func (l *Loop) Stats() engine.LoopStats {
	return engine.LoopStats{
		Turns: uint64(l.turns.Load()), BusyNanos: l.busy.Load(), StalledNanos: l.stalled.Load(),
		LagSeconds2: math.Float64frombits(l.lag.Load()),
	}
}
