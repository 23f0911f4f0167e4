package page

import (
	"github.com/plimsoll-dev/plimsoll/internal/report"
)

var wallsTemplate = define("walls", `<div class="cards">
{{- range .}}
<article>
<h3>{{template "badge" .}} {{template "name" .}}</h3>
<dl>
<div><dt>load line{{if not .Void}}, requests/s{{end}}</dt><dd>{{.Line}}</dd></div>
<div><dt>wall</dt><dd>{{.Wall}}</dd></div>
</dl>
{{- if .Confirmed}}
<p class="confirmed"><strong>Confirmed.</strong> {{.Confirmed}}</p>
{{- end}}
{{- if .Said}}
<ul>{{range .Said}}<li>{{.}}</li>{{end}}</ul>
{{- end}}
{{- range .Doubts}}
<p class="doubt-text">{{.}}</p>
{{- end}}
</article>
{{- end}}
</div>
`)

// A card is an engine's verdict in words.
type card struct {
	Badge
	Line, Wall string
	Void       bool
	Said       []string // evidence
	Confirmed  string
	Doubts     []string // void reasons and warnings
}

// walls are what stops each engine, with the evidence.
func (c *comparison) walls() (*section, error) {
	if !c.verdict.Searched {
		return nil, nil
	}
	var cards []card
	for _, e := range c.engines {
		v := e.verdict
		k := card{Badge: e.badge(), Line: report.Interval(v), Wall: report.WallName(v), Void: v.Void}
		for _, s := range v.Wall.Evidence {
			k.Said = append(k.Said, sentence(s))
		}
		switch {
		case v.Wall.ConfirmedBy != nil:
			k.Confirmed = sentence(*v.Wall.ConfirmedBy)
		case len(v.Wall.Evidence) == 0:
			k.Said = []string{"Nothing is known of what stops it."}
		}
		for _, r := range v.VoidReasons {
			k.Doubts = append(k.Doubts, "Void: "+r)
		}
		for _, w := range v.Warnings {
			k.Doubts = append(k.Doubts, "Warning: "+w.Text)
		}
		cards = append(cards, k)
	}
	return section{ID: "walls", Title: "What stops each engine", Contents: "Walls"}.filled(wallsTemplate, cards)
}
