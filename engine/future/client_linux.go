package future

import (
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/account"
	"github.com/plimsoll-dev/plimsoll/internal/eventloop"
)

// A client is the event loop that does the I/O of awaits, and runs strands whose
// target it is.
type client struct {
	*eventloop.Loop
	done  chan struct{} // closed: it is to end
	ended chan error    // why it did
}

// stallFrom is the time from which a continuation on the loop is counted as a stall:
// as long as the I/O of some hundred others takes.
const stallFrom = time.Millisecond

func newClient(e *Engine, l *account.Ledger) *client {
	return &client{
		Loop:  eventloop.New(eventloop.Config{Engine: "future", Slow: stallFrom, Ledger: l, Scheduler: e, Unlocked: true, Contended: true}),
		done:  make(chan struct{}),
		ended: make(chan error, 1),
	}
}

// start begins to turn. The channel gets an error if the loop ends by itself.
func (c *client) start() (<-chan error, error) {
	if err := c.Open(); err != nil {
		return nil, err
	}
	c.Carrier().Local = &seat{place: onClient, carrier: c.Carrier()}
	go func() { c.ended <- c.Run(c.done) }()
	return c.ended, nil
}

// stop ends the loop.
func (c *client) stop() {
	c.Post(func() { close(c.done) })
	<-c.ended
}
