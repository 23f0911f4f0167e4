package page

import (
	"fmt"
	"html/template"
	"math"
	"strings"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/internal/report"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
)

var occupancyTemplate = define("occupancy", `
{{- range .}}
<details class="engine"{{if .Open}} open{{end}}><summary><h3>{{template "badge" .}} {{template "name" .}}</h3></summary>
<div class="panels">
{{- range .Figures}}
<div>
<h4 id="{{.ID}}">{{.Title}}</h4>
{{template "charts" .}}
</div>
{{- end}}
</div>
</details>
{{- end}}
`)

// A stretch is a time of one engine's run that is worth a look from inside.
type stretch struct {
	engine   engine
	title    string
	from, to int64 // nanoseconds since the run's start
	zero     int64 // where its clock starts
	stages   []stage
	last     *record.Trial
}

// A stage is a part of a stretch under one rate.
type stage struct {
	from, to float64 // seconds of the stretch's clock
	text     string
}

// stretches are the trial that broke (or else the highest that passed), those at
// the workload's rates, and what came past the line.
func stretches(e engine, rates []model.RateTrial, slo model.SLO) []stretch {
	var out []stretch
	t := analysis.LowestFailed(e.run.Trials)
	title := "Just past the line"
	if t == nil {
		t, title = analysis.TrialAtLine(e.run.Trials), "At the highest rate that passed"
	}
	if t != nil {
		end := t.LeadIn + t.Seconds
		out = append(out, stretch{engine: e, title: fmt.Sprintf("%s: %s/s", title, analysis.Rate(t.Rate)), from: t.T, zero: t.T, to: t.T + nanos(end), last: t,
			stages: leadIn(t)})
	}
	for _, at := range rates {
		if t := analysis.RateTrial(e.run.Trials, at, slo); t != nil {
			end := t.LeadIn + t.Seconds
			title := "At " + analysis.Rate(t.Rate) + "/s"
			if t.Route != "" {
				title += ", " + t.Route + " alone"
			}
			out = append(out, stretch{engine: e, title: title, from: t.T, zero: t.T, to: t.T + nanos(end), last: t, stages: leadIn(t)})
		}
	}
	var past *stretch
	for _, t := range e.run.Trials {
		if t.Purpose != record.PurposeOverload && t.Purpose != record.PurposeRecovery {
			continue
		}
		if past == nil { // its clock starts where the rate leaves the line
			past = &stretch{engine: e, title: "Overload and recovery", from: t.T, zero: t.T, last: t}
		}
		from := float64(t.T-past.zero) / 1e9
		past.to = t.T + nanos(t.Seconds)
		past.stages = append(past.stages, stage{from, from + t.Seconds, report.Figures(100*t.Factor, 3) + " %"})
	}
	if past != nil {
		out = append(out, *past)
	}
	return out
}

// leadIn are the stages of a trial: what of it is not measured, and the rest.
func leadIn(t *record.Trial) []stage {
	return []stage{{0, t.LeadIn, "lead-in"}, {t.LeadIn, t.LeadIn + t.Seconds, ""}}
}

func nanos(seconds float64) int64 { return int64(seconds * 1e9) }

// A panel is one engine's part of a section: its figures.
type panel struct {
	Badge
	Open    bool
	Figures []figure
}

// occupancy is what each engine's gauges showed over time.
func (c *comparison) occupancy() (*section, error) {
	var panels []panel
	for _, e := range c.engines {
		p := panel{Badge: e.badge(), Open: len(panels) == 0}
		for i, s := range stretches(e, c.run.Workload.Rates, c.run.Workload.SLO) {
			strips, flat := c.strips(e, s.from, s.to, s.last)
			if len(strips) == 0 {
				continue
			}
			f := figure{ID: fmt.Sprintf("occupancy-%d-%d", e.index, i), Title: s.title,
				Charts: []template.HTML{s.draw(strips)}, Tables: []table{s.table(strips)}}
			if len(flat) > 0 {
				f.Notes = []string{"The same all the time: " + strings.Join(flat, "; ") + "."}
			}
			p.Figures = append(p.Figures, f)
		}
		if len(p.Figures) > 0 {
			panels = append(panels, p)
		}
	}
	if len(panels) == 0 {
		return nil, nil
	}
	return section{ID: "occupancy", Title: "Seen from inside, over time", Contents: "From inside",
		Text: "Ten samples a second of what the engine, the generator and the upstreams say of themselves. Each strip starts at zero and has a scale of its own; a dashed line is how many there are.",
	}.filled(occupancyTemplate, panels)
}

const stripHeight = 58

// draw draws the gauges one below the other over the same time, each on a
// scale of its own from zero.
func (s *stretch) draw(strips []strip) template.HTML {
	d := &drawing{width: narrowWidth, height: float64(len(strips))*stripHeight + 56}
	x := axis{low: float64(s.from-s.zero) / 1e9, high: float64(s.to-s.zero) / 1e9, from: 4, to: narrowWidth - 8}
	bottom := d.height - 36
	for i, g := range s.stages {
		if i%2 == 1 {
			d.rect("stage", x.at(g.from), 14, x.at(g.to)-x.at(g.from), bottom-14, "")
		}
		if room := x.at(g.to) - x.at(g.from); g.text != "" && textWidth(g.text) < room+8 {
			d.text("note", "middle", x.at((g.from+g.to)/2), 10, g.text)
		}
	}
	var said []string
	for i, g := range strips {
		top := 20 + float64(i)*stripHeight
		high := 0.0
		for _, p := range g.samples {
			high = max(high, p.value)
		}
		text := fmt.Sprintf("%s, most %s", g.text, g.format(rounded(high)))
		if g.limit > 0 && g.scale == 1 {
			text += " of " + g.format(g.limit)
		}
		said = append(said, text)
		y := axis{high: high * 1.02, from: top + stripHeight - 8, to: top + 18}
		if g.limit > 0 && g.limit < 2*high {
			y.high = max(y.high, g.limit*1.02)
			d.line("level", x.from, y.at(g.limit), x.to, y.at(g.limit))
		}
		var line []xy
		for _, p := range g.samples {
			line = append(line, xy{x.at(float64(p.t-s.zero) / 1e9), y.at(p.value)})
		}
		area := append([]xy{{line[0].x, y.from}}, line...)
		d.polyline("area "+colour(s.engine.index), append(area, xy{line[len(line)-1].x, y.from}))
		d.polyline("curve "+colour(s.engine.index), line)
		d.line("base", x.from, y.from, x.to, y.from)
		d.text("name halo", "start", x.from, top+11, fit(text, x.to-x.from))
	}
	for _, v := range x.ticks(5) {
		d.line("grid", x.at(v), bottom, x.at(v), bottom+4)
		d.tick(x.at(v), bottom+16, report.Figures(v, 2))
	}
	d.text("axis", "middle", narrowWidth/2, bottom+31, "seconds")
	return d.done("strips", s.engine.verdict.Name+", "+s.title+": "+strings.Join(said, "; "))
}

// table has the means over each second.
func (s *stretch) table(strips []strip) table {
	t := table{Caption: s.engine.verdict.Name + ", " + strings.ToLower(s.title[:1]) + s.title[1:] + ": means over each second", Text: 1, Head: []string{"second"}}
	for _, g := range strips {
		t.Head = append(t.Head, g.text)
	}
	for second := math.Floor(float64(s.from-s.zero) / 1e9); second < float64(s.to-s.zero)/1e9; second++ {
		row := []string{fmt.Sprintf("%.0f", second)}
		for _, g := range strips {
			sum, n := 0.0, 0.0
			for _, p := range g.samples {
				if at := float64(p.t-s.zero) / 1e9; at >= second && at < second+1 {
					sum, n = sum+p.value, n+1
				}
			}
			if n == 0 {
				row = append(row, "–")
			} else {
				row = append(row, g.format(rounded(sum/n)))
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
