package page

import (
	"github.com/plimsoll-dev/plimsoll/internal/report"
	"github.com/plimsoll-dev/plimsoll/probe"
)

var remediesTemplate = define("remedies", `<ul class="remedies">
{{- range .}}
<li><div class="change">{{.Change}}</div><div class="carries">{{if .Rate}}<strong>{{.Rate}}</strong> <small>{{.Times}}</small>{{else if .Untold}}<small>how much cannot be told from outside</small>{{end}}</div></li>
{{- end}}
</ul>
`)

// remedies are changes with the rates that they are predicted to carry.
func (c *probed) remedies() (*section, error) {
	if len(c.verdict.Remedies) == 0 {
		return nil, nil
	}
	type remedy struct {
		Change, Rate, Times string
		Untold              bool
	}
	var all []remedy
	now := c.verdict.Wall.Rate
	for _, r := range c.verdict.Remedies {
		x := remedy{Change: sentence(r.Change), Untold: c.verdict.Wall.Kind != probe.None}
		if r.Rate != nil {
			x.Rate = report.Figures(*r.Rate, 3) + "/s"
			if now != nil && *now > 0 {
				x.Times = "predicted, " + report.Figures(*r.Rate / *now, 2) + " × now"
			}
		}
		all = append(all, x)
	}
	return section{ID: "remedies", Title: "What would change it", Contents: "Remedies",
		Text: "Rates are predicted by Little's law from the mean time of a request, as far as nothing else becomes the wall before; that cannot be seen from outside.",
	}.filled(remediesTemplate, all)
}

var askTemplate = define("ask", `<ul>{{range .}}<li>{{.}}</li>{{end}}</ul>
`)

// ask is what was not told, and what would tell it.
func (c *probed) ask() (*section, error) {
	if len(c.verdict.Ask) == 0 {
		return nil, nil
	}
	var all []string
	for _, a := range c.verdict.Ask {
		all = append(all, sentence(a))
	}
	return section{ID: "ask", Title: "What could not be told, and what would tell it", Contents: "Not told"}.filled(askTemplate, all)
}
