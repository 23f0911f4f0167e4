package page

import (
	"cmp"
	"html/template"
	"slices"
	"strconv"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/internal/report"
)

// overload is what becomes of the service past its line.
func (c *comparison) overload() (*section, error) {
	if !c.verdict.Searched {
		return nil, nil
	}
	f := figure{ID: "overload", Title: "Past the line",
		Text: "Goodput is the rate of answers within the objective's time. A service that loses nothing past its line stays at 100 % or above, which is the highest rate that passed; one that works for clients who have given up falls. Recovery is the time until it answers in time again once the rate has fallen to a quarter of its line.",
		Tables: []table{{Caption: "Goodput past the line, requests per second, and recovery", Text: 1,
			Head: []string{"engine", "the line", "goodput"}}}}
	p := &plot{x: scale{title: "arrival rate, share of the engine's own line", format: perCent, low: 95},
		y: scale{title: "goodput, share of the line", format: perCent}, even: true,
		label: "Curves of goodput against arrival rate past the line, one for each engine; the table below has the figures"}
	factors := c.factors()
	t := &f.Tables[0]
	t.Head = t.Head[:2]
	for _, k := range factors {
		t.Head = append(t.Head, "goodput at "+perCent(100*k.factor))
		p.x.ticks = append(p.x.ticks, 100*k.factor)
	}
	p.x.ticks = append([]float64{100}, p.x.ticks...)
	t.Head = append(t.Head, "recovers in")
	for _, e := range c.engines {
		v := e.verdict
		row := []string{v.Name, report.Interval(v)}
		line := curve{engine: e.index, name: v.Name}
		if v.AtLine != nil && len(v.Goodput) > 0 {
			line.points = append(line.points, point{x: 100, y: 100, title: v.Name + ": its line"})
		}
		for _, k := range factors {
			rate, ok := v.Goodput[k.key]
			if !ok || v.AtLine == nil {
				row = append(row, "–")
				continue
			}
			row = append(row, analysis.Rate(rate)+"/s")
			share := 100 * rate / v.AtLine.Rate
			line.points = append(line.points, point{x: 100 * k.factor, y: share,
				title: v.Name + " at " + perCent(100*k.factor) + " of its line: " + analysis.Rate(rate) + "/s in time"})
		}
		t.Rows = append(t.Rows, append(row, report.Recovery(v)))
		if len(line.points) > 0 {
			p.curves = append(p.curves, line)
			f.Key = append(f.Key, keyed{e.badge(), "recovery: " + report.Recovery(v)})
		}
	}
	if len(p.curves) == 0 {
		f.Notes = []string{"No engine was driven past its line."}
		return f.section("Past the line")
	}
	f.Charts = wideAndNarrow(func(class string, width float64, names bool) template.HTML { return p.draw(class, width, 320, names) })
	return f.section("Past the line")
}

type factor struct {
	key    string
	factor float64
}

// factors are the multiples of the line that any engine was driven to.
func (c *comparison) factors() []factor {
	seen := map[string]bool{}
	var all []factor
	for _, e := range c.engines {
		for k := range e.verdict.Goodput {
			if x, err := strconv.ParseFloat(k, 64); err == nil && !seen[k] {
				seen[k] = true
				all = append(all, factor{k, x})
			}
		}
	}
	slices.SortFunc(all, func(a, b factor) int { return cmp.Compare(a.factor, b.factor) })
	return all
}
