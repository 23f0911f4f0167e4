package probe

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/probe/internal/responder"
)

// Of service times that vary as much as exponential ones a few dozen do not tell
// the mean, nor so the size of a pool: a size that may be off by more than a tenth
// is not certain.
func TestASizeThatIsKnownRoughlyIsNotCertain(t *testing.T) {
	t.Parallel()
	arithmetic(t)
	sized := 0
	for seed := range seeds(t, 8) {
		r := rand.New(rand.NewPCG(seed, 47))
		n, wait := 8+r.IntN(23), time.Duration(80+r.IntN(250))*ms
		v, h := probed(t, 128, func() *responder.Service {
			return responder.New(seed, responder.Private(responder.Pool(n)), responder.Tailed(wait, 1, ms))
		})
		if v.Wall.Limit == nil {
			continue
		}
		sized++
		t.Logf("seed %d: %s %d of %d (%d … %d), confidence %s", seed, v.Wall.Kind, *v.Wall.Limit, n, *v.Wall.Low, *v.Wall.High, v.Confidence)
		if off := math.Abs(float64(*v.Wall.Limit)/float64(n) - 1); v.Confidence == "high" && off > 0.1 {
			t.Errorf("seed %d: %d (%d … %d), confidence high; it is %d\n%s", seed, *v.Wall.Limit, *v.Wall.Low, *v.Wall.High, n, told(h))
		}
	}
	if sized == 0 {
		t.Error("none was given a size")
	}
}
