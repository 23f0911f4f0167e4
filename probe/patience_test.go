package probe

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/probe/internal/responder"
)

// Who waits for a place and is turned away when that has taken too long, is
// turned away by how many there are: a place that is free again in time is taken.
func TestAQueueThatTimesOutIsNotALimitByTime(t *testing.T) {
	t.Parallel()
	for seed := range seeds(t, 6) {
		r := rand.New(rand.NewPCG(seed, 17))
		n := 2 + int(math.Exp(r.Float64()*math.Log(60)))
		wait := time.Duration(100+r.IntN(400)) * ms
		patience := time.Duration((0.1 + 0.7*r.Float64()) * float64(wait))
		cv, shared := 0.2*float64(seed%2), seed%3 == 0
		if raced && n > 30 {
			continue
		}
		t.Run(fmt.Sprintf("%d/%d/%v/%v/%.1f/%v", seed, n, wait, patience, cv, shared), func(t *testing.T) {
			v, h := probed(t, 256, func() *responder.Service {
				w := responder.Impatient(n, patience)
				if !shared {
					w = responder.Private(w)
				}
				return responder.New(seed, w, responder.Wait(wait, cv, ms))
			})
			check(t, &known{kind: Shedding, limit: n}, 0.05, v, h)
			if !shared && v.Confidence != "high" && v.Confidence != "medium" {
				t.Errorf("confidence %s: %+v", v.Confidence, v.Hypotheses)
			}
		})
	}
}

// Where the queue lasts for several rounds, it is a pool that some wait for in
// vain.
func TestAPatientQueueIsAPool(t *testing.T) {
	for seed := range seeds(t, 3) {
		r := rand.New(rand.NewPCG(seed, 19))
		n := 2 + r.IntN(20)
		wait := time.Duration(100+r.IntN(200)) * ms
		patience := time.Duration((1.3 + 2*r.Float64()) * float64(wait))
		t.Run(fmt.Sprintf("%d/%d/%v/%v", seed, n, wait, patience), func(t *testing.T) {
			v, h := probed(t, 256, func() *responder.Service {
				return responder.New(seed, responder.Private(responder.Impatient(n, patience)), responder.Wait(wait, 0, ms))
			})
			check(t, &known{kind: PrivatePool, limit: n}, 0, v, h)
		})
	}
}

// A way that is long makes refusals late, and so does a server that has something
// to do for each: nobody waited for a place.
func TestRefusalsThatAreLateAreNotPatience(t *testing.T) {
	for _, c := range []struct {
		name string
		wall func() responder.Wall
	}{
		{"a long way", func() responder.Wall { return responder.Far(30 * ms) }},
		{"each takes a while", func() responder.Wall {
			work := responder.Turn(12*ms, 12*ms)
			return func(c *responder.Call, next func()) {
				if next(); c.Status == 503 {
					work(c, func() {})
				}
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			v, h := probed(t, 128, func() *responder.Service {
				return responder.New(1, c.wall(), responder.Private(responder.Bounded(12, 0)), responder.Wait(200*ms, 0.05, ms))
			})
			check(t, &known{kind: Shedding, limit: 12}, 0, v, h)
			if patience := assess(h).patience; patience > 0 {
				t.Errorf("they seem to have waited for %.0f ms\n%s", 1e3*patience, told(h))
			}
		})
	}
}

// Who is told late that there was no place did not wait for one: those that came
// free meanwhile were given to nobody.
func TestWhoIsToldLateDidNotQueue(t *testing.T) {
	t.Parallel()
	for seed := range seeds(t, 3) {
		r := rand.New(rand.NewPCG(seed, 47))
		n := 3 + r.IntN(20)
		wait := time.Duration(100+r.IntN(400)) * ms
		late := time.Duration((0.3 + 6*r.Float64()) * float64(wait))
		status := []int{503, 302, 429}[seed%3]
		t.Run(fmt.Sprintf("%d/%d/%v/%v/%d", seed, n, wait, late, status), func(t *testing.T) {
			v, h := probed(t, 256, func() *responder.Service {
				return responder.New(seed, responder.Private(responder.Tarpit(n, late, status)), responder.Wait(wait, 0.2*float64(seed%2), ms))
			})
			check(t, &known{kind: Shedding, limit: n}, 0, v, h)
			if !confident(v) {
				t.Errorf("confidence %s: %+v", v.Confidence, v.Hypotheses)
			}
		})
	}
}
