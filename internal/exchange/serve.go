package exchange

import (
	"context"
	"errors"
	"net/http"
	"runtime/debug"
	"time"
)

// ErrRejected is what an engine has a handler panic with whose request it
// cannot go on with, because a queue inside is full: the client gets 503 with
// Retry-After, if nothing was sent yet, and it is no fault of the handler's.
// Every deferred function of the handler's runs; one that recovers goes on with
// a request that was given up.
var ErrRejected = errors.New("exchange: the engine has no room for the rest of this request")

const retryAfter = time.Second // queues come and go within one

// Serve runs h for the request whose head ReadHead has read, on the calling
// goroutine, and ends the exchange: the response is complete and written, and
// the request body consumed, when it returns [KeepAlive]. The Request's
// context is ctx; the engine ends it when the client goes away, and after
// Serve. If last, the response says that the connection ends.
//
// A panic of h is recovered. If nothing was sent yet the client gets 500,
// otherwise the connection breaks off, so that the response does not look
// complete; [http.ErrAbortHandler] breaks it off in any case.
func (c *Conn) Serve(ctx context.Context, h http.Handler, last bool) Outcome {
	x := c.x
	c.open(ctx, last)
	return c.close(x, c.run(h, x))
}

// Open is the first half of [Conn.Serve], for an engine that answers by
// callbacks: it returns what a handler is given. Whoever answers calls Finish
// when the answer is complete, or Fail instead of panicking. Nothing is
// recovered in between.
func (c *Conn) Open(ctx context.Context, last bool) (http.ResponseWriter, *http.Request) {
	x := c.x
	c.open(ctx, last)
	c.opened = x
	return &x.w, &x.req
}

// Finish ends the exchange that Open began, as the return of a handler does.
func (c *Conn) Finish() Outcome {
	x := c.opened
	c.opened = nil
	return c.close(x, true)
}

// Fail ends the exchange that Open began, as the panic of a handler does.
func (c *Conn) Fail(v any, stack []byte) Outcome {
	x := c.opened
	c.opened = nil
	c.panicked(&x.w, v, stack)
	return c.close(x, false)
}

// open makes request and response of the head that was read.
func (c *Conn) open(ctx context.Context, last bool) {
	x := c.x
	c.x = nil
	w := &x.w
	w.c, w.b, w.req = c, c.b, &x.req
	head := &c.b.head
	w.head = c.wantsHead()
	w.minor = uint8(head.Minor)
	w.last = last || head.Close
	w.keep10 = head.Minor == 0 && !head.Close
	w.body = c.build(ctx, x)
	if w.body != nil && head.Expect100 {
		w.expect.Store(expectPending)
	}
	if w.body == nil && !c.Buffered() {
		// A handler may wait for long before it has something to say. What is in
		// the buffers is in the Request by now.
		c.release()
		w.b = nil
	}
}

// close ends an exchange whose handler has returned, or has not.
func (c *Conn) close(x *exchange, returned bool) Outcome {
	w := &x.w
	if w.hijacked.Load() {
		w.done.Store(true)
		c.release()
		return Hijacked
	}
	if returned {
		w.finish()
	}
	w.done.Store(true)
	return c.end(w, returned)
}

// run calls the handler and reports whether it returned.
func (c *Conn) run(h http.Handler, x *exchange) (returned bool) {
	defer func() {
		if !returned {
			v := recover()
			c.panicked(&x.w, v, debug.Stack())
		}
	}()
	h.ServeHTTP(&x.w, &x.req)
	return true
}

// panicked answers for a handler that did not return.
func (c *Conn) panicked(w *response, v any, stack []byte) {
	err, _ := v.(error)
	rejected := errors.Is(err, ErrRejected) // perhaps in what a branch of Task.All panicked with
	if v != nil && v != http.ErrAbortHandler && !rejected {
		c.report(v, stack)
	}
	switch {
	case w.hijacked.Load():
	case v == nil:
		// runtime.Goexit: nobody above gets to close the connection.
		c.broken.Store(true)
		_ = c.t.Close()
	case v == http.ErrAbortHandler || w.sent:
		c.broken.Store(true)
	case rejected:
		w.stopContinue()
		c.answer(http.StatusServiceUnavailable, w.head, "", retryAfter)
	default:
		w.stopContinue()
		c.answer(http.StatusInternalServerError, w.head, "", 0)
	}
	w.last = true
}

func (c *Conn) report(v any, stack []byte) {
	if c.cfg.OnPanic != nil {
		c.cfg.OnPanic(v, stack)
		return
	}
	c.cfg.logf("exchange: panic serving %s: %v\n%s", c.peer(), v, stack)
}

// end settles what becomes of the connection.
func (c *Conn) end(w *response, returned bool) Outcome {
	b := w.body
	short := returned && !w.head && w.length >= 0 && bodyAllowed(w.status) && w.written != w.length
	if w.err != nil || short {
		w.last = true
	}
	unread := b != nil && !c.settleBody(w)
	if w.req.MultipartForm != nil {
		_ = w.req.MultipartForm.RemoveAll()
	}
	if w.last {
		c.linger = c.linger || unread || c.Buffered()
		if short {
			c.broken.Store(true)
		}
		return Close
	}
	c.clearDeadlines()
	return KeepAlive
}

// settleBody makes sure that the next request starts where this one's body
// ends, and otherwise that there is no next one.
func (c *Conn) settleBody(w *response) bool {
	b := w.body
	switch {
	case !b.close():
		// Another goroutine reads the body, and still will when this one has
		// gone on: it keeps the buffers.
		c.b, w.last = nil, true
		return false
	case b.ended.Load():
		return true
	case w.last || w.expect.Load() == expectRefused || b.left.Load() >= drainLimit || !b.drain():
		w.last = true
		return false
	}
	return true
}

// clearDeadlines takes off what this exchange set.
func (c *Conn) clearDeadlines() {
	if b := c.b; b != nil && (b.handlers.Swap(false) || b.armed) {
		b.armed = false
		_ = c.t.SetReadDeadline(time.Time{})
	}
	if c.writeOwned.Swap(false) {
		_ = c.t.SetWriteDeadline(time.Time{})
	}
}
