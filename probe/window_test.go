package probe

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/probe/internal/responder"
)

// Limits that count in windows let all of theirs in at once: a token bucket of
// that rate explains neither that nor the silence after it.
func TestLimitsThatCountInWindowsAreMeasured(t *testing.T) {
	t.Parallel()
	var all []limit
	for seed := range seeds(t, 4) {
		r := rand.New(rand.NewPCG(seed, 31))
		n := 12 + r.IntN(60)
		wait := time.Duration(60+r.IntN(300)) * ms
		length := []time.Duration{time.Second, time.Second, 2 * time.Second}[r.IntN(3)]
		offset := time.Duration(r.Int64N(int64(length)))
		for name, wall := range map[string]func() responder.Wall{
			"by the clock": func() responder.Wall { return responder.Windows(n, length, offset) },
			"by request":   func() responder.Wall { return responder.Windows(n, length, -1) },
			"sliding":      func() responder.Wall { return responder.SlidingWindow(n, length) },
		} {
			all = append(all, limit{fmt.Sprintf("%d/%d in %v, %s", seed, n, length, name), float64(n) / length.Seconds(), func() *responder.Service {
				return responder.New(seed, responder.Private(wall()), responder.Wait(wait, 0.01, ms/2))
			}})
		}
	}
	mostAreMeasured(t, all)
}

// A limit is one by time, of a service.
type limit struct {
	name  string
	rate  float64 // per second
	build func() *responder.Service
}

// mostAreMeasured probes limits: at least half have to have their rates, and none
// another with confidence.
func mostAreMeasured(t *testing.T, all []limit) {
	measured := 0
	for _, l := range all {
		t.Run(l.name, func(t *testing.T) {
			if v, h := probed(t, most(), l.build); rated(t, v, h, l.rate) {
				measured++
			}
		})
	}
	t.Logf("of %d limits %d were measured", len(all), measured)
	if 2*measured < len(all) {
		t.Errorf("of %d limits only %d were measured", len(all), measured)
	}
}

// Windows that are longer than the probe has time for show how many they let in
// and not how often.
func TestALimitWithoutAKnownRateHasNone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		n    int
		wait time.Duration
	}{
		{200, 100 * ms},
		{200, 1500 * ms}, // the probe takes longer than a minute: it is not a window of one
		{100, 1500 * ms},
	} {
		t.Run(fmt.Sprintf("%d an hour, %v", c.n, c.wait), func(t *testing.T) {
			v, h := probed(t, most(), func() *responder.Service {
				return responder.New(1, responder.Private(responder.Windows(c.n, time.Hour, -1)), responder.Wait(c.wait, 0, ms/2))
			})
			if v.Confidence == "high" || v.Wall.Kind == RateLimit && v.Wall.Rate != nil {
				rate := 0.0
				if v.Wall.Rate != nil {
					rate = *v.Wall.Rate
				}
				t.Errorf("%s, %g/s, confidence %s; %+v\n%s", v.Wall.Kind, rate, v.Confidence, v.Hypotheses, told(h))
			}
		})
	}
}

// Beside a limiter, that requests slow each other down does not say that the
// processor is what stops them.
func TestAProcessorThatTurnsAwayIsDoubtful(t *testing.T) {
	for seed, c := range []struct {
		n    int
		work time.Duration
	}{{55, 4 * ms}, {50, 11 * ms}, {36, 23 * ms}, {39, 4 * ms}} {
		t.Run(fmt.Sprintf("%d/s, %v", c.n, c.work), func(t *testing.T) {
			v, h := probed(t, most(), func() *responder.Service {
				return responder.New(uint64(seed), responder.Private(responder.Windows(c.n, time.Second, 0)), responder.Wait(100*ms, 0.02, ms/2), responder.Compute(1, c.work, ms/2))
			})
			if v.Wall.Kind == CPU && h.turnsAway() && confident(v) {
				t.Errorf("%s, confidence %s; %+v\n%s", v.Wall.Kind, v.Confidence, v.Hypotheses, told(h))
			}
		})
	}
}
