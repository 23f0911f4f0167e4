package page

import (
	"cmp"
	"fmt"
	"html/template"
	"slices"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/internal/report"
	"github.com/plimsoll-dev/plimsoll/record"
)

// A load is what the search trials at one rate showed of latency.
type load struct {
	rate     float64
	kind     markKind
	trials   int
	requests int64
	p50, p99 analysis.Quantile
}

// latencies are an engine's search trials by rate. Trials at the same rate are
// taken together, but a void one never with another.
func (c *comparison) latencies(e engine) ([]load, error) {
	type group struct {
		void bool
		rate float64
	}
	sums, loads := map[group]*record.Hist{}, map[group]*load{}
	for _, t := range e.run.Trials {
		if t.Purpose != record.PurposeSearch || t.Outcome == "" {
			continue
		}
		g := group{t.Outcome == record.Voided, t.Rate}
		h, err := analysis.Latency(t, c.rows.latency[t.ID])
		if err != nil {
			return nil, fmt.Errorf("trial %d: %w", t.ID, err)
		}
		if sums[g] == nil {
			sums[g], loads[g] = record.NewHist(), &load{rate: t.Rate}
		}
		sums[g].Merge(h)
		l := loads[g]
		l.trials++
		l.kind = max(l.kind, map[string]markKind{record.Passed: filled, record.Failed: hollow, record.Voided: crossed}[t.Outcome])
	}
	var out []load
	for g, l := range loads {
		l.requests = sums[g].Count()
		l.p50, l.p99 = analysis.QuantileOf(sums[g], 0.5), analysis.QuantileOf(sums[g], 0.99)
		out = append(out, *l)
	}
	slices.SortFunc(out, func(a, b load) int { return cmp.Or(cmp.Compare(a.rate, b.rate), cmp.Compare(a.kind, b.kind)) })
	return out, nil
}

// latency are the curves of latency against load.
func (c *comparison) latency() (*section, error) {
	if !c.verdict.Searched {
		return nil, nil
	}
	slo := c.verdict.SLO
	x := scale{title: "arrival rate, requests/s", format: analysis.Grouped}
	y := scale{log: true, format: report.Millis}
	p50, p99 := &plot{x: x, y: y}, &plot{x: x, y: y}
	y50, y99 := "latency of half of the requests (p50)", "latency of 99 in 100 requests (p99)"
	p50.y.title, p99.y.title = y50, y99
	for _, p := range []*plot{p50, p99} {
		p.label = "Curves of " + p.y.title + " against arrival rate, one for each engine; the table below has the figures"
		p.levels = []level{{slo.WithinMS, "objective: " + report.Share(slo.Ratio) + " within " + report.Millis(slo.WithinMS)}}
	}
	t := table{Caption: "Latency from the intended time, by arrival rate", Text: 1,
		Head: []string{"engine", "rate /s", "outcome", "trials", "requests", "p50", "95 % interval", "p99", "95 % interval"}}
	for _, e := range c.engines {
		loads, err := c.latencies(e)
		if err != nil {
			return nil, err
		}
		mid, tail := curve{engine: e.index, name: e.verdict.Name}, curve{engine: e.index, name: e.verdict.Name}
		for _, l := range loads {
			outcome := [...]string{filled: "passed", hollow: "failed", crossed: "void"}[l.kind]
			t.Rows = append(t.Rows, []string{e.verdict.Name, analysis.Rate(l.rate), outcome, fmt.Sprint(l.trials), analysis.Grouped(float64(l.requests)),
				duration(l.p50.Value), between(l.p50), duration(l.p99.Value), between(l.p99)})
			if l.requests == 0 {
				continue
			}
			said := fmt.Sprintf("%s at %s/s (%s): ", e.verdict.Name, analysis.Rate(l.rate), outcome)
			mid.points = append(mid.points, quantilePoint(l, l.p50, said+"p50"))
			tail.points = append(tail.points, quantilePoint(l, l.p99, said+"p99"))
		}
		if len(mid.points) == 0 {
			continue
		}
		p50.curves, p99.curves = append(p50.curves, mid), append(p99.curves, tail)
		if line := e.verdict.LoadLine; line.Low != nil {
			s := stop{engine: e.index, low: *line.Low, high: *line.Low, open: line.High == nil}
			if !s.open {
				s.high = *line.High
			}
			p50.stops, p99.stops = append(p50.stops, s), append(p99.stops, s)
		}
	}
	f := figure{ID: "latency", Title: "Latency against load",
		Text: "Latency counts from the moment at which a request was due, whether or not it could be sent then. A filled mark is a rate that passed, a hollow one failed, a small cross was void. Whiskers are 95 % intervals. The strips under the axis are the load lines, an arrow one that is at least there.",
		Key:  c.key(p99.curves), Tables: []table{t}}
	if len(p99.curves) == 0 {
		f.Notes = []string{"No search trial was completed, so there is no curve."}
		return f.section("Latency")
	}
	for _, p := range []*plot{p99, p50} {
		f.Charts = append(f.Charts, wideAndNarrow(func(class string, width float64, names bool) template.HTML {
			return p.draw(class, width, 340, names)
		})...)
	}
	return f.section("Latency")
}

func quantilePoint(l load, q analysis.Quantile, said string) point {
	return point{x: l.rate, y: ms(q.Value), low: ms(q.Low), high: ms(q.High), kind: l.kind, title: said + " " + duration(q.Value) + ", 95 % interval " + between(q)}
}

func ms(d time.Duration) float64 { return float64(d) / 1e6 }

func duration(d time.Duration) string { return report.Millis(ms(d)) }

func between(q analysis.Quantile) string {
	if q.Open {
		return duration(q.Low) + " … more than " + duration(q.High)
	}
	return duration(q.Low) + " … " + duration(q.High)
}
