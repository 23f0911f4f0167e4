package loop

import (
	"net/http"
	"testing"

	"github.com/plimsoll-dev/plimsoll/engine"
)

// A loop that waits to be told turns when something happens; one that polls
// turns all the time, with nobody connected and with a request that waits.
func TestBusyPollingNeverRests(t *testing.T) {
	turns := func(r *running) uint64 { return r.Stats().Loops[0].Turns }
	u := startUpstream(t)
	handler := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/wait" {
			engine.TaskOf(r.Context()).Await("up", func(t engine.Task) error { return ask(t, u.address) })
		}
	}
	busy, waits := serve(t, "loop:poll=busy", handler), serve(t, "loop", handler)
	for _, r := range []*running{busy, waits} {
		connect(t, r.address).send("/").answer() // it serves
	}
	// Turns are what tells: for as long as the one makes these, the other makes
	// a few at most, for its timers.
	const many, few = 20_000, 1000
	before := turns(waits)
	from := turns(busy)
	eventually(t, "the busy loop turns", func() bool { return turns(busy) > from+many })
	if n := turns(waits) - before; n > few {
		t.Errorf("a loop that waits made %d turns for nothing", n)
	}
	a, b := connect(t, busy.address).send("/wait"), connect(t, waits.address).send("/wait")
	eventually(t, "both ask the upstream", func() bool { return u.waiting() == 2 })
	before, from = turns(waits), turns(busy)
	eventually(t, "the busy loop turns", func() bool { return turns(busy) > from+many })
	if n := turns(waits) - before; n > few {
		t.Errorf("a loop that waits made %d turns for a request that waits", n)
	}
	// Others are served meanwhile: that is all that not blocking gives.
	connect(t, busy.address).send("/").answer()
	close(u.open)
	a.answer()
	b.answer()
	busy.stop(t)
	if s := busy.Stats().Loops[0]; s.BusyNanos == 0 {
		t.Errorf("%+v", s)
	}
}
