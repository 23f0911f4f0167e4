package future

import (
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/internal/account"
	"github.com/plimsoll-dev/plimsoll/internal/exchange"
	"github.com/plimsoll-dev/plimsoll/internal/fiber"
	"github.com/plimsoll-dev/plimsoll/internal/osthread"
	"github.com/plimsoll-dev/plimsoll/internal/trace"
)

// A place is what runs a coroutine.
type place uint8

const (
	onContainer place = iota
	onClient
	onExecutor
)

// A strand is a coroutine that moves between places: a request, or a branch of
// one. Its fields belong to whoever runs it; before it suspends it says where
// it is to go on.
type strand struct {
	engine  *Engine
	fiber   *fiber.Fiber
	request *request // whose strand it is; nil: a branch's, which is in no account
	target  place    // where it goes on when it is woken

	keeps    int  // steps around it that keep the thread
	moving   bool // it does not wait for anything but its target
	rejected bool // the executor had no room for it

	// The CPU time since the strand last got control.
	thread    int
	cpu, wall int64
}

// A seat is a thread for as long as it runs one strand.
type seat struct {
	place   place
	carrier *fiber.Carrier
	number  int
	ended   bool // the strand has ended, on this seat
}

// seats are those of threads that come and go.
var (
	seats  = sync.Pool{New: newSeat}
	taken  atomic.Int64
	tracks = [...]trace.Track{
		onContainer: {Kind: trace.Worker, Name: "container"},
		onExecutor:  {Kind: trace.Worker, Name: engine.PoolExecutor},
	}
)

func newSeat() any {
	s := &seat{carrier: new(fiber.Carrier), number: int(taken.Add(1))}
	s.carrier.Local, s.carrier.Pooled = s, true
	return s
}

// take returns a seat of the calling thread.
func take(p place) *seat {
	s := seats.Get().(*seat)
	s.place = p
	if s.carrier.Track = tracks[p]; p != onClient { // that shows itself
		s.carrier.Track.Number = s.number
	}
	return s
}

// seat returns what runs the strand.
func (t *strand) seat() *seat { return t.fiber.Carrier().Local.(*seat) }

// run runs a strand until it suspends or ends; ended tells. If it does not, the
// strand may be another's by now.
func (s *seat) run(f *fiber.Fiber) {
	s.ended = false
	s.carrier.Run(f, account.Now())
}

// resume is the job of an executor's thread.
func resume(f *fiber.Fiber) {
	s := take(onExecutor)
	s.run(f)
	seats.Put(s)
}

// Ready implements [fiber.Scheduler]: it has a strand go on where that has said.
func (e *Engine) Ready(f *fiber.Fiber) {
	t := f.Tag().(*strand)
	switch {
	case t.target == onContainer:
		t.request.conn.Readmit()
		return
	case t.target == onClient:
	case !t.moving: // it was admitted before, and got what it waited for
		e.executor.Readmit(f)
		return
	case e.executor.Submit(f):
		return
	default:
		e.container.Ledger().Reject()
		t.rejected = true
	}
	e.client.Ready(f)
}

// current returns the strand that calls.
func current() *strand { return fiber.Current().Tag().(*strand) }

// move goes on at a place. If the executor has no room it panics, so that the
// request is answered 503.
func (t *strand) move(to place) {
	if t.seat().place == to {
		return
	}
	t.leave()
	before := t.target
	t.target, t.moving = to, true
	t.fiber.Yield()
	t.target, t.moving = before, false
	t.enter()
	if t.rejected {
		t.rejected = false
		panic(exchange.ErrRejected)
	}
}

// enter begins to count CPU time, leave ends it. A goroutine that is not locked
// may have come to another thread in between; what it used then is not known,
// and time stands in for it.
func (t *strand) enter() {
	if t.request != nil {
		t.thread, t.cpu, t.wall = unix.Gettid(), osthread.CPUTime(), account.Now()
	}
}

func (t *strand) leave() {
	switch {
	case t.request == nil:
	case t.thread == unix.Gettid():
		t.request.cpu += osthread.CPUTime() - t.cpu
	default:
		t.request.cpu += account.Now() - t.wall
	}
}
