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

// A pool that is large and steady has as many places in waves as when it is kept
// busy, as far as either tells.
func TestALargePoolDoesNotShrink(t *testing.T) {
	arithmetic(t)
	for seed := range seeds(t, 2) {
		r := rand.New(rand.NewPCG(seed, 41))
		n := 150 + r.IntN(101)
		wait := time.Duration(100+r.IntN(200)) * ms
		t.Run(fmt.Sprintf("%d/%d/%v", seed, n, wait), func(t *testing.T) {
			v, h := probed(t, 512, func() *responder.Service {
				return responder.New(seed, responder.Pool(n), responder.Wait(wait, 0.02+0.02*r.Float64(), ms))
			})
			for _, w := range v.Warnings {
				if w.Code == "shrinks" {
					t.Errorf("%s\n%s", w.Text, told(h))
				}
			}
		})
	}
}

// Of few places one fewer is another pool, and of many it is the same.
func TestASizeIsLessThanAnotherByMoreThanItIsKnown(t *testing.T) {
	for _, c := range []struct {
		found, busy int
		less        bool
	}{{3, 4, true}, {4, 4, false}, {19, 20, true}, {49, 50, false}, {199, 200, false}, {197, 200, false}, {190, 200, true}} {
		if less := float64(c.found) < lessThan(c.busy); less != c.less {
			t.Errorf("%d of %d: less %t", c.found, c.busy, less)
		}
	}
}
