package loop

import (
	"testing"

	"github.com/plimsoll-dev/plimsoll/engine/enginetest"
)

func TestConformance(t *testing.T) {
	for _, config := range []string{"loop", "loop:poll=busy"} {
		t.Run(config, func(t *testing.T) { enginetest.Run(t, config, New) })
	}
}

// The rows' handlers run on coroutines of the harness, whose every wait is one of
// the engine's callbacks.
func TestConformanceOfCallbacks(t *testing.T) {
	const noConnections = "callbacks ask servers by cps.Task's Get, and have no connections of their own"
	enginetest.Run(t, "loop:style=cps", New,
		enginetest.Except("a dialled connection is a net.Conn", noConnections),
		enginetest.Except("a dial that fails says why", noConnections),
		enginetest.Except("a client that leaves ends what is done for it", "cps.Task's Get takes no context: it asks to the end"),
		enginetest.Except("a panic in a function of All is the handler's, after all have ended", "a continuation has no caller that could recover: its panic fails the request at once"),
		enginetest.Except("a write deadline interrupts the writing to a client that does not read", "writing in a callback never waits: what the client does not take is kept"),
	)
}

func TestModel(t *testing.T) { enginetest.RunModel(t, "loop", New) }
