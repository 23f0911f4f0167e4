package probe

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/plimsoll-dev/plimsoll/probe/internal/responder"
)

// A service that fails now and then, and has worked by then, turns nobody away.
func TestErrorsAfterTheWorkAreNoRefusals(t *testing.T) {
	t.Parallel()
	for seed := range seeds(t, 3) {
		r := rand.New(rand.NewPCG(seed, 53))
		n := 4 + r.IntN(30)
		v, h := probed(t, 64, func() *responder.Service {
			return responder.New(seed, responder.Failing(0.2), responder.Private(responder.Pool(n)), responder.Wait(300*ms, 0.1, ms))
		})
		failed, _ := h.errors()
		if failed == 0 {
			t.Errorf("seed %d: none of the single requests failed\n%s", seed, told(h))
		}
		if v.Wall.Kind != PrivatePool && confident(v) {
			t.Errorf("seed %d: %s, confidence %s; it is a pool of %d\n%s", seed, v.Wall.Kind, v.Confidence, n, told(h))
		}
		if !slices.ContainsFunc(v.Warnings, func(w Warning) bool { return w.Code == "errors" }) {
			t.Errorf("seed %d: warnings %q\n%s", seed, v.Warnings, told(h))
		}
	}
}

// Where single requests are turned away at once, that is no error after the work.
func TestRefusalsOfSingleRequestsAreNoErrors(t *testing.T) {
	_, h := probed(t, 32, func() *responder.Service {
		limit := responder.Limiter(1, 5)
		unavailable := func(c *responder.Call, next func()) {
			if limit(c, next); c.Status == 429 {
				c.Status = 503
			}
		}
		return responder.New(1, responder.Far(30*ms), responder.Private(unavailable), responder.Wait(20*ms, 0.1, ms))
	})
	refused := 0
	for _, o := range h.made("baseline") {
		refused += turnedAway(o)
	}
	if n, _ := h.errors(); n > 0 || refused == 0 {
		t.Errorf("%d errors among %d that were turned away\n%s", n, refused, told(h))
	}
}
