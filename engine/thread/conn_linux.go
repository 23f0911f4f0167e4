package thread

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/internal/account"
	"github.com/plimsoll-dev/plimsoll/internal/address"
	"github.com/plimsoll-dev/plimsoll/internal/exchange"
	"github.com/plimsoll-dev/plimsoll/internal/inline"
	"github.com/plimsoll-dev/plimsoll/internal/lifetime"
	"github.com/plimsoll-dev/plimsoll/internal/reactor"
	"github.com/plimsoll-dev/plimsoll/model"
)

// The states of a connection say who owns it.
const (
	fresh     uint32 = iota // the poller: no request has come yet
	idle                    // the poller: no request is here
	busy                    // the executor: a request waits for a thread, or has one
	lingering               // the poller: answered for the last time, reads until the client hangs up
	gone                    // nobody: closed, or handed to a handler
)

// A conn is a client's connection: the exchange.Transport of its requests,
// and the reactor.Handler of its descriptor.
type conn struct {
	socket
	engine   *Engine
	exchange *exchange.Conn
	task     inline.Task
	clock    account.Clock
	base     context.Context // of its requests: values only

	state atomic.Uint32
	since atomic.Int64 // when it became idle or lingering
	ready int64        // when the poller saw its latest request; handed over with it

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

	prev, next *conn // guarded by connections.mu
}

func (e *Engine) newConn(fd int, sa unix.Sockaddr) *conn {
	c := &conn{engine: e}
	network := e.network
	var local, remote net.Addr = e.local, address.Of(sa)
	if network != "unix" {
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1) // only latency depends on it
		local = address.Local(fd)                                         // the listener's may be a wildcard
	}
	c.socket.init(fd, network, local, remote)
	c.rd.onBlock, c.wr.onBlock = c.blocks, c.blocks
	c.base = engine.WithTask(context.WithValue(e.base, http.LocalAddrContextKey, local), &c.task)
	c.exchange = exchange.New(c, &e.exchange)
	return c
}

// blocks accounts for the time in which a thread waits for the client.
func (c *conn) blocks(begin bool) {
	owned := c.task.Owned() // else a goroutine of the handler's waits, and the request does not
	switch {
	case c.heading.Load() && begin:
		c.waiting = account.Now()
	case c.heading.Load():
		c.waited += account.Now() - c.waiting
	case owned && begin:
		c.returnTo = c.clock.Enter(model.Calling)
	case owned:
		c.clock.Leave(c.returnTo)
	}
}

// Read implements exchange.Transport.
func (c *conn) Read(p []byte) (int, error) {
	if c.shut {
		return 0, io.EOF // exchange.Conn.Close drains; the poller does that
	}
	return c.socket.Read(p)
}

// Write implements exchange.Transport.
func (c *conn) Write(p []byte) (int, error) {
	c.wrote.Store(true)
	n, err := c.socket.Write(p)
	if err != nil {
		c.failed.Store(true)
	}
	return n, err
}

// CloseWrite implements exchange.Transport.
func (c *conn) CloseWrite() error {
	c.shut = true
	return c.socket.CloseWrite()
}

// Close implements exchange.Transport, on the thread that serves the
// connection. After CloseWrite the connection goes to the poller, which
// waits for the client to hang up; no thread does.
func (c *conn) Close() error {
	if c.shut {
		c.park(lingering)
		return nil
	}
	return c.close()
}

// close ends the connection; its owner calls it, once.
func (c *conn) close() error {
	c.mu.Lock()
	c.state.Store(gone) // from here on watch keeps off the descriptor, whose number may be another's
	_ = c.engine.poller.reactor.Remove(c.fd)
	c.mu.Unlock()
	c.engine.conns.remove(c)
	return c.socket.Close()
}

// park gives the connection to the poller. The caller must not touch it any
// more.
func (c *conn) park(state uint32) {
	c.mu.Lock()
	c.watched = false
	c.state.Store(state)
	c.since.Store(account.Now())
	err := c.engine.poller.reactor.Modify(c.fd, reactor.Readable|reactor.PeerClosed|reactor.OneShot)
	c.mu.Unlock()
	if err != nil { // out of memory; it is still ours
		_ = c.close()
	}
}

// NetConn implements exchange.Transport: the connection in ordinary Go form,
// on a descriptor of its own.
func (c *conn) NetConn() (net.Conn, error) {
	fd, err := unix.FcntlInt(uintptr(c.fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("fcntl", err)
	}
	f := os.NewFile(uintptr(fd), "")
	defer f.Close() //nolint:errcheck // FileConn has a duplicate
	n, err := net.FileConn(f)
	if err != nil {
		return nil, err
	}
	return n, c.close()
}
