package container

import (
	"io"
	"net/http"

	"github.com/plimsoll-dev/plimsoll/internal/account"
	"github.com/plimsoll-dev/plimsoll/internal/exchange"
	"github.com/plimsoll-dev/plimsoll/internal/expiry"
)

// ReadHead reads the head of a request in a blocking read; false means that
// there is none, and the connection was dealt with.
func (c *Conn) ReadHead() bool {
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

// Begin begins the account of a request that a thread took up at start, on
// account.Now's clock. What the client made the thread wait for is nobody's
// queue.
func (c *Conn) Begin(start int64) {
	c.Clock.Begin(&c.container.ledger, c.ready+c.waited, start+c.waited)
}

// Handle runs the handler for the request whose head was read, on the calling
// goroutine, which has to be the one that the carrier's task belongs to.
func (c *Conn) Handle() exchange.Outcome {
	ctx := c.begin()
	defer c.endRequest(ctx) // also if the handler ends its goroutine
	c.wrote.Store(false)
	outcome := c.exchange.Serve(ctx, c, c.container.draining.Load())
	if outcome == exchange.Hijacked || c.whole && !c.failed.Load() {
		c.container.ledger.Responses.Add(1)
	}
	return outcome
}

// ServeHTTP calls the handler, and notes whether its response will be whole:
// after a panic only if nothing was sent, because then 500 is.
func (c *Conn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.whole = false
	defer func() {
		if v := recover(); v != nil {
			c.whole = v != http.ErrAbortHandler && !c.wrote.Load()
			panic(v)
		}
	}()
	c.container.handler.ServeHTTP(w, r)
	c.whole = true
}

// Next settles what becomes of the connection after a request. True means that
// the next one is here already, and the thread's to serve.
func (c *Conn) Next(outcome exchange.Outcome) bool {
	switch {
	case outcome == exchange.Close:
		_ = c.exchange.Close()
		return false
	case outcome == exchange.Hijacked:
		return false // NetConn has forgotten the connection
	case !c.exchange.Buffered():
		c.exchange.Idle()
		c.park(expiry.Idle)
		return false
	}
	c.ready = account.Now()
	if !c.container.executor.Once {
		return true
	}
	if !c.container.executor.Submit(c) {
		c.refuse()
	}
	return false
}

// Readmit has the connection given to a thread again, in the middle of a
// request: what was admitted before finds room in the queue, however full that
// is.
func (c *Conn) Readmit() { c.container.executor.Readmit(c) }
