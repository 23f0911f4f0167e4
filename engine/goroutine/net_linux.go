package goroutine

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/internal/account"
	"github.com/plimsoll-dev/plimsoll/internal/inline"
)

// serveNet serves with plain net/http. What is added to it is the task in the
// request's context, the account, and a stop that resets nobody.
func (e *Engine) serveNet(ctx context.Context, a *acceptor, h http.Handler) error {
	requests := sync.Pool{New: func() any { return new(netRequest) }}
	srv := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			n := requests.Get().(*netRequest)
			defer requests.Put(n)
			n.serve(e, h, w, r)
		}),
		ReadHeaderTimeout: e.limits.HeaderTimeout,
		IdleTimeout:       e.cfg.Duration("keepalive"),
		MaxHeaderBytes:    e.limits.Head,
		BaseContext:       func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
		ConnState:         connState,
	}
	err := srv.Serve(&netListener{acceptor: a, e: e})
	if errors.Is(err, errStopped) {
		return nil
	}
	return err
}

// A netRequest is what the account of one request needs.
type netRequest struct {
	task inline.Task
	clk  account.Clock
}

func (n *netRequest) serve(e *Engine, h http.Handler, w http.ResponseWriter, r *http.Request) {
	if e.stopping() {
		w.Header().Set("Connection", "close")
	}
	now := account.Now()
	n.clk.Begin(&e.ledger, now, now)
	n.task.Reset(&e.host, &n.clk)
	defer func() {
		n.task.Release()
		n.clk.End(-1)
		if v := recover(); v != nil {
			if v != http.ErrAbortHandler {
				e.ledger.Panics.Add(1)
			}
			panic(v) // net/http logs it and closes the connection
		}
	}()
	if e.limits.Body > 0 {
		r.Body = http.MaxBytesReader(w, r.Body, e.limits.Body)
	}
	h.ServeHTTP(w, r.WithContext(engine.WithTask(r.Context(), &n.task)))
	e.ledger.Responses.Add(1)
}

// A netListener gives net/http connections that can be told to end.
type netListener struct {
	*acceptor
	e *Engine
}

func (l *netListener) Addr() net.Addr { return l.ln.Addr() }

// Close does nothing: net/http closes what it has been given to serve, and
// the listener is the engine's.
func (l *netListener) Close() error { return nil }

func (l *netListener) Accept() (net.Conn, error) {
	nc, err := l.acceptor.Accept()
	if err != nil {
		return nil, err
	}
	fd, ok := nc.(netConn)
	if !ok {
		nc.Close()
		return nil, errNotASocket(nc)
	}
	c := &trackedConn{netConn: fd, e: l.e}
	l.e.opened(c)
	return c, nil
}

// A trackedConn knows whether a request is under way.
type trackedConn struct {
	netConn
	e    *Engine
	once sync.Once

	mu   sync.Mutex // guards idle and the deadline that goes with it
	idle bool
}

func connState(nc net.Conn, state http.ConnState) {
	c := nc.(*trackedConn)
	switch state {
	case http.StateNew, http.StateIdle:
		c.setIdle(true)
	case http.StateActive:
		c.setIdle(false)
	case http.StateHijacked:
		c.once.Do(func() { c.e.closed(c) })
	}
}

func (c *trackedConn) setIdle(idle bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.idle = idle
	if !idle && c.e.stopping() {
		_ = c.netConn.SetReadDeadline(time.Time{}) // of linger
	}
}

// SetReadDeadline keeps net/http from putting the end of an idle connection
// off, once the engine stops. It takes the deadline off when a request comes.
func (c *trackedConn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at, stopping := c.e.lingerEnd(); stopping && c.idle && at.Before(t) {
		t = at
	}
	return c.netConn.SetReadDeadline(t)
}

func (c *trackedConn) linger() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at, _ := c.e.lingerEnd(); c.idle {
		_ = c.netConn.SetReadDeadline(at)
	}
}

// ReadFrom lets the kernel send files and connections by itself, as it does
// without tracking.
func (c *trackedConn) ReadFrom(src io.Reader) (int64, error) { return readFrom(c.netConn, src) }

// Close lets the client close first when the engine stops: see hangUp.
func (c *trackedConn) Close() error {
	ours := false // and not a handler's that took it over
	c.once.Do(func() { ours = true })
	if !ours {
		return c.netConn.Close()
	}
	defer c.e.closed(c)
	if c.e.stopping() {
		hangUp(c.netConn)
	}
	return c.netConn.Close()
}
