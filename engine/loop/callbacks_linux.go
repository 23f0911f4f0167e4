package loop

import (
	"context"
	"log"
	"net"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/cps"
	"github.com/plimsoll-dev/plimsoll/internal/account"
	"github.com/plimsoll-dev/plimsoll/internal/eventloop"
	"github.com/plimsoll-dev/plimsoll/internal/fiber"
	"github.com/plimsoll-dev/plimsoll/internal/osthread"
	"github.com/plimsoll-dev/plimsoll/internal/reactor"
	"github.com/plimsoll-dev/plimsoll/model"
)

// callbacks run handlers in continuation-passing style on a loop. Everything is
// the loop's goroutine's.
type callbacks struct {
	loop    *eventloop.Loop
	reactor *reactor.Reactor
	handler cps.Handler
	ledger  *account.Ledger
	caller  caller
	host    stalling

	slice fiber.Slice // of the callback that runs
	at    int64       // up to which its time is put down to steps
}

func newCallbacks(l *eventloop.Loop, h cps.Handler, ledger *account.Ledger) *callbacks {
	cb := &callbacks{loop: l, reactor: l.Reactor(), handler: h, ledger: ledger, host: stalling{l.Group()}}
	cb.caller.init(cb)
	return cb
}

// A call is one request.
type call struct {
	*callbacks
	request *fiber.Callback
	strand  strand // the handler's task
	held    []*grant
	over    bool
}

// A grant is a slot that a request holds.
type grant struct {
	resource *engine.Resource
	given    bool // back
}

func (g *grant) release() {
	if !g.given {
		g.given = true
		g.resource.Release()
	}
}

// begin is what the server has requests answered by.
func (cb *callbacks) begin(request *fiber.Callback) {
	c := &call{callbacks: cb, request: request}
	c.strand = strand{call: c, clock: request.Clock, id: request.Clock.Strand()}
	c.strand.run(0, func() { cb.handler.ServeCPS(&c.strand, request.Writer, request.Request, c.done) })
}

// done ends the request.
func (c *call) done() {
	if !c.over {
		c.end()
		c.request.Done()
	}
}

// end gives back what the request holds. Its continuations are not called any
// more.
func (c *call) end() {
	c.over = true
	for _, g := range c.held {
		g.release()
	}
}

// panicked fails the request, or tells of it if that was answered already.
func (c *call) panicked(v any, stack []byte) {
	if !c.over {
		c.end()
		c.request.Fail(v, stack)
		return
	}
	c.ledger.Panics.Add(1)
	log.Printf("loop: panic in a continuation of a request that was answered: %v\n%s", v, stack)
}

// A step is what a stretch of a callback is put down to. The zero step is the
// handler itself.
type step struct {
	op   string
	verb model.Verb
}

// put puts the time up to now down to a step.
func (cb *callbacks) put(s step, now int64) {
	d := now - cb.at
	cb.at = now
	if d > cb.slice.OpNanos {
		cb.slice.Op, cb.slice.Verb, cb.slice.OpNanos = s.op, s.verb, d
	}
	if s.verb != 0 {
		cb.slice.Stalled += d
	}
}

// stalling is how a synchronous call waits: on the loop's own thread. It
// implements inline.Host.
type stalling struct{ group *fiber.Group }

// Dial implements [inline.Host]. The loop's goroutine is no fiber: there, as on
// any goroutine, the connection blocks the thread.
func (s *stalling) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	return s.group.Dial(ctx, network, address)
}

// Sleep implements [inline.Host].
func (s *stalling) Sleep(d time.Duration) { osthread.Sleep(d) }

// NewParker implements [inline.Host].
func (s *stalling) NewParker() engine.Parker { return new(osthread.Parker) }

// Go implements [inline.Host]: there is one thread, and it is busy.
func (s *stalling) Go(f func()) { f() }
