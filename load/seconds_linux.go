package load

import "time"

// tally returns the second that a time since the start is in, which must not
// be one that was handed out.
func (c *client) tally(at time.Duration) *tally {
	first := c.handed
	i := int(at/time.Second) - first
	for len(c.seconds) <= i {
		c.seconds = append(c.seconds, c.newSecond(first+len(c.seconds)))
	}
	return c.seconds[i]
}

func (c *client) newSecond(index int) *tally {
	var t *tally
	select {
	case t = <-c.out.free:
	default:
		t = newTally(len(c.cfg.Routes))
	}
	t.index = index
	return t
}

// handOut passes on the seconds to which nothing can be added any more.
func (c *client) handOut(now int64) {
	for len(c.seconds) > 0 {
		until := time.Duration(c.handed+1) * time.Second
		if now-c.start < int64(until) ||
			c.byAge.head != nil && c.byAge.head.at < until ||
			c.cfg.Closed == 0 && c.more && c.next.At < until {
			return
		}
		c.pass()
	}
}

// pass hands out the oldest second.
func (c *client) pass() {
	t := c.seconds[0]
	for i := range t.routes {
		c.handedOut.Add(&t.routes[i].Counts)
	}
	c.seconds = append(c.seconds[:0], c.seconds[1:]...)
	c.handed++
	c.out.in <- t
}

// flush hands out what is left at the end.
func (c *client) flush() {
	for len(c.seconds) > 0 {
		c.pass()
	}
}
