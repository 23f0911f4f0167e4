package probe

import (
	"testing"

	"github.com/plimsoll-dev/plimsoll/probe/internal/responder"
)

// A request that comes to its pool a second time before it is answered, as a
// database's client does that resets what it gives back, waits for all that came
// before it: of more than two rounds none is answered early, as if processors were
// shared. A wave of less than two rounds says that they are not.
func TestAPoolThatIsVisitedTwiceIsNotSaidToBeTheCPU(t *testing.T) {
	for _, n := range []int{7, 10, 23} {
		v, h := probed(t, 256, func() *responder.Service {
			pool := responder.Private(responder.Pool(n))
			twice := func(c *responder.Call, next func()) {
				pool(c, next)
				pool(c, func() {})
			}
			return responder.New(1, twice, responder.Wait(300*ms, 0, ms))
		})
		right := v.Wall.Kind == PrivatePool && v.Wall.Limit != nil && *v.Wall.Limit == n
		if !right && v.Confidence != "low" && v.Confidence != "none" {
			t.Errorf("%s with %s confidence; it is a pool of %d\n%s", v.Wall.Kind, v.Confidence, n, told(h))
		}
	}
}
