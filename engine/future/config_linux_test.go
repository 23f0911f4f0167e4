package future

import (
	"net/http"
	"testing"

	"github.com/plimsoll-dev/plimsoll/engine/enginetest/rig"
)

func TestNewWantsItsOwnConfiguration(t *testing.T) {
	if _, err := New(rig.Config(t, "thread")); err == nil {
		t.Error("made a future engine of a thread configuration")
	}
}

func TestProcs(t *testing.T) {
	for text, want := range map[string]int{
		"future:max=200":                                             211,
		"future:max=200,executor=8":                                  219,
		"future:max=200,executor=8,executor-max=16":                  219, // its queue is never full
		"future:max=200,executor=8,executor-queue=5,executor-max=16": 227,
		"future:max=200,executor=8,executor-queue=5":                 219,
	} {
		if got := Procs(rig.Config(t, text)); got != want {
			t.Errorf("%s: %d, want %d", text, got, want)
		}
	}
}

// Threads that a burst has made end when they are idle.
func TestContainerShrinks(t *testing.T) {
	g := rig.NewGate(t)
	r := serve(t, "future:max=6,spare=2,idle=30ms", g.Call)
	clients := r.Ask(6, "/")
	rig.Eventually(t, "6 threads", func() bool { return r.Stats().Threads == 6 && g.Now() == 6 })
	g.Open()
	rig.Expect(clients, http.StatusOK)
	rig.Eventually(t, "2 threads left", func() bool { return r.Stats().Threads == 2 })
}
