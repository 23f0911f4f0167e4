package probe

import (
	"fmt"
	"testing"

	"github.com/plimsoll-dev/plimsoll/probe/internal/responder"
)

// A machine that has become slower since requests were made alone explains
// nothing: more at once have to tell.
func TestAProbeDoesNotGiveUpAfterWavesOfOne(t *testing.T) {
	arithmetic(t)
	for _, factor := range []float64{1.5, 1.6, 1.8} {
		t.Run(fmt.Sprint(factor), func(t *testing.T) {
			v, h := probed(t, 64, func() *responder.Service {
				return responder.New(1, responder.Slowing(2800*ms, 100*ms, factor, ms, 15*ms))
			})
			if v.Tried < 4 {
				t.Errorf("%d at once were tried; %s, confidence %s; %+v\n%s", v.Tried, v.Wall.Kind, v.Confidence, v.Hypotheses, told(h))
			}
			if v.Confidence == "high" && v.Wall.Kind != None {
				t.Errorf("%s, confidence %s; %+v\n%s", v.Wall.Kind, v.Confidence, v.Hypotheses, told(h))
			}
		})
	}
}
