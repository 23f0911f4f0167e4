package container

import (
	"math"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/internal/account"
	"github.com/plimsoll-dev/plimsoll/internal/blocking"
	"github.com/plimsoll-dev/plimsoll/internal/osthread"
	"github.com/plimsoll-dev/plimsoll/internal/reactor"
)

const (
	forever = math.MaxInt64
	// lingerTime is how long a connection that was answered for the last time
	// waits for the client to hang up (net/http's rstAvoidanceDelay), and
	// lingerBytes how much it reads meanwhile.
	lingerTime  = 500 * time.Millisecond
	lingerBytes = 1 << 20
	// sweepGap bounds how often the connections are gone through: the cost of
	// 8,192 of them is then 0.2 % of a CPU, and a time-out up to this late.
	sweepGap = 20 * time.Millisecond
)

// refusal is the answer to a request that finds the queue full. It is sent
// without reading the request, and right for every method: it has no body.
const refusal = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

// A poller is the thread that watches the connections on which no request
// runs, and for the clients of those on which one does. Its methods run on
// that thread; it never waits for a client.
type poller struct {
	container *Container
	reactor   *reactor.Reactor
	sweeper   reactor.Timer
	shrink    reactor.Timer
	expired   []*Conn
	scratch   [16 << 10]byte

	// drain is when the engine began to stop, and 0 before.
	drain  int64
	closed bool
}

func newPoller(t *Container) (*poller, error) {
	r, err := reactor.New()
	if err != nil {
		return nil, err
	}
	p := &poller{container: t, reactor: r}
	p.sweeper.Init(p.sweep)
	p.shrink.Init(p.expireThreads)
	return p, nil
}

// run is the life of the poller's thread, until stop.
func (p *poller) run() error {
	runtime.LockOSThread()
	osthread.Name("plimsoll-poll")
	osthread.ExactTimers()
	p.sweep()
	p.expireThreads()
	for !p.closed {
		if err := p.reactor.Poll(-1); err != nil {
			return err
		}
	}
	return p.reactor.Close()
}

// stop ends run, from any thread.
func (p *poller) stop() { p.reactor.Post(func() { p.closed = true }) }

// beginDrain makes idle connections expire after the engine's linger, from
// any thread.
func (p *poller) beginDrain() {
	p.reactor.Post(func() {
		p.drain = account.Now()
		p.sweep()
	})
}

func (p *poller) expireThreads() {
	now := account.Now()
	p.reactor.Start(&p.shrink, p.container.expire(now))
}

// Ready implements reactor.Handler.
func (c *Conn) Ready(ev reactor.Events) {
	if ev&reactor.Readable == 0 {
		c.hangup() // armed by watch
		return
	}
	if c.state.Load() == lingering {
		c.drain()
		return
	}
	if ev&(reactor.PeerClosed|reactor.Broken) != 0 && !c.pending() {
		_ = c.close() // costs no thread
		return
	}
	c.dispatch(ev)
}

// pending reports whether there is something to read.
func (c *Conn) pending() bool {
	var one [1]byte
	for {
		n, err := blocking.Receive(c.FD(), one[:], unix.MSG_PEEK)
		if err != unix.EINTR {
			return err == nil && n > 0
		}
	}
}

// dispatch gives a connection that has a request to the executor.
func (c *Conn) dispatch(ev reactor.Events) {
	c.ready = account.Now()
	c.state.Store(busy)
	if ev&reactor.PeerClosed != 0 {
		c.hangup() // it has sent a request, and no more will come
	}
	if !c.container.executor.Submit(c) {
		c.refuse()
	}
}

// refuse answers 503, or nothing to a client that does not even take that.
func (c *Conn) refuse() {
	c.container.ledger.Reject()
	if n, err := blocking.Send(c.FD(), []byte(refusal)); err != nil || n < len(refusal) || c.CloseWrite() != nil {
		_ = c.close()
		return
	}
	c.park(lingering)
}

// drain reads what a client still sends that was answered for the last time.
// Closing with unread input would reset the connection, and the answer with
// it.
func (c *Conn) drain() {
	p := c.container.poller
	n, err := blocking.Receive(c.FD(), p.scratch[:], 0)
	c.drained += n
	switch {
	case err == unix.EINTR || err == unix.EAGAIN:
	case err != nil || n == 0 || c.drained > lingerBytes:
		_ = c.close()
		return
	}
	if p.reactor.Modify(c.FD(), reactor.Readable|reactor.PeerClosed|reactor.OneShot) != nil {
		_ = c.close()
	}
}

// sweep ends the connections whose time is up, and sets the time of the next
// sweep: that of the first to expire. One that comes later has its full time
// from now, at least.
func (p *poller) sweep() {
	now := account.Now()
	rules := p.rules()
	next := now + min(rules.first, rules.keepalive, int64(lingerTime))
	p.expired = p.container.conns.collect(p.expired[:0], func(c *Conn) bool {
		at := rules.expiry(c.state.Load(), c.since.Load())
		if at > now {
			next = min(next, at)
		}
		return at <= now
	})
	for i, c := range p.expired {
		c.expire(now, rules)
		p.expired[i] = nil
	}
	p.reactor.Start(&p.sweeper, max(next, now+int64(sweepGap)))
}

func (p *poller) rules() rules {
	first := int64(p.container.limits.HeaderTimeout)
	if first == 0 {
		first = forever / 2 // so that a time can be added
	}
	return rules{first, int64(p.container.keepalive), int64(p.container.limits.Linger), p.drain}
}

// rules say when the poller gives up on a connection; nanoseconds.
type rules struct {
	first     int64 // for the first byte of a connection
	keepalive int64 // for that of a next request
	linger    int64 // for a request under way, once the engine stops
	drain     int64 // when it began to stop; 0: it runs
}

func (r rules) expiry(state uint32, since int64) int64 {
	switch {
	case state == lingering:
		return since + int64(lingerTime)
	case state != idle && state != fresh:
		return forever
	case r.drain != 0:
		return max(r.drain, since) + r.linger
	case state == fresh:
		return since + r.first
	}
	return since + r.keepalive
}

// expire closes the connection if its time is still up. An idle one hears
// first that nothing more comes, and lingers.
func (c *Conn) expire(now int64, r rules) {
	if !c.mu.TryLock() {
		return // a thread is giving it to the poller just now
	}
	state := c.state.Load()
	due := r.expiry(state, c.since.Load()) <= now
	c.mu.Unlock()
	if !due || state != lingering && c.pending() { // a request came in the last moment; Ready is about to hear of it
		return
	}
	if state == lingering || c.CloseWrite() != nil {
		_ = c.close()
		return
	}
	c.park(lingering)
}
