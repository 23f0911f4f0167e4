package loop

import (
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/internal/fiber"
	"github.com/plimsoll-dev/plimsoll/internal/inline"
	"github.com/plimsoll-dev/plimsoll/model"
)

// A host is how tasks wait on this engine. It implements inline.Host and
// inline.Runner.
type host struct {
	fiber.Host
	await fiber.Wait // what an await costs
}

func newHost(g *fiber.Group, busy bool) *host {
	h := &host{fiber.Host{Group: g}, fiber.Suspend}
	if busy {
		h.await = fiber.Ask
	}
	return h
}

// Run runs a step's function on the loop. What it waits for on connections
// suspends inside an await, and stalls the loop inside anything else.
func (h *host) Run(t *inline.Task, op string, verb model.Verb, f func(engine.Task) error) error {
	wait := fiber.Block
	if verb == model.Await {
		wait = h.await
	}
	me := fiber.Current()
	before := me.SetWait(wait)
	in := me.Enter(op, verb)
	defer func() {
		me.Leave(in)
		me.SetWait(before)
	}()
	return f(t)
}

// Sleep is an await wherever it stands.
func (h *host) Sleep(d time.Duration) {
	me := fiber.Current()
	before := me.SetWait(h.await)
	me.Sleep(d)
	me.SetWait(before)
}
