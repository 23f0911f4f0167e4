package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/internal/plan"
)

// whatIfs are what becomes of each if something changes: where all hold, one row.
func whatIfs(p *plan.Plan) *grid {
	g := newGrid("what if", "engine", "in time", "p99", "would hold").right(2, 3)
	var order []string
	by := map[string][]row{}
	for i := range p.Engines {
		e := &p.Engines[i]
		for k := range e.WhatIf {
			w := &e.WhatIf[k]
			if w.Text == "" {
				continue // interrupted before it was asked
			}
			if by[w.Text] == nil {
				order = append(order, w.Text)
			}
			by[w.Text] = append(by[w.Text], row{e, w})
		}
	}
	for _, text := range order {
		what := text
		var hold []string
		for _, r := range by[text] {
			if r.w.Holds {
				hold = append(hold, r.e.Engine)
				continue
			}
			in, p99 := "none", "–"
			if r.w.After != nil {
				in, p99 = InTime(r.w.After), Millis(r.w.After.P99MS)
			}
			g.row(what, r.e.Engine, in, p99, WouldHold(r.e, r.w))
			what = ""
		}
		if len(hold) > 0 {
			g.row(what, strings.Join(hold, ", "), "", "", "as planned")
		}
	}
	return g
}

// lost says why no size would hold after a change: once, where it is the same for
// all.
func lost(b *strings.Builder, p *plan.Plan) {
	said := map[string]bool{}
	for _, e := range p.Engines {
		for _, w := range e.WhatIf {
			if w.None == nil || said[w.Text+w.None.Text] {
				continue
			}
			said[w.Text+w.None.Text] = true
			wrap(b, fmt.Sprintf("  %s: %s", w.Text, w.None.Text), "  ", 98)
		}
	}
}

type row struct {
	e *plan.Engine
	w *plan.WhatIf
}

// WouldHold is what an engine needs after a change.
func WouldHold(e *plan.Engine, w *plan.WhatIf) string {
	switch {
	case w.Holds:
		return "as planned"
	case w.Needs == nil:
		return "no size"
	}
	var parts []string
	if n := w.Needs.Instances; n != *e.Instances {
		if n == 1 {
			parts = append(parts, "1 instance")
		} else {
			parts = append(parts, analysis.Grouped(float64(n))+" instances")
		}
	}
	for _, s := range w.Needs.Sizes {
		if !slices.ContainsFunc(e.Sizes, func(x plan.Size) bool { return x.Name == s.Name && x.N == s.N }) {
			parts = append(parts, sizeText(s))
		}
	}
	if len(parts) == 0 {
		return "as planned, within what a seed makes"
	}
	return strings.Join(parts, ", ")
}
