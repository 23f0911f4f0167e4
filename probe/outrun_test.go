package probe

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/probe/internal/responder"
)

// A pool of one that is slower than it was for single requests, one after the other,
// would have had those wait if it were a limit by time.
func TestWhatSingleRequestsExceededIsNoLimit(t *testing.T) {
	t.Parallel()
	arithmetic(t)
	for seed := range soaked(6, 30) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 43))
			alone, factor := time.Duration(15+r.IntN(30))*ms, 1.3+0.2*r.Float64()
			v, h := probed(t, 128, func() *responder.Service {
				return responder.New(seed, responder.Private(responder.Pool(1)), responder.Slowing(30*alone+40*ms, alone, factor, ms, ms))
			})
			if k := v.Wall.Kind; k == RateLimit || k != PrivatePool && confident(v) {
				t.Errorf("%v × %.2f: %s, confidence %s; %+v\n%s", alone, factor, k, v.Confidence, v.Hypotheses, told(h))
			}
		})
	}
}

// A limit that delays, and lets some go at once before, is not outrun by its own
// pace, and is by half of it.
func TestALimitIsNotOutrunByItsOwnPace(t *testing.T) {
	for _, burst := range []int{1, 5} {
		_, h := probed(t, 64, func() *responder.Service {
			return responder.New(1, responder.Private(responder.Saving(40, burst)), responder.Wait(100*ms, 0.02, ms))
		})
		if h.outran(1./40, burst) || !h.outran(1./20, burst) {
			t.Errorf("burst %d: outran its own pace %t, half of it %t", burst, h.outran(1./40, burst), h.outran(1./20, burst))
		}
	}
}
