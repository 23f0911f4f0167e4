package loop

import (
	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/internal/fiber"
	"github.com/plimsoll-dev/plimsoll/internal/inline"
	"github.com/plimsoll-dev/plimsoll/model"
)

// A host is how tasks wait on this engine. It implements inline.Host and
// inline.Runner.
type host struct{ fiber.Host }

// Run runs a step's function on the loop. What it waits for on connections
// suspends inside an await, and stalls the loop inside anything else.
func (*host) Run(t *inline.Task, op string, verb model.Verb, f func(engine.Task) error) error {
	wait := fiber.Block
	if verb == model.Await {
		wait = fiber.Suspend
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
