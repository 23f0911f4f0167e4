package container

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/internal/account"
	"github.com/plimsoll-dev/plimsoll/internal/address"
	"github.com/plimsoll-dev/plimsoll/internal/blocking"
	"github.com/plimsoll-dev/plimsoll/internal/exchange"
	"github.com/plimsoll-dev/plimsoll/internal/expiry"
	"github.com/plimsoll-dev/plimsoll/internal/lifetime"
	"github.com/plimsoll-dev/plimsoll/internal/reactor"
	"github.com/plimsoll-dev/plimsoll/model"
)

// A Carrier is what an engine has for a connection: what carries its requests,
// one after the other.
type Carrier interface {
	// Task returns the task of the connection's requests.
	Task() engine.Task
	// Owned reports whether the calling goroutine is the one that runs the
	// request, and not one that the handler started.
	Owned() bool
	// BeforeIO is called by the goroutine that runs the request before it reads
	// from the client or writes to it, which blocks its thread.
	BeforeIO()
	// Run is called on a thread of the executor whenever the connection is given
	// to it: when a request has come, and after Readmit.
	Run()
}

// A Conn is a client's connection: the exchange.Transport of its requests,
// and the reactor.Handler of its descriptor.
//
// An engine calls, on the thread that the connection was given to and in this
// order, [Conn.ReadHead], [Conn.Begin], [Conn.Handle], the Clock's End, and
// [Conn.Next].
type Conn struct {
	blocking.Socket
	// Clock accounts for the request that runs.
	Clock account.Clock

	container *Container
	carrier   Carrier
	exchange  *exchange.Conn
	base      context.Context // of its requests: values only

	state atomic.Uint32 // see package expiry: who owns it, the poller or the executor
	since atomic.Int64  // when it became idle or lingering
	ready int64         // when the poller saw its latest request; handed over with it

	// mu makes a change of state and of what is registered one step, as seen
	// by expire and watch, and guards what follows.
	mu      sync.Mutex
	request *lifetime.Context // the one that runs, or nil
	watched bool              // the poller watches for the client's end
	left    bool              // the client went away

	// Of the poller.
	drained int // bytes read while lingering

	// Of the thread that serves it.
	heading  atomic.Bool // it reads a head
	waited   int64       // nanoseconds that reading the head has blocked
	waiting  int64       // since
	returnTo model.State // after a read or write that blocks
	shut     bool        // the write side was shut down: the next Close lingers

	wrote  atomic.Bool // something was written for this request
	failed atomic.Bool // and not completely
	whole  bool        // the handler did not break off

	prev, next *Conn // guarded by connections.mu
}

func (t *Container) newConn(fd int, sa unix.Sockaddr) *Conn {
	c := &Conn{container: t}
	network := t.network
	var local, remote net.Addr = t.local, address.Of(sa)
	if network != "unix" {
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1) // only latency depends on it
		local = address.Local(fd)                                         // the listener's may be a wildcard
	}
	c.Init(fd, network, local, remote)
	c.OnBlock(c.blocks)
	c.carrier = t.config.Attach(c)
	c.base = engine.WithTask(context.WithValue(t.base, http.LocalAddrContextKey, local), c.carrier.Task())
	c.exchange = exchange.New(c, &t.exchange)
	return c
}

// blocks accounts for the time in which a thread waits for the client.
func (c *Conn) blocks(begin bool) {
	owned := c.carrier.Owned() // else a goroutine of the handler's waits, and the request does not
	switch {
	case c.heading.Load() && begin:
		c.waiting = account.Now()
	case c.heading.Load():
		c.waited += account.Now() - c.waiting
	case owned && begin:
		c.returnTo = c.Clock.Enter(model.Calling)
	case owned:
		c.Clock.Leave(c.returnTo)
	}
}

// Read implements exchange.Transport.
func (c *Conn) Read(p []byte) (int, error) {
	if c.shut {
		return 0, io.EOF // exchange.Conn.Close drains; the poller does that
	}
	c.beforeIO()
	return c.Socket.Read(p)
}

// Write implements exchange.Transport.
func (c *Conn) Write(p []byte) (int, error) {
	c.beforeIO()
	c.wrote.Store(true)
	n, err := c.Socket.Write(p)
	if err != nil {
		c.failed.Store(true)
	}
	return n, err
}

func (c *Conn) beforeIO() {
	if !c.heading.Load() && c.carrier.Owned() {
		c.carrier.BeforeIO()
	}
}

// CloseWrite implements exchange.Transport.
func (c *Conn) CloseWrite() error {
	c.shut = true
	return c.Socket.CloseWrite()
}

// Close implements exchange.Transport, on the thread that serves the
// connection. After CloseWrite the connection goes to the poller, which
// waits for the client to hang up; no thread does.
func (c *Conn) Close() error {
	if c.shut {
		c.park(expiry.Lingering)
		return nil
	}
	return c.close()
}

// close ends the connection; its owner calls it, once.
func (c *Conn) close() error {
	c.mu.Lock()
	c.state.Store(expiry.Gone) // from here on watch keeps off the descriptor, whose number may be another's
	_ = c.container.poller.reactor.Remove(c.FD())
	c.mu.Unlock()
	c.container.conns.remove(c)
	return c.Socket.Close()
}

// park gives the connection to the poller. The caller must not touch it any
// more.
func (c *Conn) park(state uint32) {
	c.mu.Lock()
	c.watched = false
	c.state.Store(state)
	c.since.Store(account.Now())
	err := c.container.poller.reactor.Modify(c.FD(), reactor.Readable|reactor.PeerClosed|reactor.OneShot)
	c.mu.Unlock()
	if err != nil { // out of memory; it is still ours
		_ = c.close()
	}
}

// NetConn implements exchange.Transport: the connection in ordinary Go form,
// on a descriptor of its own.
func (c *Conn) NetConn() (net.Conn, error) {
	n, err := exchange.Detach(c.FD())
	if err != nil {
		return nil, err
	}
	return n, c.close()
}
