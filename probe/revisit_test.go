package probe

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/probe/internal/responder"
)

// Requests that come to a pool several times, each time at the end of the queue,
// are all late: as if they shared a processor. It has a size all the same.
func TestAPoolThatRequestsComeToSeveralTimesIsAPool(t *testing.T) {
	t.Parallel()
	for seed := range seeds(t, 6) {
		r := rand.New(rand.NewPCG(seed, 37))
		n := 3 + r.IntN(24)
		wait := time.Duration(80+r.IntN(300)) * ms
		shares := [][]float64{{0.99, 0.01}, {0.5, 0.5}, {0.3, 0.4, 0.3}}[seed%3]
		cv := 0.1 * float64(seed/3%2)
		t.Run(fmt.Sprintf("%d/%d/%v/%v/%.1f", seed, n, wait, shares, cv), func(t *testing.T) {
			v, h := probed(t, 256, func() *responder.Service {
				return responder.New(seed, responder.Visits(n, wait, cv, ms, shares...))
			})
			check(t, &known{kind: PrivatePool, limit: n}, 0.05, v, h)
		})
	}
}
