package report

import (
	"fmt"
	"strings"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
)

// expectations prints what became of each, and how many there are of each
// outcome.
func expectations(b *strings.Builder, list []analysis.ExpectationVerdict) {
	if len(list) == 0 {
		return
	}
	g := newGrid("expected of", "", "", "measured", "")
	for _, x := range list {
		g.row(Subject(x), x.Measure, Bound(x), Measured(x), x.Outcome)
	}
	g.print(b)
	b.WriteByte('\n')
	for _, x := range list {
		if x.Reason != "" {
			wrap(b, Subject(x)+", "+x.Measure+": "+x.Reason, "  ", 98)
		}
	}
	b.WriteString(Tally(list) + "\n")
}

// Tally counts the outcomes of expectations.
func Tally(list []analysis.ExpectationVerdict) string {
	n := map[string]int{}
	for _, x := range list {
		n[x.Outcome]++
	}
	s := fmt.Sprintf("%d of %d expectations met", n[analysis.Met], len(list))
	if n[analysis.Missed] > 0 {
		s += fmt.Sprintf(", %d missed", n[analysis.Missed])
	}
	if n[analysis.Undone] > 0 {
		s += fmt.Sprintf(", %d void", n[analysis.Undone])
	}
	return s
}

// Subject says what an expectation is about: "loop at 200/s, search", or what
// is divided by what.
func Subject(x analysis.ExpectationVerdict) string {
	s := x.Engine
	if x.At != "line" {
		s += " at " + strings.ReplaceAll(x.At, "%", " %")
	}
	for _, part := range []string{x.Route, x.Step} {
		if part != "" {
			s += ", " + part
		}
	}
	if x.Versus != "" {
		s += " / " + x.Versus
		if x.VersusRoute != x.Route && x.VersusRoute != "" {
			s += ", " + x.VersusRoute
		}
	}
	return s
}

// Bound is what an expectation asks, in the signs of a report.
func Bound(x analysis.ExpectationVerdict) string {
	s := strings.NewReplacer(">= ", "≥ ", "<= ", "≤ ").Replace(x.Bound)
	if x.Unit == "ratio" {
		sign, number, _ := strings.Cut(s, " ")
		return sign + " × " + strings.TrimSuffix(number, "x")
	}
	return s
}

// Measured is the figure of an expectation with its interval, in its unit.
func Measured(x analysis.ExpectationVerdict) string {
	switch {
	case x.Word != "":
		return x.Word
	case x.Low == nil && x.High == nil:
		return "–"
	case x.High == nil:
		return "at least " + Quantity(*x.Low, x.Unit)
	case x.Low == nil || *x.Low == 0 && x.Value != nil && *x.Value > 0:
		return "at most " + Quantity(*x.High, x.Unit)
	case x.Value == nil, *x.Low == *x.High:
		return Quantity(*x.High, x.Unit)
	}
	if x.Unit == "share" {
		return Shares(*x.Low, *x.High)
	}
	return Quantity(*x.Low, x.Unit) + " … " + Quantity(*x.High, x.Unit)
}

// Quantity prints a number of a verdict's unit.
func Quantity(v float64, unit string) string {
	switch unit {
	case "1/s":
		return analysis.Rate(v) + "/s"
	case "s":
		return Millis(1000 * v)
	case "share":
		return Share(v)
	case "bytes":
		return Size(int64(v))
	case "ratio":
		return "× " + Figures(v, 3)
	}
	return Figures(v, 3)
}
