package loop

import (
	"net/http"
	"testing"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/enginetest/rig"
)

// A loop that waits to be told turns when something happens; one that polls
// turns all the time, with nobody connected and with a request that waits.
func TestBusyPollingNeverRests(t *testing.T) {
	turns := func(r *running) uint64 { return r.Stats().Loops[0].Turns }
	u := rig.NewGate(t)
	handler := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/wait" {
			engine.TaskOf(r.Context()).Await("up", u.Pass)
		}
	}
	busy, waits := serve(t, "loop:poll=busy", handler), serve(t, "loop", handler)
	for _, r := range []*running{busy, waits} {
		r.Get("/").Expect(200) // it serves
	}
	// Turns are what tells: for as long as the one makes these, the other makes
	// a few at most, for its timers.
	const many, few = 20_000, 1000
	before := turns(waits)
	from := turns(busy)
	rig.Eventually(t, "the busy loop turns", func() bool { return turns(busy) > from+many })
	if n := turns(waits) - before; n > few {
		t.Errorf("a loop that waits made %d turns for nothing", n)
	}
	a, b := busy.Get("/wait"), waits.Get("/wait")
	u.Holds(t, 2)
	before, from = turns(waits), turns(busy)
	rig.Eventually(t, "the busy loop turns", func() bool { return turns(busy) > from+many })
	if n := turns(waits) - before; n > few {
		t.Errorf("a loop that waits made %d turns for a request that waits", n)
	}
	// Others are served meanwhile: that is all that not blocking gives.
	busy.Get("/").Expect(200)
	u.Open()
	a.Expect(200)
	b.Expect(200)
	busy.Stop()
	if s := busy.Stats().Loops[0]; s.BusyNanos == 0 {
		t.Errorf("%+v", s)
	}
}
