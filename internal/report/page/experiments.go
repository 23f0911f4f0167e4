package page

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/internal/report"
	"github.com/plimsoll-dev/plimsoll/probe"
	"github.com/plimsoll-dev/plimsoll/record"
)

// The table says by itself what its parts are, because phones show it as blocks,
// and browsers then forget it.
var experimentsTemplate = define("experiments", `<table class="log" role="table">
<caption>All experiments, in the order in which they were made</caption>
<thead role="rowgroup"><tr role="row">
{{- range $i, $h := .Head}}<th scope="col" role="columnheader"{{if lt $i 5}} class="text"{{end}}>{{$h}}</th>{{end}}</tr></thead>
<tbody role="rowgroup">
{{- range .Rows}}
<tr role="row"><th scope="row" role="rowheader" class="text">{{.No}}</th><td role="cell" class="text what">{{.What}}</td><td role="cell" class="text">{{.Why}}</td>
<td role="cell" class="text" data-label="slow requests">{{if .Disturbed}}<span class="doubt-text">Not relied on: {{.Disturbed}}.</span> {{end}}{{.Heavy}}</td><td role="cell" class="text" data-label="canaries">{{.Canaries}}</td>
<td role="cell" data-label="began">{{.Began}}</td><td role="cell" data-label="took">{{.Took}}</td><td role="cell" data-label="timers late">{{.Late}}</td></tr>
{{- end}}
</tbody>
</table>
`)

// made is one experiment in words.
type made struct {
	No                                                       int
	What, Why, Heavy, Canaries, Disturbed, Began, Took, Late string
}

// experiments is everything that the probe did to the service, in order.
func (c *probed) experiments() (*section, error) {
	if len(c.history.Experiments) == 0 {
		return nil, nil
	}
	var all []made
	disturbed := 0
	fates := map[int]map[probe.Fate]int{}
	for _, s := range c.history.Sightings() {
		if fates[s.Experiment] == nil {
			fates[s.Experiment] = map[probe.Fate]int{}
		}
		fates[s.Experiment][s.Fate]++
	}
	observed := c.history.Observed()
	for i := range observed {
		o := &observed[i]
		heavy, canaries := o.Replies()
		m := made{No: o.ID, What: kindOf(o), Why: strings.Replace(sentence(o.Why), "?.", "?", 1), Heavy: summary(heavy), Canaries: summary(canaries), Disturbed: o.Disturbed,
			Began: report.Millis(float64(o.T) / 1e6), Took: took(time.Duration(o.End - o.T)), Late: took(time.Duration(o.Late))}
		if m.Disturbed != "" {
			disturbed++
		}
		if n := fates[o.ID][probe.Waited]; n > 0 {
			m.Canaries += fmt.Sprintf("; %d waited for a slow request", n)
		}
		all = append(all, m)
	}
	text := fmt.Sprintf("%d experiments, %s requests. Each is small, and chosen for telling hypotheses apart.", len(all), analysis.Grouped(float64(c.history.Requests)))
	if disturbed > 0 {
		text += fmt.Sprintf(" Of %d the prober itself was held up: nothing was concluded from them.", disturbed)
	}
	if grown := c.history.Grown(); grown > 0 {
		text += fmt.Sprintf(" In experiment %d the service grew: how many it served at once before that does not count.", grown)
	}
	return section{ID: "experiments", Title: "What was asked, and what came of it", Contents: "Experiments", Text: text}.filled(experimentsTemplate, struct {
		Head []string
		Rows []made
	}{[]string{"no.", "what", "what it was to find out", "what came of the slow requests", "and of the canaries", "began", "took", "timers late"}, all})
}

// kindOf names an experiment with its size.
func kindOf(o *probe.Observation) string {
	switch o.What {
	case record.ExperimentWave:
		if o.Count > 1 && time.Duration(o.Spacing)*time.Duration(o.Count) > time.Second {
			return fmt.Sprintf("%d over %s", o.Count, took(time.Duration(o.Spacing)*time.Duration(o.Count)))
		}
		return fmt.Sprintf("%d at once", o.Count)
	case record.ExperimentBaseline:
		return fmt.Sprintf("%d in turn", o.Count)
	case record.ExperimentIdle:
		if o.Served {
			return fmt.Sprintf("%d connections, served once and silent", o.Count)
		}
		return fmt.Sprintf("%d silent connections", o.Count)
	case record.ExperimentSustain:
		return fmt.Sprintf("%d kept busy for %d s", o.Count, o.Seconds)
	}
	return fmt.Sprintf("%d, to see it free again", o.Count)
}

// summary says what became of requests: how many were answered and how fast,
// and what the others got.
func summary(replies []probe.Reply) string {
	if len(replies) == 0 {
		return "–"
	}
	var times []time.Duration
	others := map[string]int{}
	for _, r := range replies {
		switch r.Outcome {
		case probe.Answered:
			times = append(times, r.Took)
		case probe.Late:
			others["answered late, as the connection was"]++
		default:
			others[string(r.Outcome)+", "+r.Status]++
		}
	}
	slices.Sort(times)
	var said []string
	switch n := len(times); {
	case n == 1:
		said = append(said, "1 answered after "+took(times[0]))
	case n > 1 && took(times[0]) == took(times[n-1]):
		said = append(said, fmt.Sprintf("%d answered after %s", n, took(times[0])))
	case n > 1:
		said = append(said, fmt.Sprintf("%d answered after %s … %s, half within %s", n, took(times[0]), took(times[n-1]), took(times[(n-1)/2])))
	}
	for _, what := range slices.Sorted(maps.Keys(others)) {
		said = append(said, fmt.Sprintf("%d %s", others[what], what))
	}
	return strings.Join(said, "; ")
}

var factsTemplate = define("facts", `<dl class="facts">
{{- range .}}
<div><dt>{{.Name}}</dt><dd>{{.Text}}</dd></div>
{{- end}}
</dl>
`)

// surroundings is where the probe ran, and what it was allowed to do.
func (c *probed) surroundings() (*section, error) {
	m, facts := &c.history.Meta, []fact{{"target", c.verdict.Target}}
	option := func(name, key string, format func(any) string) {
		if v, ok := m.Options[key]; ok {
			facts = append(facts, fact{name, format(v)})
		}
	}
	text := func(v any) string { return fmt.Sprint(v) }
	span := func(v any) string {
		switch n := v.(type) {
		case int64:
			return took(time.Duration(n))
		case float64: // read from a file
			return took(time.Duration(n))
		}
		return fmt.Sprint(v)
	}
	option("canary", "canary", text)
	option("method", "method", text)
	option("in flight at once, at most", "max_concurrency", text)
	option("time, at most", "max_time_ns", span)
	option("a canary may wait, at most", "canary_budget_ns", span)
	authorised := "not needed: the target is on this machine"
	if m.Options["authorised"] == true {
		authorised = "--i-am-authorised was given"
	}
	if m.Options["insecure"] == true {
		facts = append(facts, fact{"certificate of the service", "whatever it showed: --insecure was given"})
	}
	facts = append(facts, fact{"leave to drive it to its limit", authorised}, fact{"ended", orNone(c.history.End)})
	facts = append(append(facts, machineFacts(m)...), fact{"record", orNone(c.verdict.Record)})
	return section{ID: "environment", Title: "Where and how this was measured", Contents: "Environment",
		Text: "The machine is the prober's; of the service's own nothing is known. Headers and bodies are in no record, and so not here.",
	}.filled(factsTemplate, facts)
}
