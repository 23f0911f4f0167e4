package future

import (
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/internal/fiber"
	"github.com/plimsoll-dev/plimsoll/internal/inline"
	"github.com/plimsoll-dev/plimsoll/model"
)

// A host is how tasks wait that may give their thread back. It implements
// inline.Host and inline.Runner.
type host struct {
	fiber.Host // its group is the client's
	engine     *Engine
}

var (
	_ inline.Host   = (*host)(nil)
	_ inline.Runner = (*host)(nil)
	_ inline.Stage  = (*host)(nil)
)

// Run runs a step's function: inside an await its waits suspend, and what comes
// after goes on where continuations do; anything else keeps the thread.
func (h *host) Run(t *inline.Task, op string, verb model.Verb, f func(engine.Task) error) error {
	me := current()
	if verb != model.Await || me.keeps > 0 {
		return h.keep(me, t, op, verb, f)
	}
	me.leave()
	wait, target := me.fiber.SetWait(fiber.Suspend), me.target
	me.target = onClient // which does the I/O
	step := me.fiber.Enter(op, verb)
	err := func() error {
		defer func() { // also if f panics
			me.fiber.Leave(step)
			me.target = target
			me.fiber.SetWait(wait)
			me.enter()
		}()
		return f(t)
	}()
	me.move(target) // also if nothing had to be waited for: what comes after is a continuation
	return err
}

// keep runs a step that keeps its thread.
func (h *host) keep(me *strand, t *inline.Task, op string, verb model.Verb, f func(engine.Task) error) error {
	wait := me.fiber.SetWait(fiber.Pin)
	step := me.fiber.Enter(op, verb)
	me.keeps++
	defer func() {
		me.keeps--
		me.fiber.Leave(step)
		me.fiber.SetWait(wait)
	}()
	if verb == model.Call {
		return t.On(h.engine.calling, f)
	}
	return f(t)
}

// Sleep implements [inline.Host].
func (h *host) Sleep(d time.Duration) {
	me := current()
	me.leave()
	me.fiber.Sleep(d)
	me.enter()
}

// NewParker implements [inline.Host].
func (h *host) NewParker() engine.Parker { return current() }

// Park implements [engine.Parker].
func (t *strand) Park() {
	t.leave()
	t.fiber.Park()
	t.enter()
}

// Unpark implements [engine.Parker].
func (t *strand) Unpark() { t.fiber.Unpark() }

// Go runs f as a coroutine: on the calling thread, until it first suspends.
func (h *host) Go(f func()) {
	me := current()
	b := &strand{engine: h.engine, target: me.target, keeps: me.keeps}
	b.fiber = h.Group.New(f, me.fiber.Wait(), b)
	s := take(me.seat().place)
	s.run(b.fiber)
	seats.Put(s)
}
