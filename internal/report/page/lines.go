package page

import (
	"html/template"
	"strings"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/internal/report"
)

// lines is the chart of all load lines.
func (c *comparison) lines() (*section, error) {
	if !c.verdict.Searched {
		return nil, nil
	}
	f := figure{
		ID: "lines", Title: "Load lines",
		Text: "The highest arrival rate at which the objective holds. The bar ends at the highest rate that passed; the bracket reaches to the lowest that failed, so the line is somewhere in it. An arrow is a line that is at least there: what was tried above it did not fail for the service's own reasons.",
		Tables: []table{{
			Caption: "Load lines, requests per second", Text: 1,
			Head: []string{"engine", "highest passed", "lowest failed", "beside the first", "p50 at the line", "p99 at the line", "wall"},
		}},
	}
	f.Charts = wideAndNarrow(c.drawLines)
	for _, e := range c.engines {
		v := e.verdict
		p50, p99 := "–", "–"
		if v.AtLine != nil {
			p50, p99 = report.Millis(v.AtLine.P50MS), report.Millis(v.AtLine.P99MS)
		}
		f.Tables[0].Rows = append(f.Tables[0].Rows, []string{v.Name, rateOrNone(v.LoadLine.Low), rateOrNone(v.LoadLine.High),
			orNone(report.Versus(c.verdict, v)), p50, p99, report.WallName(v)})
	}
	if t := c.predictions(); len(t.Rows) > 0 {
		f.Tables = append(f.Tables, t)
	}
	return f.section("Load lines")
}

// predictions are what a simulation says beside what was measured.
func (c *comparison) predictions() table {
	t := table{Caption: "Predicted by simulation, with costs that were measured in the same run; requests per second", Text: 1,
		Head: []string{"engine", "predicted line", "measured line", "error", "predicted wall", "measured wall"}}
	for _, e := range c.engines {
		if v := e.verdict; v.Predicted != nil {
			as := report.AsPredicted(v)
			t.Rows = append(t.Rows, []string{v.Name, report.Interval(as), report.Interval(v), report.Error(v), report.WallName(as), report.WallName(v)})
		}
	}
	return t
}

func (c *comparison) drawLines(class string, width float64, roomy bool) template.HTML {
	const row = 46.0
	d := &drawing{width: width, height: row*float64(len(c.engines)) + 42}
	var ends []float64
	var said []string
	for _, e := range c.engines {
		for _, r := range []*float64{e.verdict.LoadLine.Low, e.verdict.LoadLine.High} {
			if r != nil {
				ends = append(ends, *r)
			}
		}
		said = append(said, e.verdict.Name+" "+report.Interval(e.verdict))
	}
	x := axis{high: upTo(ends), from: 2, to: width - 26}
	bottom := d.height - 36
	for _, v := range x.ticks(int(width / 80)) {
		d.line("grid", x.at(v), 4, x.at(v), bottom+4)
		d.tick(x.at(v), bottom+17, analysis.Grouped(v))
	}
	d.text("axis", "middle", width/2, bottom+33, "arrival rate, requests/s")
	for i, e := range c.engines {
		c.drawLine(d, x, float64(i)*row, e, roomy)
	}
	return d.done(class, "Load lines, requests per second: "+strings.Join(said, "; "))
}

// drawLine draws one load line below its engine's name; where there is room,
// with how it compares to the first.
func (c *comparison) drawLine(d *drawing, x axis, top float64, e engine, roomy bool) {
	said := report.Interval(e.verdict)
	if !e.verdict.Void {
		said += "/s"
	}
	if times := report.Versus(c.verdict, e.verdict); roomy && times != "" && times != "?" {
		said += " · " + times
	}
	d.mark(e.index, filled, xy{x.from + 6, top + 11}, "")
	d.text("value halo", "end", d.width-2, top+15, said)
	d.text("name halo", "start", x.from+17, top+15, fit(letter(e.index)+"  "+e.verdict.Name, d.width-40-1.1*textWidth(said)))
	y, line, colour := top+22, e.verdict.LoadLine, colour(e.index)
	title := e.verdict.Name + ": " + said
	switch {
	case line.Low == nil && line.High == nil: // the words above say so
	case line.Low == nil:
		d.rect("below "+colour, x.from, y, x.at(*line.High)-x.from, 14, title)
	case line.High == nil:
		end := x.at(*line.Low)
		d.rect("bar "+colour, x.from, y, end-x.from, 14, title)
		d.line("whisker "+colour, end, y+7, end+18, y+7)
		d.polyline("whisker "+colour, []xy{{end + 12, y + 1.5}, {end + 18, y + 7}, {end + 12, y + 12.5}})
	default:
		low, high := x.at(*line.Low), x.at(*line.High)
		d.rect("bar "+colour, x.from, y, low-x.from, 14, title)
		d.rect("doubt "+colour, low, y, high-low, 14, title)
		d.line("whisker "+colour, low, y+7, high, y+7)
		d.line("whisker "+colour, high, y-1, high, y+15)
	}
}

func rateOrNone(r *float64) string {
	if r == nil {
		return "–"
	}
	return analysis.Rate(*r)
}

func orNone(s string) string {
	if s == "" {
		return "–"
	}
	return s
}
