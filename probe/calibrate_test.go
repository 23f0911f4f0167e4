package probe

import (
	"math"
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

// The likeliest has no more than it is allowed; what it gives away goes to its
// rivals, and where there are none, to what is none of them.
func TestTemperFlattensAsFarAsIsAllowed(t *testing.T) {
	scored := func(kind Kind, score float64) hypothesis { return hypothesis{kind: kind, score: score} }
	for _, c := range []struct {
		name    string
		ranked  []hypothesis
		most    float64
		best    float64 // weight of the first
		unknown [2]float64
	}{
		{"it is not sure anyway", []hypothesis{scored(SharedPool, 0), scored(Serial, -1)}, 0.88, 1 / (1 + math.Exp(-1)), [2]float64{0, 0}},
		{"a rival has the rest", []hypothesis{scored(SharedPool, 0), scored(Serial, -5)}, 0.88, 0.88, [2]float64{0, 0}},
		{"two variants are one kind", []hypothesis{scored(SharedPool, 0), scored(SharedPool, 0), scored(Serial, -5)}, 0.88, 0.44, [2]float64{0, 0}},
		{"the rivals were ruled out", []hypothesis{scored(SharedPool, 0), scored(Serial, -80), scored(Unknown, -90)}, 0.72, 0.72, [2]float64{0.27, 0.28}},
		{"what was ruled out stays so", []hypothesis{scored(None, 0), scored(Unknown, -1000)}, 0.99, 0.99, [2]float64{0.01, 0.01}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := &assessment{ranked: c.ranked}
			a.temper(c.most)
			sum := 0.0
			for _, x := range a.ranked {
				sum += x.weight
			}
			if best := a.ranked[0].weight; math.Abs(best-c.best) > 0.001 || math.Abs(sum-1) > 0.001 {
				t.Errorf("the first has %.4f, and all %.4f; it should be %.4f", best, sum, c.best)
			}
			if u := a.weight(Unknown); u < c.unknown[0]-1e-6 || u > c.unknown[1]+1e-6 {
				t.Errorf("what is none of them has %.4f", u)
			}
		})
	}
}
