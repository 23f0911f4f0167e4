package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
)

// ClaimsMarkdown writes what became of each claim as a page of documentation.
func ClaimsMarkdown(w io.Writer, v *analysis.SuiteVerdict) error {
	var b strings.Builder
	b.WriteString("# What people say about threads and events, measured\n\n")
	b.WriteString("`plimsoll compare claims` wrote this page from its record. A claim is a small workload with a bound on what is measured, and a control in which the same\n" +
		"bound has to be missed: what holds there, too, is no evidence. Figures are 95 % intervals, and a bound inside\n" +
		"one is void. The documents are shown by `plimsoll workload show claims/NAME`. Rates are of this machine, and what they show is of the models.\n\n")
	fmt.Fprintf(&b, "Measured on: %s.\n\n%s.\n\n", Machine(v), tally(v))
	b.WriteString("| claim | outcome |\n|---|---|\n")
	for _, c := range v.Claims {
		fmt.Fprintf(&b, "| [%s](#%s) | %s |\n", cell(c.Claim), c.Name, c.Outcome)
	}
	for _, c := range v.Claims {
		fmt.Fprintf(&b, "\n## %s\n\n**%s** %s\n\nOutcome: *%s*", c.Name, c.Claim, c.About, c.Outcome)
		if c.Reason != "" {
			fmt.Fprintf(&b, ", because %s", c.Reason)
		}
		b.WriteString(".\n\n| | subject | measure | bound | measured | |\n|---|---|---|---|---|---|\n")
		for i, rows := range [][]analysis.ExpectationVerdict{c.Expect, c.Control} {
			for _, x := range rows {
				who := "claim"
				if i == 1 {
					who = "control"
				}
				fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", who, cell(Subject(x)), x.Measure, cell(Bound(x)), cell(Measured(x)), x.Outcome)
			}
		}
		if c.ControlAbout != "" {
			fmt.Fprintf(&b, "\nControl: %s\n", c.ControlAbout)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// cell keeps a text inside a cell of a table.
func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
