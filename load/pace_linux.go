package load

import (
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/reactor"
)

const (
	sampleEvery = 50 * time.Millisecond
	stopEvery   = 2  // samples between two questions to Config.Stop
	turn        = 64 // arrivals sent before responses are looked at again
)

// arrive takes up what is due, but lets responses have their turn.
func (c *client) arrive() {
	if c.over { // ended by another timer of this turn
		return
	}
	now := reactor.Clock()
	for n := 0; n < turn && c.more && c.start+int64(c.next.At) <= now; n++ {
		a := c.next
		c.next, c.more = c.schedule.Next()
		t := c.tally(a.At)
		t.delay.Record(time.Duration(now - c.start - int64(a.At)))
		c.take(t, a)
		c.pump()
		now = reactor.Clock()
	}
	if c.more {
		c.r.Start(&c.arrival, c.start+int64(c.next.At))
	}
}

// take makes a request of an arrival, if it may be open.
func (c *client) take(t *tally, a Arrival) {
	counts := &t.routes[a.Route].Counts
	counts.Arrivals++
	if c.inflight >= c.cfg.InFlight {
		counts.Outcomes[Capped]++
		return
	}
	q := c.request()
	q.at, q.route, q.seed = a.At, a.Route, a.Seed
	c.byAge.push(q)
	c.waiting.push(q)
	if !c.expiry.Started() {
		c.r.Start(&c.expiry, c.deadline(q))
	}
}

// takeNow makes the next request of a user of the closed loop.
func (c *client) takeNow() {
	a := c.next
	c.next, c.more = c.schedule.Next()
	a.At = time.Duration(reactor.Clock() - c.start)
	c.take(c.tally(a.At), a)
}

// observe samples the state, every 50 ms on a fixed grid, and does what needs
// no better clock.
func (c *client) observe() {
	now := reactor.Clock()
	due := c.start + c.samples*int64(sampleEvery)
	late := time.Duration(now - due)
	t := c.tally(time.Duration(now - c.start))
	if c.cfg.Closed > 0 {
		t.delay.Record(late)
	}
	t.samples = append(t.samples, Sample{
		At: time.Duration(now - c.start), Late: late,
		InFlight: c.inflight, Waiting: c.waiting.len, Open: len(c.conns) - len(c.connecting), Connecting: len(c.connecting),
	})
	c.giveUpConnecting(now)
	c.handOut(now)
	c.pump()
	switch {
	case c.ctx.Err() != nil:
		c.finish(Cancelled)
	case c.cfg.Stop != nil && c.samples%stopEvery == 0 && c.cfg.Stop(c.tick(now)):
		c.finish(Stopped)
	}
	// A sample that could not be taken in its time is left out, not made up for.
	c.samples = max(c.samples+1, (now-c.start)/int64(sampleEvery)+1)
	if !c.over {
		c.r.Start(&c.sample, c.start+c.samples*int64(sampleEvery))
	}
}

func (c *client) tick(now int64) Tick {
	t := Tick{At: time.Duration(now - c.start), Counts: c.handedOut, InFlight: c.inflight}
	for _, s := range c.seconds {
		for i := range s.routes {
			t.Counts.Add(&s.routes[i].Counts)
		}
	}
	return t
}

// stages ends the last stage, and then the time to drain.
func (c *client) stages() {
	if c.ending {
		c.finish(Completed)
		return
	}
	if c.cfg.Closed == 0 && c.more {
		// Some of what was due is not taken up yet, since the client is late.
		c.r.Start(&c.last, reactor.Clock())
		return
	}
	c.ending = true
	c.offered = c.cfg.Length()
	if c.cfg.Drain < 0 {
		c.finish(Completed)
		return
	}
	c.r.Start(&c.last, c.start+int64(c.offered)+int64(c.cfg.Drain))
}

// finish ends the run; what is still in flight is unfinished.
func (c *client) finish(how End) {
	if c.over {
		return
	}
	c.over, c.end, c.ended = true, how, reactor.Clock()
	if !c.ending {
		c.ending = true
		c.offered = time.Duration(c.ended - c.start)
	}
	for q := c.byAge.head; q != nil; q = c.byAge.head {
		c.withdraw(q)
		c.settle(q, Unfinished, 0, c.ended)
	}
}
