package loop

import (
	"errors"
	"runtime/debug"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/cps"
	"github.com/plimsoll-dev/plimsoll/internal/account"
	"github.com/plimsoll-dev/plimsoll/internal/fiber"
	"github.com/plimsoll-dev/plimsoll/internal/inline"
	"github.com/plimsoll-dev/plimsoll/internal/reactor"
	"github.com/plimsoll-dev/plimsoll/internal/trace"
	"github.com/plimsoll-dev/plimsoll/model"
)

// A strand is a request, or a branch of one, in continuation-passing style. It
// accounts as inline.Task does.
type strand struct {
	*call
	clock *account.Clock // nil in the branches of All beside the first
	id    trace.Strand   // for traces
}

var _ cps.Task = (*strand)(nil)

// An entered step is what has to be left again.
type entered struct {
	step
	since  int64
	waited int64 // of it, for a slot; nanoseconds
	prev   model.State
}

func (s *strand) enter(op string, verb model.Verb, state model.State) entered {
	e := entered{step: step{op, verb}}
	if s.clock == nil {
		e.since = account.Now()
		return e
	}
	e.prev = s.clock.Enter(state)
	e.since = s.clock.At()
	return e
}

func (s *strand) leave(e entered) (now int64) {
	if s.clock == nil {
		now = account.Now()
	} else {
		s.clock.Leave(e.prev)
		now = s.clock.At()
	}
	s.ledger.Op(e.op, e.verb, now-e.since)
	if trace.On() {
		trace.Add(trace.Event{What: trace.Step, Strand: s.id, Op: e.op, Verb: e.verb, From: e.since, Waited: e.waited, To: now})
	}
	return now
}

// once makes a continuation that is called too often do nothing.
func (s *strand) once(then func(error)) func(error) {
	called := false
	return func(err error) {
		if !called && !s.over {
			called = true
			then(err)
		}
	}
}

// Await implements [cps.Task].
func (s *strand) Await(op string, f func(t cps.Task, done func(error)), then func(error)) {
	e := s.enter(op, model.Await, model.Awaiting)
	f(s, s.once(func(err error) {
		s.leave(e)
		then(err)
	}))
}

// stall runs f, which keeps the loop.
func (s *strand) stall(op string, verb model.Verb, state model.State, f func() error) error {
	e := s.enter(op, verb, state)
	s.put(step{}, e.since)
	defer func() { s.put(e.step, s.leave(e)) }()
	return f()
}

// Call implements [cps.Task].
func (s *strand) Call(op string, f func(engine.Task) error, then func(error)) {
	then(s.stall(op, model.Call, model.Calling, func() error {
		var t inline.Task
		t.ResetBranch(&s.host, s.ledger)
		defer t.Release()
		return f(&t)
	}))
}

// Compute implements [cps.Task].
func (s *strand) Compute(op string, f func(), then func()) {
	_ = s.stall(op, model.Compute, model.OnCPU, func() error { f(); return nil }) // f's own
	then()
}

// Block implements [cps.Task].
func (s *strand) Block(op string, f func() error, then func(error)) {
	then(s.stall(op, model.Block, model.Blocked, f))
}

// Hold implements [cps.Task].
func (s *strand) Hold(r *engine.Resource, f func(t cps.Task, release func(error)), then func(error)) {
	e := s.enter(r.Name(), model.Hold, model.Holding)
	g := &grant{resource: r}
	granted := func() {
		s.held = append(s.held, g)
		if s.clock != nil {
			s.clock.Leave(e.prev)
		}
		f(s, s.once(func(err error) {
			g.release() // first, so that the slot does not wait for the accounts
			s.drop(g)
			s.leave(e)
			then(err)
		}))
	}
	admitted := func() {
		e.waited = account.Now() - e.since
		granted()
	}
	if r.AcquireFunc(func() { s.reactor.Post(func() { s.admit(g, admitted) }) }) {
		granted()
	}
}

// admit goes on with a slot that was waited for.
func (s *strand) admit(g *grant, granted func()) {
	if s.over {
		g.release()
		return
	}
	s.run(s.reactor.Now(), granted)
}

// drop forgets a grant.
func (c *call) drop(g *grant) {
	for i := range c.held {
		if c.held[i] == g {
			c.held[i] = c.held[len(c.held)-1]
			c.held = c.held[:len(c.held)-1]
			return
		}
	}
}

// All implements [cps.Task].
func (s *strand) All(op string, f []func(t cps.Task, done func(error)), then func(error)) {
	state := model.OnCPU
	if s.clock != nil {
		state = s.clock.State()
	}
	e := s.enter(op, model.Parallel, state)
	errs := make([]error, len(f))
	left := len(f) + 1 // and the start of them all
	ended := func() {
		if left--; left == 0 {
			s.leave(e)
			then(errors.Join(errs...))
		}
	}
	for i := range f {
		branch, began := s, int64(0)
		if i > 0 {
			began = account.Now()
			branch = &strand{call: s.call, id: s.id.NewBranch()}
		}
		f[i](branch, branch.once(func(err error) {
			errs[i] = err
			if i == 0 && s.clock != nil && left > 1 {
				s.clock.Enter(model.Awaiting) // the others, until leave
			}
			if i > 0 && trace.On() {
				trace.Add(trace.Event{What: trace.Branch, Strand: branch.id, Op: op, From: began, To: account.Now()})
			}
			ended()
		}))
	}
	ended()
}

// Get implements [cps.Task].
func (s *strand) Get(address, target string, then func(status int, body []byte, err error)) {
	s.caller.get(s, address, target, then)
}

// Sleep implements [cps.Task].
func (s *strand) Sleep(d time.Duration, then func()) {
	if d <= 0 {
		then()
		return
	}
	var prev model.State
	if s.clock != nil {
		prev = s.clock.Enter(model.Awaiting)
	}
	t := new(reactor.Timer)
	t.Init(func() {
		s.run(s.reactor.Now(), func() {
			if s.clock != nil {
				s.clock.Leave(prev)
			}
			then()
		})
	})
	s.reactor.Start(t, account.Now()+int64(d))
}

// Post implements [cps.Task].
func (s *strand) Post(f func()) {
	ready := account.Now()
	s.reactor.Post(func() { s.run(ready, f) })
}

// run runs a continuation as the loop does: what it panics with fails the
// request, and what it takes is booked. The strand could go on since ready; 0:
// it did not wait. Only the first branch of a request moves it from state to
// state.
func (s *strand) run(ready int64, f func()) {
	if s.over {
		return
	}
	began := account.Now()
	if ready == 0 {
		ready = began
	} else if s.clock != nil {
		s.clock.Resumed(ready, began)
	}
	s.slice, s.at = fiber.Slice{Began: began, Strand: s.id}, began
	defer func() {
		if v := recover(); v != nil {
			s.panicked(v, debug.Stack())
		}
		s.put(step{}, account.Now())
		s.slice.Ended = s.at
		if trace.On() {
			trace.Add(trace.Event{What: trace.Run, Track: s.loop.Track(), Strand: s.id, From: began, Waited: max(0, began-ready), To: s.at})
		}
		s.loop.Book(&s.slice)
	}()
	f()
}

// Running returns what a trace knows the strand as, and when its request was
// taken up; 0 for a branch.
func (s *strand) Running() (id trace.Strand, began int64) {
	if s.clock != nil {
		began = s.clock.Began()
	}
	return s.id, began
}
