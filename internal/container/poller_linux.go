package container

import (
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/internal/account"
	"github.com/plimsoll-dev/plimsoll/internal/blocking"
	"github.com/plimsoll-dev/plimsoll/internal/expiry"
	"github.com/plimsoll-dev/plimsoll/internal/osthread"
	"github.com/plimsoll-dev/plimsoll/internal/reactor"
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
	if c.state.Load() == expiry.Lingering {
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
	c.state.Store(expiry.Busy)
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
	c.park(expiry.Lingering)
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
	case err != nil || n == 0 || c.drained > expiry.LingerBytes:
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
	t := p.container
	s := expiry.New(t.limits, t.keepalive, p.drain).Sweep(account.Now())
	p.expired = t.conns.collect(p.expired[:0], func(c *Conn) bool { return s.Over(c.state.Load(), c.since.Load()) })
	for i, c := range p.expired {
		c.expire(&s)
		p.expired[i] = nil
	}
	p.reactor.Start(&p.sweeper, s.Next())
}

// expire closes the connection if its time is still up. An idle one hears
// first that nothing more comes, and lingers.
func (c *Conn) expire(s *expiry.Sweep) {
	if !c.mu.TryLock() {
		return // a thread is giving it to the poller just now
	}
	state := c.state.Load()
	due := s.Over(state, c.since.Load())
	c.mu.Unlock()
	if !due || state != expiry.Lingering && c.pending() { // a request came in the last moment; Ready is about to hear of it
		return
	}
	if state == expiry.Lingering || c.CloseWrite() != nil {
		_ = c.close()
		return
	}
	c.park(expiry.Lingering)
}
