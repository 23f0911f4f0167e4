package page

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/internal/report"
	"github.com/plimsoll-dev/plimsoll/record"
)

// costs are what a rate takes of the machine, a small chart for each.
var costs = [...]struct {
	title  string
	of     func(*analysis.AtLine) float64
	format func(float64) string
	unit   float64
}{
	{"resident memory", func(a *analysis.AtLine) float64 { return float64(a.RSSBytes) }, func(v float64) string { return report.Size(int64(v)) }, 1 << 20},
	{"threads of the process", func(a *analysis.AtLine) float64 { return float64(a.Threads) }, analysis.Grouped, 0},
	{"CPU used, of what the server has", func(a *analysis.AtLine) float64 { return 100 * a.CPUShare }, perCent, 0},
	{"CPU per request", func(a *analysis.AtLine) float64 { return a.CPUMicros }, func(v float64) string { return report.Millis(v / 1000) }, 0},
	{"context switches per request", func(a *analysis.AtLine) float64 { return a.Switches }, func(v float64) string { return report.Figures(v, 3) }, 0},
	{"requests in flight, mean", func(a *analysis.AtLine) float64 { return a.InFlight }, analysis.Grouped, 0},
}

// cost is what load costs: the same quantities as at the line, at every rate.
func (c *comparison) cost() (*section, error) {
	if !c.verdict.Searched {
		return nil, nil
	}
	f := figure{ID: "cost", Title: "What it costs",
		Text:   "What the server's process uses at each rate of the search, past the line too; a hollow mark is a rate that failed. Where requests wait, they cost memory and threads; where they run, CPU and context switches.",
		Tables: []table{{Caption: "Cost by arrival rate", Text: 1, Head: []string{"engine", "rate /s", "outcome"}}}}
	t := &f.Tables[0]
	plots := make([]plot, len(costs))
	for i, q := range costs {
		t.Head = append(t.Head, q.title)
		plots[i] = plot{x: scale{title: "arrival rate, requests/s", format: analysis.Grouped}, y: scale{title: q.title, format: q.format, unit: q.unit},
			label: "Curves of " + q.title + " against arrival rate; the table below has the figures"}
	}
	for _, e := range c.engines {
		trials := slices.Clone(e.run.Trials)
		slices.SortStableFunc(trials, func(a, b *record.Trial) int { return cmp.Compare(a.Rate, b.Rate) })
		curves := make([]curve, len(costs))
		for _, tr := range trials {
			if tr.Purpose != record.PurposeSearch || (tr.Outcome != record.Passed && tr.Outcome != record.Failed) {
				continue
			}
			a, kind, outcome := analysis.Describe(tr), filled, "passed"
			if tr.Outcome == record.Failed {
				kind, outcome = hollow, "failed"
			}
			row := []string{e.verdict.Name, analysis.Rate(tr.Rate), outcome}
			for i, q := range costs {
				said := q.format(rounded(q.of(a)))
				row = append(row, said)
				curves[i].points = append(curves[i].points, point{x: tr.Rate, y: q.of(a), kind: kind,
					title: e.verdict.Name + " at " + analysis.Rate(tr.Rate) + "/s: " + q.title + " " + said})
			}
			t.Rows = append(t.Rows, row)
		}
		if len(curves[0].points) == 0 {
			continue
		}
		for i := range plots {
			curves[i].engine, curves[i].name = e.index, e.verdict.Name
			plots[i].curves = append(plots[i].curves, curves[i])
		}
	}
	if len(plots[0].curves) == 0 {
		f.Notes = []string{"No search trial was completed, so nothing is known of costs."}
		return f.section("Cost")
	}
	f.Key = c.key(plots[0].curves)
	for i := range plots {
		f.Charts = append(f.Charts, plots[i].draw("small", narrowWidth, 220, false))
	}
	return f.section("Cost")
}

// rounded leaves the two or three figures that a trial of some seconds knows.
func rounded(v float64) float64 {
	r, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 3, 64), 64)
	if err != nil {
		return v
	}
	return r
}
