package workload

import (
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/plimsoll-dev/plimsoll/model"
)

// measurements reads what `compare` measures, and what is expected of it.
func (d *decoder) measurements(w *model.Workload, f fields) {
	if v := f.get("rates"); v != nil {
		w.Rates = d.rates(v, w)
	}
	if v := f.get("search"); v != nil {
		w.NoSearch = !d.boolean(v, "search")
		if w.NoSearch && len(w.Rates) == 0 {
			d.fail(v, "write rates: [200/s], or search the load line", "nothing is measured: search is false, and there are no rates")
		}
	}
	if v := f.get("expect"); v != nil {
		w.Expect = d.expect(v, w)
	}
}

// rates reads the rates at which every engine is measured.
func (d *decoder) rates(n ast.Node, w *model.Workload) (trials []model.RateTrial) {
	const example = "write a list like [200/s] or [{rate: 200/s, for: 5s, route: search}]"
	items := d.list(n, "rates", example)
	if len(items) == 0 {
		d.fail(n, example+", or remove the key", "rates: the list is empty")
	}
	for _, item := range items {
		t := model.RateTrial{For: model.DefaultRateWindow}
		at := item
		if _, ok := scalar(item); !ok {
			f := d.fields(item, "a rate", example, "rate", "for", "route")
			at = f.need("rate", "rate: 200/s")
			if v := f.get("for"); v != nil {
				if t.For = d.duration(v, "for", false); t.For%time.Second != 0 {
					d.fail(v, "write whole seconds, like 5s", "for is %s, and what happens is summed up by the second", formatTime(t.For))
				}
			}
			if v := f.get("route"); v != nil {
				t.Route = d.routeOf(v, w)
			}
		}
		if t.Rate = d.rate(at, "a rate"); t.Rate == 0 {
			d.fail(at, "write a rate above zero", "a rate is zero: nothing arrives")
		}
		for _, other := range trials {
			if other.Rate == t.Rate && other.Route == t.Route {
				d.fail(item, "remove one of them", "the rate %s/s stands twice", formatNumber(t.Rate))
			}
		}
		trials = append(trials, t)
	}
	return trials
}

// routeOf reads the name of a route.
func (d *decoder) routeOf(n ast.Node, w *model.Workload) string {
	name := d.name(n, "the route")
	if w.Route(name) == nil {
		var names []string
		for _, r := range w.Routes {
			names = append(names, r.Name)
		}
		d.fail(n, hintAmong(name, names, "the routes are "), "no route is called %q", name)
	}
	return name
}
