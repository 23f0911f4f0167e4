package page

import (
	"fmt"
	"html/template"
	"strings"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/internal/report"
	"github.com/plimsoll-dev/plimsoll/record"
)

// A stay is how long a request is in the service on average, and where.
type stay struct {
	engine engine
	ms     float64
	parts  []portion // those above half a per cent, in the order of report.States
}

type portion struct {
	state, text string
	share       float64
}

func stayOf(e engine) (stay, bool) {
	s := stay{engine: e}
	t := analysis.TrialAtLine(e.run.Trials)
	if t == nil || t.Server.Responses == 0 || len(e.verdict.Residence) == 0 {
		return s, false
	}
	for _, seconds := range t.Server.Residence {
		s.ms += 1000 * seconds / float64(t.Server.Responses)
	}
	for _, state := range report.States {
		if x := e.verdict.Residence[state.Key]; x >= 0.005 {
			s.parts = append(s.parts, portion{state.Key, state.Text, x})
		}
	}
	return s, len(s.parts) > 0
}

func (s stay) said() string {
	var parts []string
	for _, p := range s.parts {
		parts = append(parts, fmt.Sprintf("%s %.0f %%", p.text, 100*p.share))
	}
	return strings.Join(parts, ", ")
}

// residence is where a request's time goes.
func (c *comparison) residence() (*section, error) {
	if !c.verdict.Searched {
		return nil, nil
	}
	f := figure{ID: "residence", Title: "Where a request’s time goes",
		Text:   "Mean time that a request spends in the service, at the engine's load line, split by what it waited for. What is behind the service is the same for every engine; time queued, holding or runnable is the engine's own.",
		Tables: []table{{Caption: "Residence time at the load line", Text: 1, Head: []string{"engine", "mean"}}},
	}
	t := &f.Tables[0]
	for _, s := range report.States {
		t.Head = append(t.Head, s.Text)
	}
	var stays []stay
	for _, e := range c.engines {
		s, ok := stayOf(e)
		if !ok {
			continue
		}
		stays = append(stays, s)
		row := []string{e.verdict.Name, report.Millis(s.ms)}
		for _, state := range report.States {
			row = append(row, fmt.Sprintf("%.1f %%", 100*e.verdict.Residence[state.Key]))
		}
		t.Rows = append(t.Rows, row)
	}
	for _, more := range []table{c.steps(), c.stalls()} {
		if len(more.Rows) > 0 {
			f.Tables = append(f.Tables, more)
		}
	}
	if len(stays) == 0 {
		f.Notes = []string{"No rate passed, so there is no line at which to look."}
		return f.section("Time")
	}
	f.Charts = wideAndNarrow(func(class string, width float64, _ bool) template.HTML { return drawStays(class, width, stays) })
	return f.section("Time")
}

func drawStays(class string, width float64, stays []stay) template.HTML {
	d := &drawing{width: width}
	var longest []float64
	for _, s := range stays {
		longest = append(longest, s.ms)
	}
	x := axis{high: upTo(longest), from: 2, to: width - 8}
	top := 0.0
	var said []string
	for _, s := range stays {
		said = append(said, s.engine.verdict.Name+": "+report.Millis(s.ms)+", "+s.said())
		d.mark(s.engine.index, filled, xy{8, top + 11}, "")
		d.text("value", "end", width-2, top+15, report.Millis(s.ms))
		d.text("name", "start", 19, top+15, fit(letter(s.engine.index)+"  "+s.engine.verdict.Name, width-100))
		from := 0.0
		for _, p := range s.parts {
			left, right := x.at(from*s.ms), x.at((from+p.share)*s.ms)
			title := fmt.Sprintf("%s: %s %.0f %%, %s", s.engine.verdict.Name, p.text, 100*p.share, report.Millis(p.share*s.ms))
			d.rect("s-"+p.state, left, top+22, max(1, right-left-1.5), 20, title)
			if textWidth(p.text)+10 < right-left {
				d.text("inside", "start", left+6, top+36, p.text)
			}
			from += p.share
		}
		y := top + 57
		for _, line := range broken(s.said(), width-4) {
			d.text("note", "start", 2, y, line)
			y += 15
		}
		top = y + 8
	}
	for _, v := range x.ticks(int(width / 90)) {
		d.line("grid", x.at(v), top, x.at(v), top+4)
		d.tick(x.at(v), top+17, report.Millis(v))
	}
	d.line("base", x.from, top, x.to, top)
	d.text("axis", "middle", width/2, top+33, "mean time in the service per request")
	d.height = top + 38
	return d.done(class, "Residence time by state: "+strings.Join(said, "; "))
}

// broken breaks text into lines of at most a width, at spaces.
func broken(s string, width float64) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(s) {
		if line != "" && textWidth(line+" "+word) > width {
			lines = append(lines, line)
			line = ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	return append(lines, line)
}

// steps are the totals of the handlers' named steps at the line.
func (c *comparison) steps() table {
	t := table{Caption: "Named steps at the load line", Text: 3, Head: []string{"engine", "step", "verb", "times", "mean, inner steps included"}}
	for _, e := range c.engines {
		trial := analysis.TrialAtLine(e.run.Trials)
		if trial == nil {
			continue
		}
		for _, s := range c.rows.steps[trial.ID] {
			t.Rows = append(t.Rows, []string{e.verdict.Name, s.Op, s.Verb, analysis.Grouped(float64(s.Count)), meanOf(s)})
		}
	}
	return t
}

// stalls are the steps that kept others waiting, at the line and just past it.
func (c *comparison) stalls() table {
	t := table{Caption: "Steps that kept an event loop from its other requests, or pinned a carrier", Text: 3, Head: []string{"engine", "step", "verb", "rate /s", "times", "time in all", "longest"}}
	for _, e := range c.engines {
		for _, trial := range []*record.Trial{analysis.TrialAtLine(e.run.Trials), analysis.LowestFailed(e.run.Trials)} {
			if trial == nil {
				continue
			}
			for _, s := range trial.Server.Stalls {
				t.Rows = append(t.Rows, []string{e.verdict.Name, s.Op, s.Verb, analysis.Rate(trial.Rate), analysis.Grouped(float64(s.Count)), report.Millis(1000 * s.Seconds), report.Millis(s.MaxMs)})
			}
		}
	}
	return t
}

func meanOf(s *record.Step) string {
	if s.Count == 0 {
		return "–"
	}
	return report.Millis(float64(s.Nanos) / float64(s.Count) / 1e6)
}
