package load

import "time"

// request is an arrival in flight.
type request struct {
	at         time.Duration // intended, since the start
	route      int
	seed       uint64
	sent       int64         // when its first byte was written, on the reactor's clock; 0: not yet
	firstByte  int64         // when the response's first byte was read
	connecting time.Duration // that its connection took, if it was opened for it
	retried    bool
	conn       *conn // nil: waiting for one
	links      [2]link
}

type link struct{ prev, next *request }

// The lists that a request is in.
const (
	inAge     = iota // all, by intended time
	inWaiting        // those that wait for a connection, in the order they may have one
)

// list is intrusive and doubly linked: requests leave it from anywhere, and
// nothing is allocated.
type list struct {
	which      int
	head, tail *request
	len        int
}

func (l *list) push(q *request) {
	k := &q.links[l.which]
	k.prev, k.next = l.tail, nil
	if l.tail != nil {
		l.tail.links[l.which].next = q
	} else {
		l.head = q
	}
	l.tail = q
	l.len++
}

func (l *list) pushFront(q *request) {
	k := &q.links[l.which]
	k.prev, k.next = nil, l.head
	if l.head != nil {
		l.head.links[l.which].prev = q
	} else {
		l.tail = q
	}
	l.head = q
	l.len++
}

func (l *list) remove(q *request) {
	k := &q.links[l.which]
	if k.prev != nil {
		k.prev.links[l.which].next = k.next
	} else {
		l.head = k.next
	}
	if k.next != nil {
		k.next.links[l.which].prev = k.prev
	} else {
		l.tail = k.prev
	}
	*k = link{}
	l.len--
}

// flight is the requests that are open.
type flight struct {
	byAge    list
	waiting  list
	inflight int
	spare    *request // free ones, linked by links[inAge].next
}

// request returns an empty one.
func (f *flight) request() *request {
	f.inflight++
	q := f.spare
	if q == nil {
		return new(request)
	}
	f.spare = q.links[inAge].next
	*q = request{}
	return q
}

// deadline is when the request's time has passed, on the reactor's clock.
func (c *client) deadline(q *request) int64 {
	return c.start + int64(q.at) + int64(c.cfg.Timeout)
}

// expire ends the requests whose time has passed. Requests are all given the
// same time, so the oldest one's deadline is the next, and one timer is enough.
// It is not moved when the oldest request ends, but looks again when it fires.
func (c *client) expire() {
	now := c.r.Now()
	for q := c.byAge.head; q != nil && c.deadline(q) <= now; q = c.byAge.head {
		o := ConnectTimeout
		if q.sent != 0 {
			o = Timeout
		}
		c.withdraw(q)
		c.settle(q, o, 0, now)
	}
	if q := c.byAge.head; q != nil {
		c.r.Start(&c.expiry, c.deadline(q))
	}
	c.pump()
}

// withdraw takes a request from where it is. A connection that carries it is
// closed, since the response may yet come.
func (c *client) withdraw(q *request) {
	if q.conn != nil {
		q.conn.close()
		return
	}
	c.waiting.remove(q)
}

// settle ends a request that was withdrawn or answered, at a time on the
// reactor's clock, and counts it.
func (c *client) settle(q *request, o Outcome, code int, now int64) {
	c.count(q, o, code, now)
	c.byAge.remove(q)
	q.links[inAge].next, c.spare = c.spare, q
	c.inflight--
	if c.cfg.Closed > 0 {
		c.idleUser++
	}
}

func (c *client) count(q *request, o Outcome, code int, now int64) {
	latency := time.Duration(now-c.start) - q.at
	r := &c.tally(q.at).routes[q.route]
	r.Outcomes[o]++
	switch {
	case o == OK && latency <= c.cfg.Within:
		r.Within++
	case o == Unfinished && latency > c.cfg.Within:
		r.Late++
	}
	h := r.cell(o, code)
	h.record(Latency, latency)
	if q.sent == 0 {
		return
	}
	h.record(Lag, time.Duration(q.sent-c.start)-q.at)
	if q.connecting > 0 {
		h.record(Connect, q.connecting)
	}
	if o == OK || o == Status {
		h.record(Service, time.Duration(now-q.sent))
		h.record(FirstByte, time.Duration(q.firstByte-q.sent))
	}
}
