package enginetest

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/cps"
	"github.com/plimsoll-dev/plimsoll/internal/coro"
	"github.com/plimsoll-dev/plimsoll/internal/goid"
)

// A direct is a row's handler in both styles. The rows are written in direct
// style, with a stack; where an engine asks for continuations, a coroutine of
// the harness has the stack, and is itself the continuation: it is resumed where
// a callback would be called. So whatever waits, waits in the engine's callbacks.
type direct struct{ http.HandlerFunc }

var _ cps.Handler = direct{}

// ServeCPS implements [cps.Handler].
func (d direct) ServeCPS(t cps.Task, w http.ResponseWriter, r *http.Request, done func()) {
	new(stacks).run(t, func(t *directTask) error {
		d.HandlerFunc(w, r.WithContext(engine.WithTask(r.Context(), t)))
		return nil
	}, func(error) { done() })
}

// stacks are those of a request: its own and those of its branches. The loop
// has them all.
type stacks struct{ waiting map[*stack]struct{} }

// A stack is where a handler, or a branch of it, is.
type stack struct {
	of  *stacks
	co  *coro.Coroutine
	end func()
	// keeps counts the steps around that keep the loop: in them nothing can
	// wait for a callback.
	keeps int
}

// run runs f on a stack of its own, and calls done after it.
func (all *stacks) run(t cps.Task, f func(*directTask) error, done func(error)) {
	s := &stack{of: all, co: coro.New()}
	var err error
	s.end = func() { done(err) }
	s.co.Start(func() {
		task := &directTask{stack: s, cps: t}
		task.owner.Store(goid.Current())
		defer task.owner.Store(0)
		err = f(task)
	})
	s.resume()
}

// resume goes on until the stack waits. What f panics with comes out, and ends
// the request's other stacks: their continuations will not be called.
func (s *stack) resume() {
	if s.co.Resume() != coro.Finished {
		return
	}
	failure := s.co.Failure()
	s.co.Stop()
	if failure == nil {
		s.end()
		return
	}
	for other := range s.of.waiting {
		other.co.Stop()
	}
	s.of.waiting = nil
	panic(failure.Value)
}

// wait begins something, and waits until that has called then.
func (s *stack) wait(begin func(then func())) {
	over := false
	begin(func() {
		over = true
		if s.co.Unpark() {
			s.resume()
		}
	})
	for !over {
		if s.of.waiting == nil {
			s.of.waiting = map[*stack]struct{}{}
		}
		s.of.waiting[s] = struct{}{}
		s.co.Park()
		delete(s.of.waiting, s)
	}
}

// A directTask is a [cps.Task] as an [engine.Task].
type directTask struct {
	stack *stack
	cps   cps.Task
	owner atomic.Uintptr // a goid.Owner; 0 when the stack has ended
}

// Owned tells [engine.TaskOf] whether the task is the calling goroutine's.
func (t *directTask) Owned() bool { return t.owner.Load() == goid.Current() }

// kept returns what stands for the task in a step that keeps the loop: one that
// blocks. nil: there is no such step around.
func (t *directTask) kept() engine.Task {
	if t.stack.keeps == 0 {
		return nil
	}
	return engine.TaskOf(context.Background())
}

func (t *directTask) Await(op string, f func(engine.Task) error) (err error) {
	if !t.Owned() {
		return engine.ErrForeignGoroutine
	}
	if plain := t.kept(); plain != nil {
		return plain.Await(op, f)
	}
	var end func(error)
	t.cps.Await(op, func(_ cps.Task, done func(error)) { end = done }, func(e error) { err = e })
	end(f(t))
	return err
}

func (t *directTask) Call(op string, f func(engine.Task) error) (err error) {
	if !t.Owned() {
		return engine.ErrForeignGoroutine
	}
	defer t.keep()()
	t.cps.Call(op, f, func(e error) { err = e })
	return err
}

func (t *directTask) Compute(op string, f func()) {
	if !t.Owned() {
		f()
		return
	}
	defer t.keep()()
	t.cps.Compute(op, f, func() {})
}

func (t *directTask) Block(op string, f func() error) (err error) {
	if !t.Owned() {
		return engine.ErrForeignGoroutine
	}
	defer t.keep()()
	t.cps.Block(op, f, func(e error) { err = e })
	return err
}

func (t *directTask) keep() (end func()) {
	t.stack.keeps++
	return func() { t.stack.keeps-- }
}

func (t *directTask) Hold(r *engine.Resource, f func(engine.Task) error) (err error) {
	if !t.Owned() {
		return engine.ErrForeignGoroutine
	}
	if plain := t.kept(); plain != nil {
		return plain.Hold(r, f)
	}
	var release func(error)
	t.stack.wait(func(then func()) {
		t.cps.Hold(r, func(_ cps.Task, done func(error)) { release = done; then() }, func(e error) { err = e })
	})
	release(f(t))
	return err
}

func (t *directTask) All(op string, f ...func(engine.Task) error) (err error) {
	if !t.Owned() {
		return engine.ErrForeignGoroutine
	}
	if plain := t.kept(); plain != nil {
		return plain.All(op, f...)
	}
	branches := make([]func(cps.Task, func(error)), len(f))
	for i := range f {
		branches[i] = func(branch cps.Task, done func(error)) {
			t.stack.of.run(branch, func(t *directTask) error { return f[i](t) }, done)
		}
	}
	t.stack.wait(func(then func()) {
		t.cps.All(op, branches, func(e error) { err = e; then() })
	})
	return err
}

var errNoDial = errors.New("enginetest: callbacks have no connections of their own")

func (t *directTask) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	if !t.Owned() {
		return nil, engine.ErrForeignGoroutine
	}
	if plain := t.kept(); plain != nil {
		return plain.Dial(ctx, network, address)
	}
	return nil, errNoDial
}

func (t *directTask) Sleep(d time.Duration) {
	if plain := t.kept(); plain != nil || !t.Owned() {
		time.Sleep(d)
		return
	}
	t.stack.wait(func(then func()) { t.cps.Sleep(d, then) })
}

// get is [cps.Task]'s Get.
func (t *directTask) get(address, path string) (status int, body []byte, err error) {
	t.stack.wait(func(then func()) {
		t.cps.Get(address, path, func(s int, b []byte, e error) {
			status, body, err = s, append(body, b...), e
			then()
		})
	})
	return status, body, err
}
