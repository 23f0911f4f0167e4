package thread

import (
	"io"
	"net/http"

	"github.com/plimsoll-dev/plimsoll/internal/account"
	"github.com/plimsoll-dev/plimsoll/internal/exchange"
	"github.com/plimsoll-dev/plimsoll/internal/osthread"
)

// serve is the job of a thread: a request of c, and those that came with it.
// The thread reads, runs the handler and writes, in blocking calls; then the
// connection goes back to the poller.
func (e *Engine) serve(c *conn) {
	start, cpu := account.Now(), osthread.CPUTime()
	for {
		if !c.readHead() {
			return
		}
		// What the client made the thread wait for is nobody's queue.
		outcome := e.request(c, c.ready+c.waited, start+c.waited, cpu)
		switch {
		case outcome == exchange.Close:
			_ = c.exchange.Close()
			return
		case outcome == exchange.Hijacked:
			return // NetConn has forgotten the connection
		case !c.exchange.Buffered():
			c.exchange.Idle()
			c.park(idle)
			return
		case e.executor.fresh:
			c.ready = account.Now()
			if !e.executor.submit(c) {
				c.refuse()
			}
			return
		}
		start, cpu = account.Now(), osthread.CPUTime()
		c.ready = start
	}
}

// readHead reads the head of a request; false means that there is none, and
// the connection was dealt with.
func (c *conn) readHead() bool {
	c.waited = 0
	c.heading.Store(true)
	err := c.exchange.ReadHead()
	c.heading.Store(false)
	switch err {
	case nil:
		return true
	case io.EOF:
		_ = c.close()
	default:
		_ = c.exchange.Close()
	}
	return false
}

// request runs the handler on the calling thread. cpu is what the thread had
// used when it took the request up.
func (e *Engine) request(c *conn, ready, start, cpu int64) exchange.Outcome {
	c.clock.Begin(&e.ledger, ready, start)
	c.task.Reset(e.host, &c.clock)
	ctx := c.begin()
	defer func() { // also if the handler ends its goroutine
		c.endRequest(ctx)
		c.task.Release()
		c.clock.End(osthread.CPUTime() - cpu)
	}()
	c.wrote.Store(false)
	outcome := c.exchange.Serve(ctx, c, e.draining.Load())
	if outcome == exchange.Hijacked || c.whole && !c.failed.Load() {
		e.ledger.Responses.Add(1)
	}
	return outcome
}

// ServeHTTP calls the handler, and notes whether its response will be whole:
// after a panic only if nothing was sent, because then 500 is.
func (c *conn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.whole = false
	defer func() {
		if v := recover(); v != nil {
			c.whole = v != http.ErrAbortHandler && !c.wrote.Load()
			panic(v)
		}
	}()
	c.engine.handler.ServeHTTP(w, r)
	c.whole = true
}
