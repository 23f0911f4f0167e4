package probe

import (
	"fmt"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/probe/internal/responder"
)

// A server that closes idle connections after two seconds has a cap all the same.
func TestACapIsSeenThroughAServersPatience(t *testing.T) {
	for _, n := range []int{8, 33} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			v, h := probed(t, 128, func() *responder.Service {
				s := responder.New(1, responder.Wait(200*ms, 0, ms))
				s.Admit, s.Idle = responder.Cap(n), 2*time.Second
				return s
			})
			check(t, &known{kind: ConnectionCap, limit: n}, 0, v, h)
		})
	}
}
