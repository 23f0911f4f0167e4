package page

import (
	"fmt"
	"html/template"
	"strconv"
	"strings"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/internal/report"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
)

// A visit is what one route showed at one rate on one engine.
type visit struct {
	engine   engine
	at       string
	alone    bool
	p50, p99 analysis.Quantile
}

// visited is what one route showed, everywhere.
type visited struct {
	route  string
	visits []visit
}

// rates are the latencies at the rates that the workload names, for each route
// by itself: what one suffers from the others is what there is to see.
func (c *comparison) rates() (*section, error) {
	t := ratesTable(c.verdict, "Measured at the workload's rates")
	if len(t.Rows) == 0 {
		return nil, nil
	}
	visits, err := c.visits()
	if err != nil {
		return nil, err
	}
	f := figure{ID: "rates", Title: "At the workload’s rates",
		Text: "Latency from the intended time, of each route by itself: a filled mark is the time within which half of its requests were answered, a hollow one that of 99 in 100. Whiskers are 95 % intervals.",
		Key:  c.visitors(visits), Notes: disturbed(c.verdict), Tables: []table{t}}
	if len(visits) > 0 {
		f.Charts = wideAndNarrow(func(class string, width float64, roomy bool) template.HTML {
			return c.drawVisits(class, width, roomy, visits)
		})
	}
	return f.section("Rates")
}

// visits are in the order of routes, then of the workload's rates, then of engines.
func (c *comparison) visits() ([]visited, error) {
	var byRoute []visited
	for i := range c.run.Workload.Routes {
		route := c.run.Workload.Routes[i].Name
		of := visited{route: route}
		for _, at := range c.run.Workload.Rates {
			if at.Route != "" && at.Route != route {
				continue
			}
			for _, e := range c.engines {
				v, ok, err := c.visit(e, at, route)
				if err != nil {
					return nil, err
				}
				if ok {
					of.visits = append(of.visits, v)
				}
			}
		}
		if len(of.visits) > 0 {
			byRoute = append(byRoute, of)
		}
	}
	return byRoute, nil
}

func (c *comparison) visit(e engine, at model.RateTrial, route string) (v visit, ok bool, err error) {
	t := analysis.RateTrial(e.run.Trials, at, c.run.Workload.SLO)
	if t == nil {
		return v, false, nil
	}
	var rows []*record.Histogram
	for _, h := range c.rows.latency[t.ID] {
		if h.Route == route {
			rows = append(rows, h)
		}
	}
	h, err := analysis.Latency(t, rows)
	if err != nil {
		return v, false, fmt.Errorf("trial %d: %w", t.ID, err)
	}
	v = visit{engine: e, at: analysis.Rate(at.Rate) + "/s", alone: at.Route != "", p50: analysis.QuantileOf(h, 0.5), p99: analysis.QuantileOf(h, 0.99)}
	return v, h.Count() > 0, nil
}

// visitors are the engines that a chart of visits shows.
func (c *comparison) visitors(visits []visited) []keyed {
	shown := map[int]bool{}
	for _, of := range visits {
		for _, v := range of.visits {
			shown[v.engine.index] = true
		}
	}
	var k []keyed
	for _, e := range c.engines {
		if shown[e.index] {
			k = append(k, keyed{Badge: e.badge()})
		}
	}
	return k
}

func (c *comparison) drawVisits(class string, width float64, roomy bool, visits []visited) template.HTML {
	const head, row = 26.0, 34.0
	d := &drawing{width: width, height: 50}
	objective := c.verdict.SLO.WithinMS
	values := []float64{objective}
	for _, of := range visits {
		d.height += head + row*float64(len(of.visits)) + 6
		for _, v := range of.visits {
			values = append(values, ms(v.p50.Low), ms(v.p50.Value), ms(v.p99.Value), ms(v.p99.High))
		}
	}
	x := axis{log: true, from: 8, to: width - 12}
	x.low, x.high = around(values)
	if roomy { // the figures have a column of their own
		x.to = width - textWidth("p50 1,000 ms · p99 1,000 ms")
	}
	bottom := d.height - 36
	for _, t := range x.ticks(0) {
		d.line("grid", x.at(t), 16, x.at(t), bottom+4)
	}
	for _, t := range x.ticks(0) {
		d.tick(x.at(t), bottom+17, report.Millis(t))
	}
	d.line("level", x.at(objective), 16, x.at(objective), bottom)
	d.tick(x.at(objective), 10, "objective: "+report.Millis(objective))
	d.text("axis", "middle", width/2, bottom+33, "latency")
	top := 18.0
	var said []string
	for _, of := range visits {
		d.text("value halo", "start", x.from-6, top+16, of.route)
		top += head
		for _, v := range of.visits {
			figures := duration(v.p50.Value) + " … " + duration(v.p99.Value)
			if roomy {
				figures = "p50 " + duration(v.p50.Value) + " · p99 " + duration(v.p99.Value)
			}
			name := letter(v.engine.index) + "  "
			if roomy {
				name += v.engine.verdict.Name + " · "
			}
			name += v.at
			switch {
			case v.alone:
				name += " alone"
			case len(c.run.Workload.Routes) > 1:
				name += " beside the others"
			}
			d.text("note halo", "end", width-2, top+11, figures)
			d.text("name halo", "start", x.from-6, top+11, fit(name, width-20-textWidth(figures)))
			said = append(said, of.route+", "+v.engine.verdict.Name+" at "+v.at+": p50 "+duration(v.p50.Value)+", p99 "+duration(v.p99.Value))
			v.draw(d, x, top+22)
			top += row
		}
		top += 6
	}
	return d.done(class, "Latency at the workload's rates: "+strings.Join(said, "; "))
}

// draw draws p50 and p99 with their intervals, on a line.
func (v *visit) draw(d *drawing, x axis, y float64) {
	class := colour(v.engine.index)
	d.line("curve "+class, x.at(ms(v.p50.Value)), y, x.at(ms(v.p99.Value)), y)
	for _, q := range []struct {
		analysis.Quantile
		kind markKind
		said string
	}{{v.p50, filled, "p50"}, {v.p99, hollow, "p99"}} {
		low, high := x.at(ms(q.Low)), x.at(ms(q.High))
		d.line("whisker "+class, low, y-4, low, y+4)
		d.line("whisker "+class, high, y-4, high, y+4)
		d.line("whisker "+class, low, y, high, y)
		d.mark(v.engine.index, q.kind, xy{x.at(ms(q.Value)), y}, v.engine.verdict.Name+" at "+v.at+": "+q.said+" "+duration(q.Value)+", 95 % interval "+between(q.Quantile))
	}
}

// ratesTable is all that was measured at the rates that the workload names.
func ratesTable(v *analysis.Verdict, caption string) table {
	t := table{Caption: caption, Text: 3, Head: []string{"engine", "rate", "route", "in time", "failed", "p50", "p99", "in flight", "threads", "memory", "switches per request", "CPU per request", "CPU"}}
	for _, e := range v.Engines {
		for _, a := range e.Rates {
			route, at := a.Route, analysis.Rate(a.Rate)+"/s"
			if route == "" {
				route = "all"
			} else {
				route += ", alone"
			}
			t.Rows = append(t.Rows, []string{e.Name, at, route, report.Share(a.Within), report.Share(a.ErrorRatio), report.Millis(a.P50MS), report.Millis(a.P99MS), analysis.Grouped(rounded(a.InFlight)),
				strconv.Itoa(a.Threads), report.Size(a.RSSBytes), report.Figures(a.Switches, 2), report.Millis(rounded(a.CPUMicros) / 1000), perCent(100 * a.CPUShare)})
			for _, r := range a.Routes {
				if len(a.Routes) > 1 {
					t.Rows = append(t.Rows, []string{e.Name, at, r.Name, report.Share(r.Within), report.Share(r.ErrorRatio), report.Millis(r.P50MS), report.Millis(r.P99MS), "", "", "", "", "", ""})
				}
			}
		}
	}
	return t
}

// disturbed says where latencies at a rate may not be the service's own.
func disturbed(v *analysis.Verdict) []string {
	var all []string
	for _, e := range v.Engines {
		for _, a := range e.Rates {
			for _, why := range a.Disturbed {
				all = append(all, fmt.Sprintf("%s at %s/s was disturbed: %s.", e.Name, analysis.Rate(a.Rate), why))
			}
		}
	}
	return all
}
