package probe

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/probe/internal/responder"
	"github.com/plimsoll-dev/plimsoll/record"
)

// confident reports whether a verdict is one that a reader will act on.
func confident(v *Verdict) bool { return v.Confidence == "high" || v.Confidence == "medium" }

// computing awaits, and then works for each request in turn.
func computing(seed uint64, wait, work time.Duration) func() *responder.Service {
	return func() *responder.Service {
		return responder.New(seed, responder.Wait(wait, 0.01, ms/2), responder.Turn(work, ms/2))
	}
}

// The processor that answers requests one after the other has a pace, as a
// limiter has.
func TestAProcessorIsNotTakenForALimiter(t *testing.T) {
	t.Parallel()
	arithmetic(t)
	for _, c := range []struct {
		most       int
		wait, work time.Duration
	}{{256, 200 * ms, 340 * time.Microsecond}, {256, 200 * ms, ms}, {256, 300 * ms, 2 * ms}, {512, 300 * ms, ms}, {512, 250 * ms, 4 * ms}} {
		t.Run(fmt.Sprintf("%d/%v/%v", c.most, c.wait, c.work), func(t *testing.T) {
			v, h := probed(t, c.most, computing(1, c.wait, c.work))
			if k := v.Wall.Kind; k != CPU && k != None && k != Unknown {
				t.Errorf("%s, confidence %s; %+v\n%s", k, v.Confidence, v.Hypotheses, told(h))
			}
		})
	}
}

// Services that wait, and compute a little, are not said for sure to be stopped
// by anything but their processor.
func TestNoVerdictIsConfidentAndWrongBesideSomeCPU(t *testing.T) {
	t.Parallel()
	for seed := range seeds(t, 6) {
		r := rand.New(rand.NewPCG(seed, 7))
		wait := time.Duration(50+r.IntN(300)) * ms
		work := time.Duration(100+r.IntN(3900)) * time.Microsecond
		service := computing(seed, wait, work)
		if seed%2 == 1 {
			service = func() *responder.Service {
				return responder.New(seed, responder.Wait(wait, 0.1*r.Float64(), ms/2), responder.Compute(1+int(seed/2)%2, work, ms/2))
			}
		}
		t.Run(fmt.Sprintf("%v/%v/%d", wait, work, seed), func(t *testing.T) {
			v, h := probed(t, most(), service)
			if k := v.Wall.Kind; k != CPU && k != None && confident(v) {
				t.Errorf("%s, confidence %s; %+v\n%s", k, v.Confidence, v.Hypotheses, told(h))
			}
		})
	}
}

// A pace alone does not say what keeps it: where no request is turned away, a
// limiter is never certain.
func TestALimiterThatOnlyDelaysIsNotCertain(t *testing.T) {
	v, h := probed(t, 128, func() *responder.Service {
		return responder.New(1, responder.Private(responder.Pacer(100)), responder.Wait(200*ms, 0.01, ms))
	})
	if k := v.Wall.Kind; k != RateLimit && k != Unknown || v.Confidence == "high" {
		t.Errorf("%s, confidence %s; %+v\n%s", k, v.Confidence, v.Hypotheses, told(h))
	}
}

// turningAway is what a service shows that takes so many requests at once, and
// answers the others at once with 503.
func turningAway(room int) *History {
	h := new(History)
	add := func(row record.Row) {
		if err := h.Add(row); err != nil {
			panic(err)
		}
	}
	add(record.Meta{Options: map[string]any{optionConcurrency: 64, optionCanary: "http://service/canary", optionTarget: "http://service/heavy"}})
	at := int64(0)
	experiment := func(what string, count int) {
		id := len(h.Experiments) + 1
		for i := range count {
			sent := at + int64(i)*int64(spacing)
			if what == record.ExperimentBaseline {
				sent = at + int64(i)*int64(201*ms)
			}
			r := record.Request{Trial: id, Route: record.RouteHeavy, Intended: sent, Sent: sent, Done: sent + int64(200*ms), Status: "200"}
			if what == record.ExperimentWave && i >= room {
				r.Done, r.Status = sent+int64(ms), "503"
			}
			add(r)
			if what == record.ExperimentBaseline {
				add(record.Request{Trial: id, Route: record.RouteCanary, Intended: sent, Sent: sent, Done: sent + int64(ms), Status: "200"})
			}
		}
		e := record.Experiment{ID: id, What: what, Count: count, Spacing: int64(spacing)}
		e.T = at
		at += int64(10 * time.Second)
		e.End = at
		add(e)
	}
	experiment(record.ExperimentBaseline, 12)
	for _, c := range []int{1, 2, 4, 8, 16, 32, 32, 64} {
		experiment(record.ExperimentWave, c)
	}
	return h
}

func TestTurningAwayIsSheddingAlsoInARecordMadeByHand(t *testing.T) {
	v := Judge(turningAway(10))
	if v.Wall.Kind != Shedding || v.Wall.Limit == nil || *v.Wall.Limit != 10 {
		t.Errorf("%s, confidence %s; %+v", v.Wall.Kind, v.Confidence, v.Hypotheses)
	}
}
