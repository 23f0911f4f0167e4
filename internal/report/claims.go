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
	b.WriteString(Machine(v) + "\n\n")
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

// ClaimsConclusion says in one sentence what a suite of claims comes to.
func ClaimsConclusion(v *analysis.SuiteVerdict) string {
	if len(v.Claims) == 1 {
		c := v.Claims[0]
		switch c.Outcome {
		case analysis.BorneOut:
			return "Borne out: " + c.Claim
		case analysis.NotBorneOut:
			return "Not borne out: " + c.Claim
		}
		return "It could not be told whether this is true: " + c.Claim
	}
	n := map[string]int{}
	for _, c := range v.Claims {
		n[c.Outcome]++
	}
	said := []string{fmt.Sprintf("%d %s borne out", n[analysis.BorneOut], are(n[analysis.BorneOut]))}
	if k := n[analysis.NotBorneOut]; k > 0 {
		said = append(said, fmt.Sprintf("%d %s not", k, are(k)))
	}
	if k := n[analysis.Void]; k > 0 {
		said = append(said, fmt.Sprintf("%d could not be told", k))
	}
	last := len(said) - 1
	s := said[last]
	if last > 0 {
		s = strings.Join(said[:last], ", ") + " and " + s
	}
	return fmt.Sprintf("Of %d claims about threads and events, %s.", len(v.Claims), s)
}

func are(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// tally counts the outcomes.
func tally(v *analysis.SuiteVerdict) string {
	n := map[string]int{}
	for _, c := range v.Claims {
		n[c.Outcome]++
	}
	return fmt.Sprintf("%d claims: %d borne out, %d not borne out, %d void", len(v.Claims), n[analysis.BorneOut], n[analysis.NotBorneOut], n[analysis.Void])
}

// Machine says where it was measured, without a name of it.
func Machine(v *analysis.SuiteVerdict) string {
	h := v.Host
	parts := []string{h.CPU, fmt.Sprintf("%d CPUs, the service on %d of them", h.Cores, len(v.Server)), strings.TrimSpace(h.OS + " " + h.Kernel), h.Go}
	if h.CPU == "" {
		parts = parts[1:]
	}
	return strings.Join(parts, "; ")
}
