package workload

import (
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/plimsoll-dev/plimsoll/model"
)

const expectExample = `write {engine: thread:max=200, load-line: ">= 900/s"}`

// expect reads the bounds on what a comparison measures. One entry may have
// several.
func (d *decoder) expect(n ast.Node, w *model.Workload) (list []model.Expectation) {
	items := d.list(n, "expect", expectExample+" in a list")
	if len(items) == 0 {
		d.fail(n, expectExample+", or remove the key", "expect: the list is empty")
	}
	for _, item := range items {
		list = append(list, d.expectation(item, w)...)
	}
	return list
}

func (d *decoder) expectation(n ast.Node, w *model.Workload) (list []model.Expectation) {
	known := []string{"engine", "versus", "at", "route", "step"}
	for _, m := range model.Measures {
		known = append(known, m.Name)
	}
	f := d.fields(n, "this expectation", expectExample, known...)
	base := model.Expectation{Subject: model.Subject{Engine: d.engineOf(f.need("engine", "engine: "+w.Engines[0].String()), w)}}
	if v := f.get("route"); v != nil {
		base.Route = d.routeOf(v, w)
	}
	if v := f.get("versus"); v != nil {
		base.Versus = d.versus(v, w, base.Subject)
	}
	at := f.get("at")
	if at != nil {
		base.At = d.point(at, w)
	}
	if v := f.get("step"); v != nil {
		base.Step = d.stepOf(v, w)
	}
	for i := range model.Measures {
		m := &model.Measures[i]
		v := f.get(m.Name)
		if v == nil {
			continue
		}
		e := base
		e.Measure = m.Name
		d.place(&e, m, f, v, w)
		e.Bound = d.bound(v, m, e.Versus != nil)
		list = append(list, e)
	}
	if len(list) == 0 {
		d.fail(n, expectExample, "this expectation bounds nothing")
	}
	return list
}

// engineOf reads an engine that the document compares.
func (d *decoder) engineOf(n ast.Node, w *model.Workload) model.EngineConfig {
	cfg := d.engine(n)
	var names []string
	for _, e := range w.Engines {
		names = append(names, e.String())
	}
	if !slices.Contains(names, cfg.String()) {
		d.fail(n, hintAmong(cfg.String(), names, "add it to engines, or write one of "), "%s is not among the engines of this document", cfg)
	}
	return cfg
}

// versus reads what a figure is compared with: an engine, or with its route.
func (d *decoder) versus(n ast.Node, w *model.Workload, s model.Subject) *model.Subject {
	v := s
	if _, ok := scalar(n); ok {
		v.Engine = d.engineOf(n, w)
	} else {
		f := d.fields(n, "versus", "write an engine, or {engine: loop, route: search}", "engine", "route")
		if e := f.get("engine"); e != nil {
			v.Engine = d.engineOf(e, w)
		}
		if r := f.get("route"); r != nil {
			v.Route = d.routeOf(r, w)
		}
	}
	if v.Route == s.Route && v.Engine.String() == s.Engine.String() {
		d.fail(n, "write another engine, or another route", "this is compared with itself")
	}
	return &v
}

// point reads where something is measured.
func (d *decoder) point(n ast.Node, w *model.Workload) model.Point {
	const example = "write a rate like 200/s, or 120%, 150% or 200% of the load line"
	s := d.text(n, "at", example)
	if percent, ok := strings.CutSuffix(s, "%"); ok {
		number, _ := plainNumber(percent)
		for _, factor := range model.Overloads {
			if number == 100*factor {
				return model.Point{Factor: factor}
			}
		}
		d.fail(n, "write 120%, 150% or 200%", "at is %s, and nothing is measured there", s)
	}
	rate := d.rateOf(n, s, "at")
	var rates []float64
	for _, t := range w.Rates {
		rates = append(rates, t.Rate)
	}
	if !slices.Contains(rates, rate) {
		d.fail(n, "add it: rates: ["+formatNumber(rate)+"/s]", "nothing is measured at %s", s)
	}
	return model.Point{Rate: rate}
}

// stepOf reads the name of a step that some route has.
func (d *decoder) stepOf(n ast.Node, w *model.Workload) string {
	name := d.name(n, "the step")
	var names []string
	for _, r := range w.Routes {
		names = addOps(names, r.Steps)
	}
	if !slices.Contains(names, name) {
		d.fail(n, hintAmong(name, names, "the steps are "), "no step is called %q", name)
	}
	return name
}

func addOps(names []string, steps []model.Step) []string {
	for _, s := range steps {
		if s.Verb != model.Choice && !slices.Contains(names, s.Op) {
			names = append(names, s.Op)
		}
		names = addOps(names, s.Steps)
		for _, b := range s.Branches {
			names = addOps(names, b.Steps)
		}
	}
	return names
}

// place refuses what is not measured where an expectation asks for it.
func (d *decoder) place(e *model.Expectation, m *model.Measure, f fields, v ast.Node, w *model.Workload) {
	switch {
	case e.Step != "" && !m.Step:
		d.fail(f.get("step"), "remove it", "%s is not known for a step", m.Name)
	case e.Versus != nil && m.Unit == model.UnitWord:
		d.fail(f.get("versus"), "remove it", "%s is a word, and cannot be compared", m.Name)
	case e.At.Rate > 0:
		if !m.Rate {
			d.fail(f.get("at"), "remove it", "%s is not measured at a rate", m.Name)
		}
		d.measured(e.Subject, e.At.Rate, m, f.get("at"), w)
		if e.Versus != nil {
			d.measured(*e.Versus, e.At.Rate, m, f.get("at"), w)
		}
		return
	case e.At.Factor > 0 && !m.Past:
		d.fail(f.get("at"), "write a rate, or remove it", "%s is not measured past the load line", m.Name)
	case e.At.Factor == 0 && !m.Line:
		d.fail(v, "write at: 200% beside it", "%s is measured past the load line", m.Name)
	case w.NoSearch:
		d.fail(v, "write at: and one of the rates beside it, or remove search: false", "%s is asked for at the load line, which is not searched", m.Name)
	}
	if e.Route != "" && !m.Route || e.Versus != nil && e.Versus.Route != "" && !m.Route {
		d.fail(v, "remove the route; or measure that route alone: rates: [{rate: 200/s, route: NAME}]", "%s is not known for a single route of several", m.Name)
	}
}

// measured refuses a route whose requests are not told from others' at a rate.
func (d *decoder) measured(s model.Subject, rate float64, m *model.Measure, n ast.Node, w *model.Workload) {
	t := RateTrialOf(w, rate, s.Route)
	if t == nil {
		d.fail(n, "add {rate: "+formatNumber(rate)+"/s} to rates, or name the route", "at %s/s only single routes are measured", formatNumber(rate))
	}
	if t.Route != s.Route && !m.Route {
		d.fail(n, "measure that route alone: rates: [{rate: "+formatNumber(rate)+"/s, route: "+s.Route+"}]", "%s is not known for a single route of several", m.Name)
	}
}

// RateTrialOf returns the measurement at a rate that has a route: alone where
// there is such a one, otherwise among all. It is nil if there is none.
func RateTrialOf(w *model.Workload, rate float64, route string) *model.RateTrial {
	var among *model.RateTrial
	for i := range w.Rates {
		t := &w.Rates[i]
		switch {
		case t.Rate != rate:
		case t.Route == route:
			return t
		case t.Route == "":
			among = t
		}
	}
	return among
}
