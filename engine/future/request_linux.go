package future

import (
	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/internal/account"
	"github.com/plimsoll-dev/plimsoll/internal/container"
	"github.com/plimsoll-dev/plimsoll/internal/exchange"
	"github.com/plimsoll-dev/plimsoll/internal/fiber"
	"github.com/plimsoll-dev/plimsoll/internal/inline"
)

// A request is the carrier of a connection: it runs the requests, one after the
// other.
type request struct {
	strand
	conn    *container.Conn
	task    inline.Task
	cpu     int64 // nanoseconds that the one that runs has used
	begun   bool  // one runs; its thread, and its turn, may be any
	outcome exchange.Outcome
}

func (e *Engine) attach(c *container.Conn) container.Carrier {
	r := &request{conn: c}
	r.strand = strand{engine: e, request: r}
	return r
}

// Task implements [container.Carrier].
func (r *request) Task() engine.Task { return &r.task }

// Owned implements [container.Carrier].
func (r *request) Owned() bool { return r.task.Owned() }

// BeforeIO implements [container.Carrier]: blocking for the client is what the
// container's threads are for. Inside what keeps its thread it is done there.
func (r *request) BeforeIO() {
	if r.keeps == 0 {
		r.move(onContainer)
	}
}

// Run is the job of a container thread: the beginning of a request, or its end;
// and the requests that came with it.
func (r *request) Run() {
	s := take(onContainer)
	defer seats.Put(s)
	for {
		if !r.begun {
			start := account.Now()
			if !r.conn.ReadHead() {
				return
			}
			r.begin(start)
		}
		s.run(r.fiber)
		if !s.ended || !r.conn.Next(r.outcome) {
			return
		}
	}
}

// begin makes the coroutine of a request whose head was read by a thread that
// took it up at start.
func (r *request) begin(start int64) {
	r.engine.running.Add(1)
	r.conn.Begin(start)
	r.begun, r.cpu = true, 0
	r.target, r.outcome = r.engine.after, exchange.Hijacked // if the handler ends its goroutine, the connection is closed
	r.fiber = r.engine.client.Group().New(r.body, fiber.Block, &r.strand)
}

// body is the coroutine: exchange reads, runs the handler and writes. Wherever
// the handler has returned, a container thread goes on.
func (r *request) body() {
	r.task.Reset(r.engine.awaiting, &r.conn.Clock)
	r.fiber.Account(&r.conn.Clock)
	r.enter()
	defer r.end()
	r.outcome = r.conn.Handle()
	if r.outcome != exchange.Hijacked { // who has hijacked it needs nothing of the container any more
		r.move(onContainer)
	}
}

// end is the last that the coroutine does, also if the handler has ended its
// goroutine.
func (r *request) end() {
	r.leave()
	r.fiber.Account(nil)
	r.task.Release()
	r.conn.Clock.End(r.cpu)
	r.seat().ended = true
	r.begun, r.fiber = false, nil
	r.engine.running.Done()
}
