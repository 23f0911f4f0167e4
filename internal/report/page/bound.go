package page

import (
	"html/template"
	"math"
	"slices"
	"strings"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/internal/report"
	"github.com/plimsoll-dev/plimsoll/model"
)

// boundsTemplate shows expectations by what they ask: each measured interval
// beside the bound, those with the same bound on the same scale.
var boundsTemplate = define("bounds", `<div class="cards">
{{- range .Asked}}
<article class="asked">
<h3>{{.Measure}} <span class="limit">{{.Bound}}</span></h3>
<p class="note">{{.Help}}</p>
{{- range .Answers}}
<div class="answer">
<p>{{if .Control}}<em>Control:</em> {{end}}{{.Subject}}</p>
<p class="measured"><strong>{{.Measured}}</strong> {{template "outcome" .Outcome}}</p>
{{.Strip}}
{{- if .Reason}}
<p class="note">{{.Reason}}</p>
{{- end}}
</div>
{{- end}}
</article>
{{- end}}
</div>
<details><summary>The figures behind {{if eq (len .Asked) 1}}this chart{{else}}these charts{{end}}</summary>{{template "table" .Table}}</details>
`)

// bounds are expectations as [boundsTemplate] shows them.
type bounds struct {
	Asked []asked
	Table table
}

// asked is one bound on one measure, with everything that was measured against it.
type asked struct {
	Measure, Bound, Help string
	Answers              []answer
}

type answer struct {
	Control           bool
	Subject, Measured string
	Outcome           outcome
	Strip             template.HTML
	Reason            string
}

// An expected is an expectation with what became of it.
type expected struct {
	model.Expectation
	analysis.ExpectationVerdict
	control bool
}

// expectedOf pairs expectations with their outcomes, which are in the same order.
func expectedOf(asked []model.Expectation, outcomes []analysis.ExpectationVerdict, control bool) []expected {
	var all []expected
	for i, o := range outcomes {
		all = append(all, expected{asked[i], o, control})
	}
	return all
}

// limit is the bound in the signs of a report.
func (x *expected) limit() string {
	if len(x.Expectation.Bound.Words) > 0 {
		return report.Bound(x.ExpectationVerdict)
	}
	sign := "≥ "
	if x.Expectation.Bound.Most {
		sign = "≤ "
	}
	return sign + report.Quantity(x.Expectation.Bound.Value, x.Unit)
}

func newBounds(all []expected, caption string) bounds {
	b := bounds{Table: table{Caption: caption, Text: 4, Head: []string{"subject", "", "measure", "bound", "value", "95 % interval", "outcome"}}}
	var groups [][]expected
	for _, x := range all {
		i := slices.IndexFunc(groups, func(g []expected) bool {
			return g[0].ExpectationVerdict.Measure == x.ExpectationVerdict.Measure && g[0].ExpectationVerdict.Bound == x.ExpectationVerdict.Bound && g[0].Unit == x.Unit
		})
		if i < 0 {
			i, groups = len(groups), append(groups, nil)
		}
		groups[i] = append(groups[i], x)
		value, role := "–", "expected"
		if x.Value != nil {
			value = report.Quantity(*x.Value, x.Unit)
		}
		if x.control {
			role = "control"
		}
		b.Table.Rows = append(b.Table.Rows, []string{report.Subject(x.ExpectationVerdict), role, x.ExpectationVerdict.Measure, x.limit(), value, report.Measured(x.ExpectationVerdict), x.Outcome})
	}
	for _, g := range groups {
		b.Asked = append(b.Asked, newAsked(g))
	}
	return b
}

func newAsked(group []expected) asked {
	first := &group[0]
	a := asked{Measure: first.ExpectationVerdict.Measure, Bound: first.limit(), Help: sentence(strings.ReplaceAll(model.MeasureOf(first.ExpectationVerdict.Measure).Help, "`", ""))}
	x := boundAxis(group)
	for i := range group {
		g := &group[i]
		k := answer{Control: g.control, Subject: report.Subject(g.ExpectationVerdict), Measured: report.Measured(g.ExpectationVerdict), Outcome: outcomes[g.Outcome], Reason: sentence(g.Reason)}
		if g.control { // missing it is what a control is for
			k.Outcome.Class = "open"
		}
		if x.high > 0 {
			k.Strip = g.draw(x, i == len(group)-1)
		}
		a.Answers = append(a.Answers, k)
	}
	return a
}

// stripWidth is the width of a drawing within a card, CSS pixels.
const stripWidth = 280

// boundAxis holds the bound and everything measured against it; its high end is
// zero where there is nothing to draw.
func boundAxis(group []expected) axis {
	a := axis{from: 4, to: stripWidth - 4}
	var values []float64
	for i := range group {
		for _, v := range []*float64{group[i].Low, group[i].High, group[i].Value} {
			if v != nil && *v > 0 {
				values = append(values, *v)
			}
		}
	}
	if len(group[0].Expectation.Bound.Words) > 0 || len(values) == 0 {
		return a
	}
	values = append(values, group[0].Expectation.Bound.Value)
	least, most := math.Inf(1), 0.0
	for _, v := range values {
		if most = max(most, v); v > 0 {
			least = min(least, v)
		}
	}
	switch {
	case group[0].Unit == "share" && most <= 1 && most > 0.2:
		a.high = 1
	case group[0].Unit != "share" && most > 12*least:
		a.log, a.low, a.high = true, least/2, most*2
	default:
		a.high = most * 1.15
	}
	return a
}

// draw draws one interval on the scale of its group; the last one has the scale
// below it.
func (x *expected) draw(a axis, last bool) template.HTML {
	const middle, half = 9, 5
	d := &drawing{width: stripWidth, height: 18}
	limit := a.at(x.Expectation.Bound.Value)
	d.rect("stage", a.from, middle-half-2, a.to-a.from, 2*half+4, "")
	if x.Expectation.Bound.Most {
		d.rect("kept", a.from, middle-half-2, limit-a.from, 2*half+4, "")
	} else {
		d.rect("kept", limit, middle-half-2, a.to-limit, 2*half+4, "")
	}
	said := report.Subject(x.ExpectationVerdict) + ": " + x.ExpectationVerdict.Measure + " " + report.Measured(x.ExpectationVerdict) + ", " + x.limit() + " asked, " + x.Outcome
	class := "o-" + outcomes[x.Outcome].Class
	if x.control {
		class = "o-open"
	}
	if x.Low != nil || x.High != nil {
		low, high := a.from, a.to
		if x.Low != nil {
			low = a.at(*x.Low)
		}
		if x.High != nil {
			high = a.at(*x.High)
		}
		d.rect("interval "+class, min(low, a.to-4), middle-3, max(4, high-low), 6, said)
		if x.High == nil {
			d.polyline("whisker "+class, []xy{{a.to - 6, middle - half}, {a.to, middle}, {a.to - 6, middle + half}})
		}
		if x.Low == nil {
			d.polyline("whisker "+class, []xy{{a.from + 6, middle - half}, {a.from, middle}, {a.from + 6, middle + half}})
		}
		if x.Value != nil {
			d.line("value-mark "+class, a.at(*x.Value), middle-half, a.at(*x.Value), middle+half)
		}
	}
	d.line("limit", limit, 0, limit, 18)
	if last {
		d.height = 34
		d.tick(limit, 31, x.limit())
		room := textWidth(x.limit())/2 + 12
		for _, end := range []float64{a.low, a.high} {
			text := report.Quantity(end, x.Unit)
			if reach := textWidth(text); math.Abs(a.at(end)-limit) > room+reach {
				d.tick(a.at(end), 31, text)
			}
		}
	}
	return d.done("strip", said)
}
