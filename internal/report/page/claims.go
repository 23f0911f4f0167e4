package page

import (
	"fmt"
	"io"
	"slices"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/internal/report"
	"github.com/plimsoll-dev/plimsoll/record"
)

// Claims writes the page of a suite of claims: of its verdict and the runs that
// it was derived from. It fails if w does.
func Claims(w io.Writer, v *analysis.SuiteVerdict, suite *analysis.Suite) error {
	p := page{
		Title: "Claims about threads and events, measured", Subject: "claims", Conclusion: report.ClaimsConclusion(v), Partial: v.Partial,
		Lead: []string{"A claim is a small workload with bounds on what is measured, and a control in which one of its bounds has to be missed: what holds there, too, is no evidence.",
			"Measured on: " + report.Machine(v) + "."},
	}
	tried := tried(v, suite)
	parts := []part{func() (*section, error) { return overview(tried) }}
	for _, c := range tried {
		parts = append(parts, c.section)
	}
	return p.write(w, append(parts, func() (*section, error) { return suiteEnvironment(v, suite, tried) })...)
}

// claim is a claim with the runs that it was judged by.
type claim struct {
	*analysis.ClaimVerdict
	run, control *analysis.Run // control: nil where the run is its own, or there is none
}

// tried pairs each claim with its runs: they are in the same order, a control
// after the claim that it is of.
func tried(v *analysis.SuiteVerdict, suite *analysis.Suite) []*claim {
	var all []*claim
	for _, r := range suite.Runs {
		switch {
		case r.Meta.Control && len(all) > 0:
			all[len(all)-1].control = r
		case len(all) < len(v.Claims):
			all = append(all, &claim{ClaimVerdict: &v.Claims[len(all)], run: r})
		}
	}
	return all
}

// outcome is that of the claim; its word for void is the same as an expectation's.
func (c *claim) outcome() outcome { return outcomes[c.ClaimVerdict.Outcome] }

func (c *claim) id() string { return "claim-" + c.Name }

var overviewTemplate = define("overview", `<ul class="claims">
{{- range .}}
<li>{{template "outcome" .Outcome}} <a href="#{{.ID}}">{{.Claim}}</a></li>
{{- end}}
</ul>
`)

// overview lists what became of every claim; nil where there is but one.
func overview(tried []*claim) (*section, error) {
	if len(tried) < 2 {
		return nil, nil
	}
	type line struct {
		ID, Claim string
		Outcome   outcome
	}
	var lines []line
	for _, c := range tried {
		lines = append(lines, line{c.id(), c.Claim, c.outcome()})
	}
	return section{ID: "claims", Title: "What became of each claim", Contents: "All claims"}.filled(overviewTemplate, lines)
}

// suiteEnvironment is where the claims were measured, with every document and trial.
func suiteEnvironment(v *analysis.SuiteVerdict, suite *analysis.Suite, tried []*claim) (*section, error) {
	m := suite.Runs[0].Meta
	s := surroundings{Facts: append(append(machineFacts(m), optionFacts(m)...), fact{"record", v.Record}), Trials: newTrials("claim", "engine")}
	for _, c := range tried {
		s.Documents = append(s.Documents, fact{"The document of " + c.Name + ", its control included", c.run.Meta.Workload.Source})
		for i, r := range []*analysis.Run{c.run, c.control} {
			if r == nil {
				continue
			}
			for _, e := range r.Engines {
				addTrials(&s.Trials, e, c.Name+[...]string{"", ", its control"}[i], e.Name)
			}
		}
	}
	if slices.ContainsFunc(suite.Runs, func(r *analysis.Run) bool { return !sameHost(r.Meta, m) }) {
		s.Facts = append(s.Facts, fact{"not all of it", "Some of these claims were measured on another machine, or on this one differently set up."})
	}
	return s.section()
}

// sameHost reports whether two runs can be compared.
func sameHost(a, b *record.Meta) bool {
	return fmt.Sprint(a.Host, a.Placement) == fmt.Sprint(b.Host, b.Placement)
}
