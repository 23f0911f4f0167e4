package workload

import (
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/plimsoll-dev/plimsoll/model"
)

// routes reads the routes into w and returns what they use.
func (d *decoder) routes(w *model.Workload, n ast.Node) map[string]bool {
	r := &stepReader{decoder: d, w: w, used: map[string]bool{}, order: &lockOrder{}}
	paths := map[string]string{}
	var total float64
	for _, e := range d.entries(n, "routes", "write {checkout: {steps: [{await: payment}]}}") {
		name := d.name(e.key, "a route")
		f := d.fields(e.value, "route "+name, "write {weight: 1, steps: [{compute: 150us}]}", "weight", "path", "steps")
		route := model.Route{Name: name, Path: "/" + name, Weight: 1}
		if v := f.get("weight"); v != nil {
			route.Weight = d.weight(v, "the weight of "+name)
		}
		total += route.Weight
		if route.Weight == 0 {
			d.warn(f.get("weight"), WarnUnusedRoute, "route %s has weight 0: it is never requested", name)
		}
		at := e.key
		if v := f.get("path"); v != nil {
			route.Path, at = d.path(v, "the path of "+name), v
		}
		if other, dup := paths[route.Path]; dup {
			d.fail(at, "give one of them another path", "path %s is used twice, by %s and %s", route.Path, other, name)
		}
		paths[route.Path] = name
		route.Steps = r.read(f.need("steps", "steps: [{compute: 150us}]"), "steps of "+name, false)
		w.Routes = append(w.Routes, route)
	}
	if len(w.Routes) == 0 {
		d.fail(n, "write {checkout: {steps: [{await: payment}]}}", "routes is empty")
	}
	if total == 0 {
		d.fail(n, "give one route a weight above 0, or leave weights out", "the weight of every route is 0: there is nothing to request")
	}
	if names, at := r.order.cycle(); names != nil {
		d.warn(at, WarnLockOrder, "%s can deadlock: requests take them in circular order", strings.Join(names, " → "))
	}
	return r.used
}
