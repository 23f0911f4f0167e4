package probe

import (
	"slices"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/probe/internal/responder"
	"github.com/plimsoll-dev/plimsoll/record"
)

// Whatever lowers the confidence, weights do not say more than it does.
func TestWeightsAreAsSureAsTheVerdict(t *testing.T) {
	_, h := probed(t, 32, func() *responder.Service {
		return responder.New(1, responder.Pool(4), responder.Wait(200*time.Millisecond, 0, ms))
	})
	for _, c := range []struct {
		name, confidence string
		most             float64
		disturb          func(h *History)
	}{
		{"nothing speaks against it", "high", credible["high"], func(*History) {}},
		{"others had the CPUs", "medium", credible["medium"], func(h *History) { h.Warnings = append(h.Warnings, record.Warning{Code: codeBusy}) }},
		{"the answers changed", "low", credible["low"], func(h *History) { h.End = endChanged }},
		{"the prober was held up", "none", shareLow, func(h *History) {
			// As many more of it as it takes to be void.
			for range 13 {
				h.Experiments = append(h.Experiments, Observation{Experiment: record.Experiment{What: record.ExperimentWave, Disturbed: "late"}})
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			other := &History{Meta: h.Meta, First: h.First, Experiments: slices.Clone(h.Experiments), Requests: h.Requests, End: h.End}
			c.disturb(other)
			v := Judge(other)
			if v.Confidence != c.confidence || v.Hypotheses[0].Weight > c.most+0.001 {
				t.Errorf("confidence %s, %+v; it should be %s, and %g at most", v.Confidence, v.Hypotheses, c.confidence, c.most)
			}
		})
	}
}

// A verdict that is doubted for other reasons asks for nothing that would not
// tell more.
func TestADoubtIsNoQuestion(t *testing.T) {
	_, h := probed(t, 32, func() *responder.Service {
		return responder.New(1, responder.Wait(200*time.Millisecond, 0, ms))
	})
	delete(h.Meta.Options, optionCanary)
	sure := Judge(h)
	h.End = endChanged
	doubted := Judge(h)
	if doubted.Wall.Kind != None || doubted.Confidence != "low" {
		t.Fatalf("%s, confidence %s", doubted.Wall.Kind, doubted.Confidence)
	}
	if !slices.Equal(doubted.Ask, sure.Ask) {
		t.Errorf("asked for %q; without the doubt %q", doubted.Ask, sure.Ask)
	}
}
