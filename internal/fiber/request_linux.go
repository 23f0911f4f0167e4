package fiber

import (
	"context"
	"errors"
	"net/http"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/internal/account"
	"github.com/plimsoll-dev/plimsoll/internal/exchange"
	"github.com/plimsoll-dev/plimsoll/internal/expiry"
	"github.com/plimsoll-dev/plimsoll/internal/inline"
	"github.com/plimsoll-dev/plimsoll/internal/lifetime"
)

// A worker is what a request needs of which not every connection has one. It
// is used again and again, for one connection at a time.
type worker struct {
	server   *Server
	conn     *conn
	exchange *exchange.Conn
	task     inline.Task
	clock    account.Clock
	base     context.Context // with the task
	whole    bool            // the handler did not break off

	// Of requests that callbacks answer.
	next   func()
	unsent []byte // what the client did not take at once
	read   bool   // the head was read before the fiber began
}

// A request is the context of one.
type request struct {
	lifetime.Context
	conn *conn
}

// Value implements [context.Context].
func (r *request) Value(key any) any {
	if key == http.LocalAddrContextKey {
		return r.conn.LocalAddr()
	}
	return r.Context.Value(key)
}

// Watch implements [lifetime.Watcher]. The reactor sees every client's end, but
// not while a handler keeps its thread: one that waits for this context in
// plain Go would wait for ever. So whoever looks is told by others, too.
func (c *conn) Watch(*lifetime.Context) (left bool) {
	if c.watched.Load() == 0 && c.acquire(0) == nil {
		c.watched.Store(c.server.hangups.Add(c.fd, c.hangUp))
		if c.state.Load() == expiry.Gone { // close says that before it looks for the number
			c.server.hangups.Remove(c.fd, c.watched.Load())
		}
		c.release(0) //nolint:errcheck // as in read
	}
	return c.hungUp.Load()
}

// hangUp tells the request that runs that its client has gone.
func (c *conn) hangUp() {
	c.hungUp.Store(true)
	if r := c.request.Load(); r != nil {
		r.End()
	}
}

// dispatch has a worker serve a connection whose gate was resting. ready is
// when something came.
func (s *Server) dispatch(c *conn, ready int64) {
	c.state.Store(expiry.Busy)
	if s.cfg.Callbacks != nil {
		if w := s.takeWorker(c); !w.answer(ready) {
			w.queue(ready)
		}
		return
	}
	s.cfg.Ledger.Queued.Add(1)
	s.group.start(c, Suspend, ready) // which takes a worker when it begins: so there is mostly one for all
}

// run is the body of a fiber.
func (c *conn) run() { c.server.takeWorker(c).run() }

// queue has a fiber go on with a connection that has a worker already.
func (w *worker) queue(ready int64) {
	w.server.cfg.Ledger.Queued.Add(1)
	w.server.group.start(w, Suspend, ready)
}

// takeWorker returns a worker for a connection.
func (s *Server) takeWorker(c *conn) *worker {
	w := s.freeWorker()
	w.conn = c
	w.exchange.Reset(c)
	return w
}

func (s *Server) freeWorker() *worker {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy++
	if n := len(s.workers); n > 0 {
		w := s.workers[n-1]
		s.workers[n-1] = nil
		s.workers = s.workers[:n-1]
		return w
	}
	w := &worker{server: s, exchange: exchange.New(nil, &s.exchange)}
	w.next = w.again
	w.base = engine.WithTask(s.base, &w.task)
	return w
}

// putWorker takes back a worker whose connection is somebody else's business
// by now.
func (s *Server) putWorker(w *worker) {
	w.conn, w.read, w.unsent = nil, false, nil
	w.exchange.Reset(nil)
	s.mu.Lock()
	s.busy--
	if len(s.workers) < maxFree {
		s.workers = append(s.workers, w)
	}
	post := s.stopping.Load() && s.busy == 0
	s.mu.Unlock()
	if post {
		s.group.reactor.Post(s.settle)
	}
}

// run is the body of a fiber: a request, and those that came with it.
func (w *worker) run() {
	s := w.server
	s.cfg.Ledger.Queued.Add(-1)
	f := Current()
	defer s.putWorker(w) // also if a handler ends its goroutine
	for {
		if !w.read && !w.readHead() {
			return
		}
		w.read = false
		switch w.request(f) {
		case exchange.Close:
			_ = w.exchange.Close()
			return
		case exchange.Hijacked:
			return // NetConn has forgotten the connection
		}
		if !w.exchange.Buffered() {
			w.exchange.Idle()
			if w.idle() {
				return
			}
		}
		f.Yield() // others first: a client that sends without end would have us for itself
	}
}

// idle leaves a connection to the reactor, unless a request has come or the
// client has gone; false: there is a request. An end that came with the last
// request had its edge then: there is none to wait for.
func (w *worker) idle() bool {
	c, answered := w.conn, w.clock.At()
	if !c.hungUp.Load() && c.rest(expiry.Idle, answered) {
		return true
	}
	for {
		switch data, end := c.peek(); {
		case data:
			return false
		case end:
			c.close()
			return true
		case c.rest(expiry.Idle, answered):
			return true
		}
	}
}

// readHead reads the head of a request; false means that there is none, and
// the connection was dealt with.
func (w *worker) readHead() bool {
	c := w.conn
	_, began := Current().Times()
	c.piece = false
	c.begun.Store(began)
	err := w.exchange.ReadHead()
	c.begun.Store(0)
	if err == nil {
		return true
	}
	_ = w.exchange.Close()
	return false
}

// request runs the handler.
func (w *worker) request(f *Fiber) exchange.Outcome {
	s, c := w.server, w.conn
	// The wait for the end of a head is nobody's queue: it counts from when the
	// fiber was last ready, and that was when the head was complete.
	ready, began := f.Times()
	w.clock.Begin(s.cfg.Ledger, ready, began)
	w.task.Reset(s.cfg.Host, &w.clock)
	f.Account(&w.clock)
	r := &request{conn: c}
	r.Init(w.base, c)
	c.request.Store(r)
	before := f.SetWait(s.cfg.Outside)
	defer func() { // also if the handler ends its goroutine
		f.SetWait(before)
		c.request.Store(nil)
		r.End()
		f.Account(nil)
		w.task.Release()
		w.clock.End(-1)
	}()
	c.wrote.Store(false)
	c.failed.Store(false)
	outcome := w.exchange.Serve(r, w, s.stopping.Load())
	if outcome == exchange.Hijacked || w.whole && !c.failed.Load() {
		s.cfg.Ledger.Responses.Add(1)
	}
	return outcome
}

// ServeHTTP calls the handler, and notes whether its response will be whole:
// after a panic only if nothing was sent, because then 500 or 503 is.
func (w *worker) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w.whole = false
	defer func() {
		if v := recover(); v != nil {
			w.whole = v != http.ErrAbortHandler && !w.conn.wrote.Load()
			if err, ok := v.(error); ok && errors.Is(err, exchange.ErrRejected) {
				w.server.cfg.Ledger.Reject()
			}
			panic(v)
		}
	}()
	w.server.cfg.Handler.ServeHTTP(rw, r)
	w.whole = true
}
