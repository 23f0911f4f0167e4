package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
)

// Claims prints what became of each claim: the claim in words, then a line for
// each bound with what was measured of it and of the control.
func Claims(w io.Writer, v *analysis.SuiteVerdict) error {
	var b strings.Builder
	b.WriteString(machine(v) + "\n\n")
	if v.Partial {
		b.WriteString("Interrupted: what follows is from the claims tried until then.\n\n")
	}
	for _, c := range v.Claims {
		text := c.Outcome + ": " + c.Claim
		if c.Reason != "" {
			text += " (" + c.Reason + ")"
		}
		wrap(&b, text, "  ", 98)
	}
	b.WriteByte('\n')
	g := newGrid("claim", "", "", "bound", "measured", "")
	for _, c := range v.Claims {
		for i, rows := range [][]analysis.ExpectationVerdict{c.Expect, c.Control} {
			for j, x := range rows {
				name := ""
				switch {
				case j == 0 && i == 0:
					name = c.Name
				case j == 0:
					name = "  its control"
				}
				g.row(name, Subject(x), x.Measure, Bound(x), Measured(x), x.Outcome)
			}
		}
	}
	g.print(&b)
	fmt.Fprintf(&b, "\n%s\n", tally(v))
	_, err := io.WriteString(w, b.String())
	return err
}

// tally counts the outcomes.
func tally(v *analysis.SuiteVerdict) string {
	n := map[string]int{}
	for _, c := range v.Claims {
		n[c.Outcome]++
	}
	return fmt.Sprintf("%d claims: %d borne out, %d not borne out, %d void", len(v.Claims), n[analysis.BorneOut], n[analysis.NotBorneOut], n[analysis.Void])
}

// machine says where it was measured, without a name of it.
func machine(v *analysis.SuiteVerdict) string {
	h := v.Host
	parts := []string{h.CPU, fmt.Sprintf("%d CPUs, the service on %d of them", h.Cores, len(v.Server)), strings.TrimSpace(h.OS + " " + h.Kernel), h.Go}
	if h.CPU == "" {
		parts = parts[1:]
	}
	return strings.Join(parts, "; ")
}
