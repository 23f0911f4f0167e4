package page

import (
	"fmt"
	"io"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/internal/report"
)

// Compare writes the page of a comparison: of a verdict, the run that it was
// derived from, and the other rows of the record. It fails if a histogram of the
// record is damaged, or w does.
func Compare(w io.Writer, v *analysis.Verdict, run *analysis.Run, rows *Rows) error {
	c := newComparison(v, run, rows)
	p := page{
		Title: v.Workload + ": load lines and walls", Subject: report.Service(v), Conclusion: v.Conclusion, Partial: v.Partial,
		Lead: []string{fmt.Sprintf("Objective: %s of requests answered within %s, at most %s failing.", report.Share(v.SLO.Ratio), report.Millis(v.SLO.WithinMS), report.Share(v.SLO.Errors))},
	}
	if !v.Searched {
		p.Title = v.Workload + ": measured"
	}
	if len(v.Expectations) > 0 {
		p.Lead = append(p.Lead, report.Tally(v.Expectations)+".")
	}
	for _, warning := range v.Warnings {
		p.Warnings = append(p.Warnings, sentence(warning.Text))
	}
	return p.write(w, c.lines, c.expectations, c.walls, c.rates, c.latency, c.residence, c.cost, c.overload, c.occupancy, c.environment)
}

// An engine is one of the compared configurations with what is known of it.
type engine struct {
	index   int
	verdict analysis.EngineVerdict
	run     *analysis.EngineRun
}

func (e engine) badge() Badge {
	return Badge{colour(e.index), letter(e.index), e.verdict.Name}
}

// A comparison is all that its sections are made from.
type comparison struct {
	verdict *analysis.Verdict
	run     *analysis.Run
	rows    *Rows
	engines []engine
}

func newComparison(v *analysis.Verdict, run *analysis.Run, rows *Rows) *comparison {
	c := &comparison{verdict: v, run: run, rows: rows}
	for i, e := range v.Engines {
		c.engines = append(c.engines, engine{i, e, run.Engines[i]})
	}
	return c
}

// key lists the engines that have something in a figure.
func (c *comparison) key(curves []curve) []keyed {
	var k []keyed
	for _, s := range curves {
		k = append(k, keyed{Badge: c.engines[s.engine].badge()})
	}
	return k
}
