package probe

import (
	"slices"
	"testing"

	"github.com/plimsoll-dev/plimsoll/probe/internal/responder"
)

// Who serves the last to come first lets others wait for ever, which no median
// shows.
func TestStarvationIsWarnedOf(t *testing.T) {
	starving := func(wall responder.Wall) bool {
		v, _ := probed(t, 64, func() *responder.Service { return responder.New(1, wall, responder.Wait(200*ms, 0.1, ms)) })
		return slices.ContainsFunc(v.Warnings, func(w Warning) bool { return w.Code == "starvation" })
	}
	if !starving(responder.Stack(8)) {
		t.Error("a service that serves the last first does not starve anybody")
	}
	for name, wall := range map[string]responder.Wall{
		"pool": responder.Pool(8), "private": responder.Private(responder.Pool(8)), "loops": responder.Lanes(3, 1, true),
		"processes": responder.Lanes(3, 4, true), "growing": responder.Growing(4, 12, 500*ms), "paced": responder.Private(responder.Pacer(40)),
		"turn": responder.Turn(20*ms, ms),
	} {
		if starving(wall) {
			t.Errorf("%s: a service that serves in order is said to starve requests", name)
		}
	}
}
