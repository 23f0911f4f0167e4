package probe

import (
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/probe/internal/responder"
)

// Threads that compute on fewer processors are not a pool of as many as those: of
// the first requests none is answered as soon as one alone.
func TestThreadsOnFewerProcessorsAreNoSmallerPoolForCertain(t *testing.T) {
	t.Parallel()
	arithmetic(t)
	for seed := range seeds(t, 18) {
		work := time.Duration(16+2*seed%60) * ms
		v, h := probed(t, 128, func() *responder.Service {
			return responder.New(seed, responder.Private(responder.Pool(4)),
				(&responder.Slices{CPUs: 2, Quantum: 4 * ms, Heavy: work, Spread: 0.05 + 0.1*float64(seed%2), Canary: ms / 2}).Wall())
		})
		t.Logf("seed %d, %v: %s, confidence %s; %+v", seed, work, v.Wall.Kind, v.Confidence, v.Hypotheses)
		if confident(v) && v.Wall.Kind != CPU {
			t.Errorf("seed %d, %v: %s, confidence %s; %+v\n%s", seed, work, v.Wall.Kind, v.Confidence, v.Hypotheses, told(h))
		}
	}
}
