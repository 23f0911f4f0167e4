package page

import (
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/report"
	"github.com/plimsoll-dev/plimsoll/probe"
	"github.com/plimsoll-dev/plimsoll/record"
)

// Probe writes the page of a probe: of its verdict and the experiments that it
// was derived from. It fails if w does.
func Probe(w io.Writer, v *probe.Verdict, h *probe.History) error {
	c := &probed{v, h}
	target := v.Target
	if u, err := url.Parse(target); err == nil && u.Host != "" {
		target = u.Host
	}
	p := page{
		Title: target + ": which wall it hits", Subject: "probe of " + target,
		Conclusion: sentence(strings.TrimPrefix(report.Wall(v), v.Target+": ")),
		Lead:       []string{"Asked from outside, over HTTP: " + c.routes() + "."},
	}
	for _, reason := range v.Reasons {
		p.Warnings = append(p.Warnings, sentence("void: "+reason))
	}
	for _, warning := range v.Warnings {
		p.Warnings = append(p.Warnings, sentence(warning.Text))
	}
	return p.write(w, c.wall, c.waves, c.held, c.canaries, c.weights, c.remedies, c.ask, c.experiments, c.surroundings)
}

// probed is a verdict with what it was derived from.
type probed struct {
	verdict *probe.Verdict
	history *probe.History
}

// routes says what was asked for.
func (c *probed) routes() string {
	said := "slow requests for " + c.verdict.Target
	if url, ok := c.history.Meta.Options["canary"].(string); ok {
		said += ", and for " + url + " as a canary, to see what they share"
	}
	return said
}

// limit is the wall's size; 0: it has none that is known.
func (c *probed) limit() int {
	if c.verdict.Wall.Limit == nil {
		return 0
	}
	return *c.verdict.Wall.Limit
}

// wavesMade are the waves that can be relied on, of requests that take as long as
// usual, were made after the service had grown, if it did, and were sent as fast as any: those sent over a longer time
// are no picture of what happens at once.
func (c *probed) wavesMade() []*probe.Observation {
	fastest, grown := int64(0), c.history.Grown()
	var all, fast []*probe.Observation
	observed := c.history.Observed()
	for i := range observed {
		if o := &observed[i]; o.What == record.ExperimentWave && o.Disturbed == "" && !c.history.Varied(o) && o.ID >= grown && len(o.Heavy) > 0 {
			all = append(all, o)
			if fastest == 0 || o.Spacing < fastest {
				fastest = o.Spacing
			}
		}
	}
	for _, o := range all {
		if o.Spacing == fastest {
			fast = append(fast, o)
		}
	}
	return fast
}

func inMillis(d time.Duration) float64 { return float64(d) / 1e6 }

func took(d time.Duration) string { return report.Millis(inMillis(d)) }

var wallTemplate = define("wall", `<dl class="tiles">
{{- range .Tiles}}
<div><dt>{{.Name}}</dt><dd>{{.Text}}{{if .More}} <small>{{.More}}</small>{{end}}</dd></div>
{{- end}}
</dl>
{{- if .Said}}
<h3>Why</h3>
<ul>{{range .Said}}<li>{{.}}</li>{{end}}</ul>
{{- end}}
`)

// A tile is a figure with its name.
type tile struct{ Name, Text, More string }

// wall is the verdict in figures, with what speaks for it.
func (c *probed) wall() (*section, error) {
	v := c.verdict
	data := struct {
		Tiles []tile
		Said  []string
	}{}
	add := func(name, text, more string) { data.Tiles = append(data.Tiles, tile{name, text, more}) }
	add("wall", string(v.Wall.Kind), "")
	if v.Wall.Limit != nil {
		more := "exactly"
		if *v.Wall.Low != *v.Wall.High {
			more = fmt.Sprintf("%d … %d", *v.Wall.Low, *v.Wall.High)
		}
		add("size", fmt.Sprint(*v.Wall.Limit), more)
	}
	add("confidence", v.Confidence, "")
	if v.Wall.Rate != nil {
		add("lets through", report.Figures(*v.Wall.Rate, 3)+"/s", "")
	}
	if s := v.Service; s.MeanMS > 0 {
		add("a slow request alone", report.Millis(s.MeanMS), report.Millis(s.LowMS)+" … "+report.Millis(s.HighMS))
		if s.CanaryMS != nil {
			add("a canary alone", report.Millis(*s.CanaryMS), "")
		}
	}
	add("tried", fmt.Sprintf("%d at once", v.Tried), fmt.Sprintf("%s requests in all", report.Figures(float64(v.Requests), 5)))
	for _, e := range v.Wall.Evidence {
		data.Said = append(data.Said, sentence(e))
	}
	return section{ID: "wall", Title: "What was found", Contents: "Found"}.filled(wallTemplate, data)
}
