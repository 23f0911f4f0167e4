package fiber

import (
	"net/http"

	"github.com/plimsoll-dev/plimsoll/internal/account"
	"github.com/plimsoll-dev/plimsoll/internal/exchange"
)

// A Callback is a request that is answered without a fiber: by callbacks on the
// reactor's goroutine, which calls all its methods. Writing to it never waits;
// what the client does not take at once is sent by a fiber after Done.
type Callback struct {
	Writer  http.ResponseWriter
	Request *http.Request
	Clock   *account.Clock

	worker *worker
}

// answer has the server's callbacks answer the worker's connection, if there is
// a whole request without a body. false: a fiber has to, see queue.
func (w *worker) answer(ready int64) bool {
	s, c := w.server, w.conn
	c.unsent = &w.unsent
	switch err := w.exchange.ReadHead(); {
	case err == exchange.ErrAgain: // the rest of the head is on its way
		c.unsent = nil
		return false
	case err != nil:
		w.conclude(exchange.Close)
		return true
	case w.exchange.HasBody():
		c.unsent, w.read = nil, true
		return false
	}
	w.clock.Begin(s.cfg.Ledger, ready, account.Now())
	r := &request{conn: c}
	r.Init(s.base, c)
	c.request.Store(r)
	c.wrote.Store(false)
	c.failed.Store(false)
	cb := &Callback{Clock: &w.clock, worker: w}
	cb.Writer, cb.Request = w.exchange.Open(r, s.stopping.Load())
	s.cfg.Callbacks(cb)
	return true
}

// Done says that the answer is complete.
func (cb *Callback) Done() { cb.worker.done(cb.worker.exchange.Finish(), true) }

// Fail ends the request as a handler's panic does.
func (cb *Callback) Fail(v any, stack []byte) {
	w := cb.worker
	whole := v != http.ErrAbortHandler && !w.conn.wrote.Load()
	w.done(w.exchange.Fail(v, stack), whole)
}

func (w *worker) done(outcome exchange.Outcome, whole bool) {
	w.whole = whole
	if len(w.unsent) > 0 {
		w.server.group.Go(func() { w.send(outcome) })
		return
	}
	w.settle(outcome)
}

// send is the body of a fiber: it writes what the client did not take at once.
func (w *worker) send(outcome exchange.Outcome) {
	unsent := w.unsent
	w.conn.unsent, w.unsent = nil, nil
	if _, err := w.conn.Write(unsent); err != nil {
		outcome = exchange.Close
	}
	w.settle(outcome)
}

// settle ends the request, and goes on with the connection.
func (w *worker) settle(outcome exchange.Outcome) {
	c := w.conn
	r := c.request.Swap(nil)
	if outcome == exchange.Hijacked || w.whole && !c.failed.Load() {
		w.server.cfg.Ledger.Responses.Add(1)
	}
	w.clock.End(-1)
	w.conclude(outcome)
	r.End() // which may run what the handler has left behind
}

// conclude does with the connection what is to be done after an answer.
func (w *worker) conclude(outcome exchange.Outcome) {
	s := w.server
	w.conn.unsent = nil
	switch outcome {
	case exchange.Close:
		_ = w.exchange.Close()
		s.putWorker(w)
		return
	case exchange.Hijacked:
		s.putWorker(w)
		return
	}
	if !w.exchange.Buffered() {
		w.exchange.Idle()
		if w.idle() {
			s.putWorker(w)
			return
		}
	}
	s.group.reactor.Post(w.next) // others first
}

// again goes on with a connection on which more has come already.
func (w *worker) again() {
	now := account.Now()
	if !w.answer(now) {
		w.queue(now)
	}
}
