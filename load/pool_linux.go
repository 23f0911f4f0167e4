package load

import "github.com/plimsoll-dev/plimsoll/internal/wire"

// pool is the connections. An idle one is used before another is opened, the
// one that was used last first, so that no more are kept warm than are needed.
type pool struct {
	conns      []*conn // all
	connecting []*conn // of them, being opened
	idle       *conn   // of them, free: a stack, linked both ways

	wanted    int    // to be opened without a request for them, before the start
	unwanted  int    // of those, how many failed
	failure   error  // why
	reopen    int    // connections that may be opened at once, in place of ones that ended
	openAfter int64  // when one more may be opened, on the reactor's clock
	buf       []byte // what is read goes here first
	resp      wire.Response
}

// pump brings requests and connections together, as far as that is possible
// now. It follows every change of either.
func (c *client) pump() {
	for !c.over {
		switch {
		case c.idleUser > 0 && !c.ending && c.started():
			c.idleUser--
			c.takeNow()
		case c.waiting.head != nil && c.idle != nil:
			q, k := c.waiting.head, c.idle
			c.waiting.remove(q)
			c.takeIdle(k)
			k.send(q)
		case c.waiting.len+c.wanted > len(c.connecting) && len(c.connecting) < c.cfg.Connecting && c.mayOpen():
			c.open()
		default:
			return
		}
	}
}

func (c *client) giveBack() { c.reopen = min(c.reopen+1, c.cfg.Connecting) }

func (c *client) notConnecting(k *conn) {
	end := len(c.connecting) - 1
	last := c.connecting[end]
	c.connecting[k.pending], last.pending = last, k.pending
	c.connecting[end] = nil
	c.connecting = c.connecting[:end]
	k.pending = -1
}

func (c *client) putIdle(k *conn) {
	k.isIdle = true
	k.above, k.below = nil, c.idle
	if c.idle != nil {
		c.idle.above = k
	}
	c.idle = k
}

func (c *client) takeIdle(k *conn) {
	if k.above != nil {
		k.above.below = k.below
	} else {
		c.idle = k.below
	}
	if k.below != nil {
		k.below.above = k.above
	}
	k.isIdle, k.above, k.below = false, nil, nil
}

// closeAll ends the connections.
func (c *client) closeAll() {
	for len(c.conns) > 0 {
		c.conns[len(c.conns)-1].close()
	}
}
