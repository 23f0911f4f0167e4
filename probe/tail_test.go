package probe

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/probe/internal/responder"
)

// A pool that is looked after every second, and loses a process in each in which
// many have nothing to do, has as many as it had when it was busy.
func TestAPoolThatIsReapedHasAsManyAsItHadBusy(t *testing.T) {
	for seed := range seeds(t, 4) {
		r := rand.New(rand.NewPCG(seed, 31))
		from, most := 2+r.IntN(4), 12+r.IntN(30)
		spare := 3 + r.IntN(8)
		wait := time.Duration(100+r.IntN(250)) * ms
		t.Run(fmt.Sprintf("%d/%d…%d/%d/%v", seed, from, most, spare, wait), func(t *testing.T) {
			v, h := probed(t, 256, func() *responder.Service {
				return responder.New(seed, responder.Prefork(from, most, spare), responder.Wait(wait, 0.02, ms))
			})
			check(t, &known{kind: SharedPool, limit: most}, 0.02, v, h)
		})
	}
}
