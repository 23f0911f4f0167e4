package probe

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/probe/internal/responder"
)

// Limits that count whom they turn away, too, let nobody in who keeps asking: the
// rate at which they let in then is not theirs.
func TestALimitThatKeepsOutWhoKeepsAskingHasItsRate(t *testing.T) {
	t.Parallel()
	arithmetic(t)
	var all []limit
	for seed := range seeds(t, 2) {
		r := rand.New(rand.NewPCG(seed, 37))
		wait := time.Duration(60+r.IntN(300)) * ms
		length := []time.Duration{time.Second, time.Second, 2 * time.Second, 10 * time.Second}[r.IntN(4)]
		n := 2*int(length/wait) + 5 + r.IntN(60) // single requests, and a canary for each, are let in
		offset := time.Duration(r.Int64N(int64(length)))
		for name, wall := range map[string]func() responder.Wall{
			"ring":         func() responder.Wall { return responder.Private(responder.Ring(n, length)) },
			"counter":      func() responder.Wall { return responder.Private(responder.Counter(n, length, -1)) },
			"by the clock": func() responder.Wall { return responder.Private(responder.Counter(n, length, offset)) },
			"of all":       func() responder.Wall { return responder.Ring(n, length) },
		} {
			all = append(all, limit{fmt.Sprintf("%d/%d in %v, %s", seed, n, length, name), float64(n) / length.Seconds(), func() *responder.Service {
				return responder.New(seed, wall(), responder.Wait(wait, 0.01, ms/2))
			}})
		}
	}
	mostAreMeasured(t, all)
}

// Where a window lasts for longer than the rest of a probe, its end is waited for,
// also where single requests fill it.
func TestTheEndOfALongWindowIsWaitedFor(t *testing.T) {
	t.Parallel()
	arithmetic(t)
	var all []limit
	for i, c := range []struct {
		n      int
		length time.Duration
		wall   func(n int, length time.Duration) responder.Wall
	}{
		{50, 10 * time.Second, func(n int, length time.Duration) responder.Wall { return responder.Windows(n, length, -1) }},
		{100, time.Minute, func(n int, length time.Duration) responder.Wall { return responder.Windows(n, length, -1) }},
		{6, 5 * time.Second, func(n int, length time.Duration) responder.Wall { return responder.Windows(n, length, time.Second) }},
		{8, 10 * time.Second, responder.SlidingWindow},
		{30, 15 * time.Second, responder.Ring},
		{100, 30 * time.Second, func(n int, length time.Duration) responder.Wall {
			return responder.Retrying(30, responder.Windows(n, length, -1))
		}},
	} {
		all = append(all, limit{fmt.Sprintf("%d in %v, %d", c.n, c.length, i), float64(c.n) / c.length.Seconds(), func() *responder.Service {
			return responder.New(uint64(i), responder.Private(c.wall(c.n, c.length)), responder.Wait(200*ms, 0.01, ms/2))
		}})
	}
	mostAreMeasured(t, all)
}

// rated reports whether a limit was found with that rate; one with another rate,
// or another wall that a reader would act on, is an error.
func rated(t *testing.T, v *Verdict, h *History, want float64) bool {
	t.Helper()
	switch rate := v.Wall.Rate; {
	case v.Wall.Kind != RateLimit:
		if confident(v) {
			t.Errorf("%s, confidence %s; %+v\n%s", v.Wall.Kind, v.Confidence, v.Hypotheses, told(h))
		}
	case rate == nil && v.Confidence == "high":
		t.Errorf("no rate, confidence high; %+v\n%s", v.Hypotheses, told(h))
	case rate == nil:
	case *rate > 0.9*want && *rate < 1.1*want:
		return true
	case confident(v):
		t.Errorf("%g/s, not %g/s; confidence %s\n%s", *rate, want, v.Confidence, told(h))
	}
	return false
}
