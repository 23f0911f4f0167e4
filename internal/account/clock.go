package account

import (
	"github.com/plimsoll-dev/plimsoll/internal/trace"
	"github.com/plimsoll-dev/plimsoll/model"
)

// A Clock accounts one request's residence time: at any moment the request is
// in exactly one state, and every nanosecond between Begin and End belongs to
// one. It costs one reading of the clock per change of state. A clock belongs
// to the goroutine that runs the request and is used again for the next one.
type Clock struct {
	ledger *Ledger
	state  model.State
	at     int64 // of the latest change of state
	spent  [model.NumStates]int64

	number   uint64 // of the request, as the engine counts them
	received int64
	began    int64
}

// Begin starts a request that was received at queuedSince and taken up at
// now; the time between is [model.Queued]. From here it is [model.OnCPU].
func (c *Clock) Begin(l *Ledger, queuedSince, now int64) {
	*c = Clock{ledger: l, state: model.OnCPU, at: now, number: l.Requests.Add(1), received: min(queuedSince, now), began: now}
	c.spent[model.Queued] = now - c.received
	l.InFlight.Add(1)
	l.running.Add(1)
}

// Ledger returns where the request is accounted.
func (c *Clock) Ledger() *Ledger { return c.ledger }

// State returns the state that the request is in.
func (c *Clock) State() model.State { return c.state }

// At returns when the latest change of state was: a clock reading for free,
// right after Enter or Leave.
func (c *Clock) At() int64 { return c.at }

// Strand returns what a trace knows the request as.
func (c *Clock) Strand() trace.Strand { return trace.Strand{Request: c.number} }

// Began returns when the request was taken up.
func (c *Clock) Began() int64 { return c.began }

// Enter moves the request into state s and returns the one it was in, for
// Leave.
func (c *Clock) Enter(s model.State) (prev model.State) {
	now := Now()
	prev = c.state
	c.spent[prev] += now - c.at
	c.at = now
	c.state = s
	switch {
	case prev == s:
	case prev == model.OnCPU:
		c.ledger.running.Add(-1)
	case s == model.OnCPU:
		c.ledger.running.Add(1)
	}
	return prev
}

// Leave moves the request back into the state that Enter returned.
func (c *Clock) Leave(prev model.State) { c.Enter(prev) }

// Resumed says that the request, which waited in the state it is in, could go
// on from ready and did from now: the time between is [model.Runnable].
func (c *Clock) Resumed(ready, now int64) { c.waited(model.Runnable, ready, now) }

// Dequeued is Resumed for a request that waited for a thread of a pool: that is
// [model.Queued], and no lack of CPU time.
func (c *Clock) Dequeued(ready, now int64) { c.waited(model.Queued, ready, now) }

func (c *Clock) waited(s model.State, ready, now int64) {
	ready = max(c.at, min(ready, now))
	now = max(now, ready) // of another reading of the clock, a moment apart
	c.spent[c.state] += ready - c.at
	c.spent[s] += now - ready
	c.at = now
}

// OnCPU returns how long the request has been [model.OnCPU] so far.
func (c *Clock) OnCPU() int64 {
	c.Enter(c.state)
	return c.spent[model.OnCPU]
}

// Used says that of the time [model.OnCPU] since OnCPU returned before, the
// request used cpu nanoseconds of a CPU: the rest was spent [model.Runnable].
func (c *Clock) Used(before, cpu int64) {
	if wait := c.OnCPU() - before - cpu; wait > 0 {
		c.spent[model.OnCPU] -= wait
		c.spent[model.Runnable] += wait
	}
}

// End ends the request and adds its times to the ledger at once. cpu is the
// CPU time that it used, in nanoseconds, if that was measured: what was spent
// OnCPU beyond it was spent [model.Runnable]. A negative cpu says that nobody
// knows, and leaves OnCPU as it is.
func (c *Clock) End(cpu int64) {
	c.Enter(model.Runnable) // which leaves the running, and adds the last stretch
	if wait := c.spent[model.OnCPU] - cpu; cpu >= 0 && wait > 0 {
		c.spent[model.OnCPU] = cpu
		c.spent[model.Runnable] += wait
	}
	for s, ns := range c.spent {
		if ns != 0 {
			c.ledger.residence[s].Add(ns)
		}
	}
	c.ledger.InFlight.Add(-1)
	if trace.On() {
		trace.Add(trace.Event{What: trace.Request, Strand: c.Strand(), From: c.received, Waited: c.began - c.received, To: c.at})
	}
}
