package page

import (
	"github.com/plimsoll-dev/plimsoll/internal/analysis"
)

var claimTemplate = define("claim", `<p class="became">{{template "outcome" .Outcome}}{{if .Reason}} {{.Reason}}{{end}}</p>
<p>{{.About}}</p>
{{- if .Control}}
<p><em>Control:</em> {{.Control}}</p>
{{- end}}
{{template "bounds" .Bounds}}
{{- if .Rates}}
<details><summary>Everything that was measured at these rates</summary>
{{- range .Rates}}{{template "table" .}}{{end}}</details>
{{- end}}
`)

// section is one claim: what became of it, its bounds and its control.
func (c *claim) section() (*section, error) {
	data := struct {
		Outcome                outcome
		Reason, About, Control string
		Bounds                 bounds
		Rates                  []table
	}{Outcome: c.outcome(), About: c.About, Control: sentence(c.ControlAbout)}
	if c.Reason != "" {
		data.Reason = "because " + c.Reason + "."
	}
	all := expectedOf(c.run.Workload.Expect, c.Expect, false)
	switch of := c.run.Workload.Control; {
	case c.control != nil:
		all = append(all, expectedOf(c.control.Workload.Expect, c.ClaimVerdict.Control, true)...)
	case of != nil:
		all = append(all, expectedOf(of.Expect, c.ClaimVerdict.Control, true)...)
	}
	data.Bounds = newBounds(all, c.Name+": what was expected, and of the control")
	for _, r := range []struct {
		of      *analysis.Run
		caption string
	}{{c.run, c.Name}, {c.control, c.Name + ", its control"}} {
		if r.of == nil {
			continue
		}
		if t := ratesTable(analysis.Derive(r.of), r.caption); len(t.Rows) > 0 {
			data.Rates = append(data.Rates, t)
		}
	}
	return section{ID: c.id(), Title: c.Claim}.filled(claimTemplate, data)
}
