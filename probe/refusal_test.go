package probe

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/probe/internal/responder"
)

// How long the requests take that are let in says nothing of how many are.
func TestSheddingIsNamedWhateverTheAcceptedTake(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		n    int
		work time.Duration // of one CPU, in each request
		cv   float64
	}{{10, 0, 0}, {40, ms, 0}, {40, 3 * ms / 2, 0.1}, {60, 0, 0.8}} {
		if raced && c.n > 40 {
			continue
		}
		t.Run(fmt.Sprintf("%d/%v/%v", c.n, c.work, c.cv), func(t *testing.T) {
			v, h := probed(t, 128, func() *responder.Service {
				return responder.New(1, responder.Private(responder.Bounded(c.n, 0)), responder.Wait(100*ms, c.cv, ms), responder.Compute(1, c.work, 0))
			})
			check(t, &known{kind: Shedding, limit: c.n}, 0, v, h)
			if v.Confidence != "high" && v.Confidence != "medium" {
				t.Errorf("confidence %s: %+v", v.Confidence, v.Hypotheses)
			}
		})
	}
}

// Room for one that is free again only a moment after an answer refuses requests
// that are made one after the other, too.
func TestSheddingOfTheSecondIsNotALimitByTime(t *testing.T) {
	for seed := range seeds(t, 3) {
		for n := 1; n <= 2; n++ {
			for _, share := range []float64{0.2, 0.5} {
				t.Run(fmt.Sprintf("%d/%v/%d", n, share, seed), func(t *testing.T) {
					v, h := probed(t, 32, func() *responder.Service {
						return responder.New(seed, responder.Private(responder.Lagging(n, 1500*time.Microsecond, share)), responder.Wait(100*ms, 0, ms))
					})
					if k := v.Wall.Kind; k != Shedding && (k != RateLimit || v.Confidence == "high" || v.Confidence == "medium") {
						t.Errorf("%s, confidence %s; %+v\n%s", k, v.Confidence, v.Hypotheses, told(h))
					}
				})
			}
		}
	}
}

// A service that is being restarted turns all away that are sent one after the
// other, and is nothing but a pool as soon as it is back.
func TestABaselineThatIsAllRefusedIsNoLimit(t *testing.T) {
	for _, n := range []int{1, 3, 10} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			var heavy atomic.Int64
			restarts := func(c *responder.Call, next func()) {
				if c.Heavy {
					// The first finds it there, and the first baseline does not.
					if k := heavy.Add(1); k > 1 && k <= 1+int64(baselineOf(new(History)).Count) {
						c.Status = 503
						return
					}
				}
				next()
			}
			v, h := probed(t, 64, func() *responder.Service {
				return responder.New(1, restarts, responder.Pool(n), responder.Wait(100*ms, 0, ms))
			})
			if first := &h.Experiments[0]; turnedAway(first) != len(first.Heavy) {
				t.Fatalf("of the first baseline %d in %d were refused", turnedAway(first), len(first.Heavy))
			}
			if k := v.Wall.Kind; k != SharedPool && k != Serial && confident(v) {
				t.Errorf("%s, confidence %s; %+v\n%s", k, v.Confidence, v.Hypotheses, told(h))
			}
		})
	}
}

// To be sent elsewhere while others are answered is to be turned away, as to a page
// that says that there are too many.
func TestRedirectsPastANumberAreShedding(t *testing.T) {
	v, h := probed(t, 64, func() *responder.Service {
		return responder.New(1, responder.Private(responder.Tarpit(13, 0, 302)), responder.Wait(200*ms, 0.1, ms))
	})
	check(t, &known{kind: Shedding, limit: 13}, 0, v, h)
	if !confident(v) {
		t.Errorf("confidence %s: %+v", v.Confidence, v.Hypotheses)
	}
}

// A limit that only a sustained load meets may be what stops the service, whatever
// its waves are like.
func TestALimitByTimeBehindAPoolsWavesIsDoubted(t *testing.T) {
	t.Parallel()
	arithmetic(t)
	for seed := range seeds(t, 6) {
		rate := 28 + 3*seed
		v, h := probed(t, 128, func() *responder.Service {
			return responder.New(seed, responder.Private(responder.Limiter(float64(rate), int(rate))), responder.Private(responder.Turn(18*ms, ms/5)))
		})
		t.Logf("%d/s: %s, confidence %s", rate, v.Wall.Kind, v.Confidence)
		said := slices.ContainsFunc(v.Warnings, func(w Warning) bool { return w.Code == "limited" })
		if v.Wall.Kind != RateLimit && (confident(v) || !said) {
			t.Errorf("%d/s: %s, confidence %s; %+v\n%s", rate, v.Wall.Kind, v.Confidence, v.Hypotheses, told(h))
		}
	}
}
