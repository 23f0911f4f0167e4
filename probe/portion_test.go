package probe

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/probe/internal/responder"
)

// A connection that is taken late, or given back early, is free again sooner than
// a request is done: more are in work at once than there are places, and the size
// is that of the rounds in which they are answered.
func TestAPlaceMayBeHeldForAPortionOfARequest(t *testing.T) {
	t.Parallel()
	for seed := range seeds(t, 6) {
		r := rand.New(rand.NewPCG(seed, 41))
		n, wait := 4+r.IntN(40), time.Duration(80+r.IntN(300))*ms
		share := []float64{0.5, 0.3, 0.7}[seed%3]
		before := (1 - share) * r.Float64()
		t.Run(fmt.Sprintf("%d/%d/%v/%.1f", seed, n, wait, share), func(t *testing.T) {
			v, h := probed(t, 256, func() *responder.Service {
				return responder.New(seed, responder.Amid(n, wait, 0, ms, before, share))
			})
			check(t, &known{kind: PrivatePool, limit: n}, 0, v, h)
			if want := float64(n) / (share * wait.Seconds()); v.Wall.Rate != nil && math.Abs(*v.Wall.Rate/want-1) > 0.1 {
				t.Errorf("it is said to carry %.1f/s; it should be %.1f", *v.Wall.Rate, want)
			}
		})
	}
}

// Where times vary, answers come in no rounds, and it is not told from a larger
// pool: what is certain is of as many as there are places, or as are in work.
func TestWhereTimesVaryAPoolMayBeOfWhatIsInWork(t *testing.T) {
	t.Parallel()
	arithmetic(t)
	for seed := range seeds(t, 6) {
		r := rand.New(rand.NewPCG(seed, 43))
		n, wait := 4+r.IntN(40), time.Duration(80+r.IntN(300))*ms
		t.Run(fmt.Sprintf("%d/%d/%v", seed, n, wait), func(t *testing.T) {
			v, h := probed(t, 256, func() *responder.Service {
				return responder.New(seed, responder.Amid(n, wait, 0.4, ms, 0.5, 0.5))
			})
			if v.Confidence != "high" {
				return
			}
			size := 0.0
			if v.Wall.Limit != nil {
				size = float64(*v.Wall.Limit)
			}
			places, inWork := math.Abs(size/float64(n)-1), math.Abs(size/float64(2*n)-1)
			if v.Wall.Kind != PrivatePool || min(places, inWork) > 0.2 {
				t.Errorf("%s %.0f, confidence high; it is a pool of %d, held for half of the time\n%s", v.Wall.Kind, size, n, told(h))
			}
		})
	}
}
