package probe

import (
	"sync"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/probe/internal/responder"
)

// hiccup answers at a pace for a second, from when n requests were there at
// once for the first time: others had the machine then.
func hiccup(n int, rate float64) responder.Wall {
	var mu sync.Mutex // guards inside and since
	inside := 0
	var since time.Time
	pace := responder.Pacer(rate)
	return func(c *responder.Call, next func()) {
		mu.Lock()
		inside++
		if inside == n && since.IsZero() {
			since = time.Now()
		}
		busy := !since.IsZero() && time.Since(since) < time.Second
		mu.Unlock()
		if busy {
			pace(c, next)
		} else {
			next()
		}
		mu.Lock()
		inside--
		mu.Unlock()
	}
}

// A pace that one wave had and the next, as large, had not is no limit.
func TestAWaveThatWasHeldUpOnceIsNoRateLimit(t *testing.T) {
	for seed := range seeds(t, 8) {
		v, h := probed(t, 256, func() *responder.Service {
			return responder.New(seed, hiccup(200, 900), responder.Wait(200*ms, 0.02, ms))
		})
		if v.Wall.Kind == RateLimit || v.Wall.Kind != None && v.Confidence == "high" {
			t.Errorf("seed %d: %s with confidence %s, of a service without a wall: %+v\n%s", seed, v.Wall.Kind, v.Confidence, v.Hypotheses, told(h))
		}
	}
}
