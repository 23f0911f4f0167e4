package goroutine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/internal/account"
	"github.com/plimsoll-dev/plimsoll/internal/exchange"
	"github.com/plimsoll-dev/plimsoll/internal/hangup"
	"github.com/plimsoll-dev/plimsoll/internal/inline"
	"github.com/plimsoll-dev/plimsoll/internal/lifetime"
	"github.com/plimsoll-dev/plimsoll/internal/wire"
)

// A server is what the connections of one Serve share.
type server struct {
	e         *Engine
	h         http.Handler
	base      context.Context
	exchanges exchange.Config
	keepAlive time.Duration
	gone      hangup.Set
}

// serveWire serves with the exchange that all engines share.
func (e *Engine) serveWire(ctx context.Context, a *acceptor, h http.Handler) error {
	s := &server{
		e: e, h: h, base: base(ctx, h),
		exchanges: exchange.Config{
			Limits:        wire.Limits{Head: e.limits.Head, Body: e.limits.Body},
			HeaderTimeout: e.limits.HeaderTimeout,
			BodyTimeout:   e.limits.BodyTimeout,
			WriteTimeout:  e.limits.WriteTimeout,
		},
		keepAlive: e.cfg.Duration("keepalive"),
	}
	defer func() { e.open.Wait(); s.gone.Close() }()
	for {
		nc, err := a.Accept()
		if err == errStopped {
			return nil
		}
		if err != nil {
			return err
		}
		c, err := s.newConn(nc)
		if err != nil {
			nc.Close()
			return err
		}
		e.opened(c)
		go c.serve()
	}
}

// A conn is one connection. It belongs to its goroutine, except for what mu
// guards.
type conn struct {
	s    *server
	t    *transport
	x    *exchange.Conn
	ctx  context.Context // with the task; of all requests
	task inline.Task
	clk  account.Clock

	whole bool // the answer is complete, if no write failed

	mu      sync.Mutex // held for assignments, setting a deadline and being watched; never while waiting
	idle    bool       // in await, whose deadline linger may bring forward
	watched uint64     // its number in server.gone, or 0
	hungUp  bool       // the client did
	handed  bool       // a handler has the connection
	request *lifetime.Context
}

func (s *server) newConn(nc net.Conn) (*conn, error) {
	fd, ok := nc.(netConn)
	if !ok {
		return nil, errNotASocket(nc)
	}
	t, err := newTransport(fd)
	if err != nil {
		return nil, err
	}
	c := &conn{s: s, t: t, x: exchange.New(t, &s.exchanges)}
	t.handed = c.handOver
	c.ctx = engine.WithTask(context.WithValue(s.base, http.LocalAddrContextKey, nc.LocalAddr()), &c.task)
	return c, nil
}

// serve answers the connection's requests, one after another.
func (c *conn) serve() {
	defer func() {
		c.unwatch()
		c.s.e.closed(c)
	}()
	wait := c.s.keepAlive
	if first := c.s.e.limits.HeaderTimeout; first > 0 { // a new connection is to say something
		wait = min(wait, first)
	}
	for {
		if !c.x.Buffered() {
			c.x.Idle()
			if err := c.await(wait); err != nil {
				c.close(errors.Is(err, os.ErrDeadlineExceeded))
				return
			}
			wait = c.s.keepAlive
		}
		if err := c.x.ReadHead(); err != nil {
			c.close(false)
			return
		}
		last := c.s.e.stopping()
		switch c.exchange(last) {
		case exchange.Close:
			c.close(c.s.e.stopping())
			return
		case exchange.Hijacked:
			return
		}
	}
}

// close closes the connection; gently waits for the client to close first.
func (c *conn) close(gently bool) {
	c.unwatch()
	if gently {
		hangUp(c.t.netConn)
	}
	_ = c.x.Close()
}

// await waits for the next request, for as long as an idle connection is kept.
func (c *conn) await(keep time.Duration) error {
	until := time.Now().Add(keep)
	for {
		c.arm(until)
		err := c.t.await()
		c.mu.Lock()
		c.idle = false
		c.mu.Unlock()
		if err == nil || !errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
		// The time is over: of this wait, or of one before that left its
		// deadline, or because the engine stops. What came last counts.
		if c.t.poll() {
			return nil
		}
		now := time.Now()
		if linger, stopping := c.s.e.lingerEnd(); !now.Before(until) || stopping && !now.Before(linger) {
			return err
		}
		c.t.armed = false
	}
}

// arm sets the deadline of an idle connection. To set one for every request
// would cost more than it is worth: one that is there already, and strikes
// before its time, is put off then.
func (c *conn) arm(until time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.idle = true
	if linger, stopping := c.s.e.lingerEnd(); stopping {
		if linger.Before(until) {
			until = linger
		}
	} else if c.t.armed {
		return
	}
	_ = c.t.netConn.SetReadDeadline(until) // an error shows at the read
	c.t.armed = true
}

// linger brings the end of an idle connection forward: the engine stops. One
// that is not idle finds out by itself when it is.
func (c *conn) linger() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at, _ := c.s.e.lingerEnd(); c.idle {
		_ = c.t.netConn.SetReadDeadline(at)
	}
}

// exchange runs the handler for the request whose head was read.
func (c *conn) exchange(last bool) exchange.Outcome {
	l := &c.s.e.ledger
	now := account.Now()
	c.clk.Begin(l, now, now)
	c.task.Reset(&c.s.e.host, &c.clk)
	ctx := lifetime.New(c.ctx, c)
	defer func() { // also if the handler ends the goroutine
		ctx.End()
		c.task.Release()
		c.clk.End(-1)
	}()
	c.t.failed.Store(false)
	c.t.writes.Store(0)
	outcome := c.x.Serve(ctx, c, last)
	if outcome == exchange.Hijacked || c.whole && !c.t.failed.Load() {
		l.Responses.Add(1)
	}
	return outcome
}

// ServeHTTP calls the handler and notes what became of it.
func (c *conn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.whole = false
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		if v != http.ErrAbortHandler {
			c.s.e.ledger.Panics.Add(1)
			c.whole = c.t.writes.Load() == 0 // then 500 is the answer
		}
		panic(v)
	}()
	c.s.h.ServeHTTP(w, r)
	c.whole = true
}

func errNotASocket(nc net.Conn) error {
	return fmt.Errorf("the listener gives %T, which is not a TCP or Unix socket; listen with net.Listen", nc)
}
