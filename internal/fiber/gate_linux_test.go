package fiber

import (
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/reactor"
)

// A deadline holds that is set while the timer of the one before it fires, on
// another thread, and finds that there is none any more.
func TestADeadlineSetWhileTheTimerOfTheLastOneFiresHolds(t *testing.T) {
	c := newCarriers(t, 1)
	defer c.stop(t)
	const ahead = int64(20 * time.Microsecond)
	var g gate
	set := func(at int64) {
		g.deadline.Store(at)
		g.arm(c.group, at)
	}
	for i := range int64(20_000) {
		first := reactor.Clock() + ahead
		set(first)
		g.deadline.Store(0)
		for reactor.Clock() < first+i%256*400 { // to somewhere around the firing
		}
		g.pass()
		set(reactor.Clock() + ahead)
		for end := time.Now().Add(patience); g.state.Load() != opened; {
			if time.Now().After(end) {
				t.Fatalf("deadline %d has passed, and nobody is told", i)
			}
		}
	}
}
