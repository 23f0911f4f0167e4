package thread

import (
	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/internal/account"
	"github.com/plimsoll-dev/plimsoll/internal/container"
	"github.com/plimsoll-dev/plimsoll/internal/exchange"
	"github.com/plimsoll-dev/plimsoll/internal/inline"
	"github.com/plimsoll-dev/plimsoll/internal/osthread"
	"github.com/plimsoll-dev/plimsoll/internal/trace"
)

// A carrier has the requests of a connection keep the thread they were given.
type carrier struct {
	conn *container.Conn
	host *container.Host
	task inline.Task
}

func (r *carrier) Task() engine.Task { return &r.task }

func (r *carrier) Owned() bool { return r.task.Owned() }

func (r *carrier) BeforeIO() {} // on this thread, as everything

// Run is the job of a thread: a request, and those that came with it. The
// thread reads, runs the handler and writes, in blocking calls; then the
// connection goes back to the poller.
func (r *carrier) Run() {
	start, cpu := account.Now(), osthread.CPUTime()
	for r.conn.ReadHead() {
		if !r.conn.Next(r.request(start, cpu)) {
			return
		}
		start, cpu = account.Now(), osthread.CPUTime()
	}
}

// request runs the handler on the calling thread. cpu is what the thread had
// used when it took the request up.
func (r *carrier) request(start, cpu int64) exchange.Outcome {
	r.conn.Begin(start)
	r.task.Reset(r.host, &r.conn.Clock)
	defer func() { // also if the handler ends its goroutine
		r.task.Release()
		r.conn.Clock.End(osthread.CPUTime() - cpu)
		if trace.On() {
			trace.Add(trace.Event{What: trace.Run, Track: trace.ThisThread(), Strand: r.conn.Clock.Strand(), From: start, To: r.conn.Clock.At()})
		}
	}()
	return r.conn.Handle()
}
