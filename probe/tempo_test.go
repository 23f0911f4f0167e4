package probe

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/probe/internal/responder"
)

// A service that takes so much longer in every wave than alone is one that is
// slower, under the hypothesis that it is, and pays for it once.
func TestATempoIsThatOfAllWaves(t *testing.T) {
	for _, c := range []struct {
		factor float64 // of all requests, since the first baseline
		want   float64
	}{
		{1, 1}, // nothing is slower, and nothing is paid
		{0.8, 0.8},
		{1.2, 1.2},
		{3, 1}, // that has another reason, which no tempo makes up for
	} {
		t.Run(fmt.Sprint(c.factor), func(t *testing.T) {
			_, h := probed(t, 64, func() *responder.Service {
				return responder.New(1, responder.Pool(5), responder.Wait(200*time.Millisecond, 0, ms))
			})
			a := assess(h)
			// As if single requests had been held up, or quicker than all later ones.
			for i := range a.seen {
				a.seen[i] /= c.factor
			}
			a.noise = noiseOf(a.seen)
			a.h = &History{Meta: h.Meta, Experiments: h.Experiments}
			tempo, cost := a.tempoOf(&hypothesis{kind: SharedPool, limit: 5})
			if off := tempo - math.Log(c.want); math.Abs(off) > tempoStep {
				t.Errorf("%.2f times as slow; it should be %.2f", math.Exp(tempo), c.want)
			}
			if paid := cost > 0; paid != (c.want != 1) {
				t.Errorf("it pays %.2f for being %.2f times as slow", cost, math.Exp(tempo))
			}
			if tempo, cost := a.tempoOf(&hypothesis{kind: Unknown}); tempo != 0 || cost != 0 {
				t.Errorf("what follows no mechanism has a tempo of %g, at %g", tempo, cost)
			}
		})
	}
}
