package page

import (
	"fmt"
	"html/template"
	"strings"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	planning "github.com/plimsoll-dev/plimsoll/internal/plan"
)

// ladder shows what stops each engine, each limit raised in turn.
func (c *sizes) ladder() (*section, error) {
	f := figure{ID: "walls", Title: "What stops it next",
		Text: "How far each goes as planned, and then with the limit raised that stopped it, until that is something of which an instance has no more. The line is the rate that was asked for."}
	t := table{Caption: "Load lines with each limit raised in turn", Text: 2, Head: []string{"engine", "stopped by", "carries /s", "fails at /s"}}
	for i := range c.plan.Engines {
		e := &c.plan.Engines[i]
		for _, w := range e.Walls {
			t.Rows = append(t.Rows, []string{e.Config, planning.WallText(w), rateOr(w.LoadLine.Low), rateOr(w.LoadLine.High)})
		}
	}
	if len(t.Rows) == 0 {
		return nil, nil
	}
	f.Tables = []table{t}
	f.Charts = wideAndNarrow(c.drawLadder)
	return f.section("Walls")
}

func rateOr(r *float64) string {
	if r == nil {
		return "–"
	}
	return analysis.Rate(*r)
}

func (c *sizes) drawLadder(class string, width float64, roomy bool) template.HTML {
	row := 54.0
	if !roomy {
		row = 72
	}
	var lines []float64
	var drawn []int
	for i := range c.plan.Engines {
		if walls := c.plan.Engines[i].Walls; len(walls) > 0 {
			drawn = append(drawn, i)
			for _, w := range walls {
				if w.LoadLine.Low != nil {
					lines = append(lines, *w.LoadLine.Low)
				}
			}
		}
	}
	bottom := row * float64(len(drawn))
	d := &drawing{width: width, height: bottom + 40}
	x := axis{high: upTo(append(lines, c.plan.Rate)), from: 2, to: width - 2}
	for _, v := range x.ticks(int(width / 130)) {
		d.line("grid", x.at(v), 0, x.at(v), bottom)
		d.tick(x.at(v), bottom+15, analysis.Grouped(v))
	}
	d.text("axis", "middle", width/2, bottom+33, "requests/s")
	d.line("limit", x.at(c.plan.Rate), 0, x.at(c.plan.Rate), bottom)
	var said []string
	for k, i := range drawn {
		e := &c.plan.Engines[i]
		top := row * float64(k)
		d.text("name strong", "start", 2, top+14, fit(e.Config, width-4))
		from := 0.0
		var names []string
		for n, w := range e.Walls {
			if w.LoadLine.Low == nil {
				continue
			}
			to := *w.LoadLine.Low
			class := "bar " + colour(i)
			if n > 0 {
				class = "doubt " + colour(i)
			}
			name := fmt.Sprintf("%s/s: %s", analysis.Rate(to), planning.WallText(w))
			d.rect(class, x.at(from), top+20, x.at(to)-x.at(from)-1, 12, name)
			names = append(names, name)
			from = max(from, to)
		}
		text := strings.Join(names, "  →  ")
		if roomy {
			d.text("note halo", "start", 2, top+46, fit(text, width-4))
		} else {
			half := (len(names) + 1) / 2
			d.text("note halo", "start", 2, top+46, fit(strings.Join(names[:half], " → "), width-4))
			if rest := names[half:]; len(rest) > 0 {
				d.text("note halo", "start", 2, top+61, fit("→ "+strings.Join(rest, " → "), width-4))
			}
		}
		said = append(said, e.Config+" "+strings.Join(names, ", then "))
	}
	return d.done(class, "What stops each engine: "+strings.Join(said, "; "))
}
