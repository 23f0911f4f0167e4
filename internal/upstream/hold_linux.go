package upstream

import (
	"fmt"

	"github.com/plimsoll-dev/plimsoll/internal/reactor"
	"github.com/plimsoll-dev/plimsoll/internal/wire"
)

// name is one of the systems that the server stands in for.
type name struct {
	account     *account
	capacity    int // 0: no limit
	held        int // requests that have their capacity
	first, last *conn
}

// begin takes a request in, or refuses it.
func (c *conn) begin(r *wire.Request) {
	c.after = persistenceAfter(r)
	text, hold, problem := parse(r)
	var n *name
	if problem == "" {
		n, problem = c.server.nameOf(text)
	}
	if problem != "" {
		c.reject(r, problem)
		return
	}
	c.name, c.hold = n, hold
	now := c.server.accounts.begin(n.account)
	if n.capacity > 0 && n.held >= n.capacity {
		c.enqueue()
		return
	}
	n.held++
	c.state = holding
	c.due = now + int64(hold)
	if hold == 0 {
		c.answer()
		return
	}
	c.server.reactor.Start(&c.timer, c.due)
}

// reject answers a request that is HTTP, but not for this server.
func (c *conn) reject(r *wire.Request, problem string) {
	c.server.accounts.refused()
	if r.Framing != wire.NoBody {
		c.after = closes // nobody reads the body
	}
	body := "upstream: " + problem + "\n"
	p := response(400, c.after, body)
	if string(r.Method) == "HEAD" {
		p = p[:len(p)-len(body)]
	}
	c.send(p)
}

func (s *Server) nameOf(text []byte) (n *name, problem string) {
	if n := s.names[string(text)]; n != nil {
		return n, ""
	}
	if len(s.names) >= maxNames {
		return nil, fmt.Sprintf("too many names: use at most %d different ones with one server", maxNames)
	}
	n = &name{account: s.accounts.open(string(text)), capacity: s.opts.Capacity[string(text)]}
	s.names[string(text)] = n
	return n, ""
}

// answer writes the answer of a request whose time is over.
func (c *conn) answer() { c.send(answers[c.after]) }

// finish accounts a request whose answer was written.
func (c *conn) finish() {
	n := c.name
	c.name = nil
	c.server.accounts.answered(n.account, c.due)
	n.release()
}

// abandon accounts a request whose client is gone.
func (c *conn) abandon() {
	n := c.name
	c.name = nil
	c.server.accounts.abandoned(n.account)
	if c.state == queued {
		n.remove(c)
		c.server.accounts.queued(n.account, -1)
		return
	}
	n.release()
}

// enqueue makes a request wait for capacity.
func (c *conn) enqueue() {
	n := c.name
	c.state = queued
	c.prev = n.last
	if n.last != nil {
		n.last.next = c
	} else {
		n.first = c
	}
	n.last = c
	c.server.accounts.queued(n.account, 1)
}

func (n *name) remove(c *conn) {
	if c.prev != nil {
		c.prev.next = c.next
	} else {
		n.first = c.next
	}
	if c.next != nil {
		c.next.prev = c.prev
	} else {
		n.last = c.prev
	}
	c.prev, c.next = nil, nil
}

// release gives the place of a request to the next in the queue. That one's
// time is over by timer in any case, so that a queue of requests without a
// time is not answered by recursion.
func (n *name) release() {
	c := n.first
	if c == nil {
		n.held--
		return
	}
	n.remove(c)
	c.server.accounts.queued(n.account, -1)
	c.state = holding
	c.due = reactor.Clock() + int64(c.hold)
	c.server.reactor.Start(&c.timer, c.due)
}
