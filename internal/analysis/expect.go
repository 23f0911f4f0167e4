package analysis

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/workload"
)

// What became of an expectation.
const (
	Met    = "met"
	Missed = "missed"
	Undone = "void" // it cannot be told
)

// An ExpectationVerdict is what was measured of an expectation, beside its
// bound.
type ExpectationVerdict struct {
	Text        string `json:"text"` // as in the document
	Engine      string `json:"engine"`
	Route       string `json:"route,omitempty"`
	Versus      string `json:"versus,omitempty"` // the engine of the other subject
	VersusRoute string `json:"versus_route,omitempty"`
	At          string `json:"at"` // "line", "200/s" or "150%"
	Step        string `json:"step,omitempty"`
	Measure     string `json:"measure"`
	Bound       string `json:"bound"` // as in the document, without quotes
	Unit        string `json:"unit"`  // of value, low and high
	// Value is null where nothing was measured, or it is beyond measure; Low and
	// High are its 95 % interval, null where an end is not known.
	Value   *float64 `json:"value"`
	Low     *float64 `json:"low"`
	High    *float64 `json:"high"`
	Word    string   `json:"word,omitempty"` // of a measure whose values are words
	Outcome string   `json:"outcome"`        // met, missed or void
	Reason  string   `json:"reason,omitempty"`
}

// expectations judges what a workload, or its control, expects.
func (r *Run) expectations(list []model.Expectation, engines []EngineVerdict) []ExpectationVerdict {
	out := []ExpectationVerdict{}
	for i := range list {
		out = append(out, r.expectation(&list[i], engines))
	}
	return out
}

func (r *Run) expectation(x *model.Expectation, engines []EngineVerdict) ExpectationVerdict {
	m := model.MeasureOf(x.Measure)
	v := ExpectationVerdict{
		Text: workload.FormatExpectation(x), Engine: x.Engine.String(), Route: x.Route, At: "line", Step: x.Step,
		Measure: x.Measure, Bound: workload.FormatBound(x), Unit: unitName(m.Unit, x.Versus != nil),
	}
	switch {
	case x.At.Rate > 0:
		v.At = strconv.FormatFloat(x.At.Rate, 'f', -1, 64) + "/s"
	case x.At.Factor > 0:
		v.At = fmt.Sprintf("%g%%", 100*x.At.Factor)
	}
	if x.Versus != nil {
		v.Versus, v.VersusRoute = x.Versus.Engine.String(), x.Versus.Route
	}
	if m.Unit == model.UnitWord {
		r.judgeWord(&v, x, engines)
		return v
	}
	f, disturbed, err := r.measure(x, x.Subject)
	if err == nil && x.Versus != nil {
		var g Figure
		var also []string
		if g, also, err = r.measure(x, *x.Versus); err == nil {
			disturbed = append(disturbed, also...)
			if x.Measure == "load-line" {
				f = f.overBracket(g).widened(SameRatio)
			} else {
				f = f.over(g)
			}
		}
	}
	if err != nil {
		v.Outcome, v.Reason = Undone, err.Error()
		if r.Failure != "" {
			v.Reason = r.Failure
		}
		return v
	}
	v.Value, v.Low, v.High = known(f.Value), known(f.Low), known(f.High)
	v.Outcome, v.Reason = judgeBound(f, x.Bound)
	if v.Outcome == Undone && len(disturbed) > 0 {
		v.Reason = "the measuring was disturbed: " + disturbed[0]
	}
	return v
}

// judgeBound compares an interval with a bound. A bound inside it is neither kept
// nor broken.
func judgeBound(f Figure, b model.Bound) (outcome, reason string) {
	above, below := f.Low >= b.Value, f.High <= b.Value
	switch {
	case above && below: // the bound itself was read
		return Met, ""
	case b.Most && below, !b.Most && above:
		return Met, ""
	case b.Most && f.Low > b.Value, !b.Most && f.High < b.Value:
		return Missed, ""
	}
	return Undone, "the bound lies inside the interval: measure for longer, or choose another"
}

// judgeWord judges what stops an engine.
func (r *Run) judgeWord(v *ExpectationVerdict, x *model.Expectation, engines []EngineVerdict) {
	i := slices.IndexFunc(engines, func(e EngineVerdict) bool { return e.Name == x.Engine.String() })
	if i < 0 {
		v.Outcome, v.Reason = Undone, fmt.Sprintf("%s was not run", x.Engine)
		return
	}
	kind := engines[i].Wall.Kind
	v.Word = string(kind)
	switch in := slices.Contains(x.Bound.Words, v.Word); {
	case kind == model.WallUnknown:
		v.Outcome, v.Reason = Undone, "what stops it is not known"
	case in != x.Bound.Not:
		v.Outcome = Met
	default:
		v.Outcome = Missed
	}
}

// known leaves out what is infinite, for which JSON has no number.
func known(x float64) *float64 {
	if math.IsInf(x, 0) || math.IsNaN(x) {
		return nil
	}
	return ptr(sig(x, 4))
}

func unitName(u model.Unit, ratio bool) string {
	if ratio {
		return "ratio"
	}
	return [...]string{model.UnitNumber: "", model.UnitRate: "1/s", model.UnitTime: "s", model.UnitShare: "share", model.UnitBytes: "bytes", model.UnitWord: "word"}[u]
}

// Together is the outcome of several expectations that all have to be met: one
// that is missed decides, one that is void leaves it open.
func Together(list []ExpectationVerdict) string {
	outcome := Met
	for _, x := range list {
		switch x.Outcome {
		case Missed:
			return Missed
		case Undone:
			outcome = Undone
		}
	}
	return outcome
}
