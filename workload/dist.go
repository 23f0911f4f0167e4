package workload

import (
	"slices"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/plimsoll-dev/plimsoll/model"
)

// maxTail bounds a lognormal's 99th percentile, in medians. Past it the mean is
// made of draws that no run of ordinary length sees, so that two runs of the
// same workload differ for no reason that a report could name.
const maxTail = 100

const distExample = "write a time like 5ms, or a distribution like {exponential: 8ms} or {lognormal: {p50: 400ms, p99: 900ms}}"

// dist reads a distribution of times; a bare time is constant.
func (d *decoder) dist(n ast.Node, what string) model.Dist {
	if _, ok := scalar(n); ok {
		return model.Dist{Kind: model.DistConstant, A: d.duration(n, what, false)}
	}
	if _, ok := n.(*ast.SequenceNode); ok {
		d.fail(n, "write {empirical: [1ms, 2ms]}", "%s is a list", what)
	}
	if m, ok := n.(*ast.MappingNode); ok {
		d.withoutMean(m, what)
	}
	f := d.fields(n, what, distExample, "constant", "uniform", "exponential", "lognormal", "empirical")
	if len(f.m) != 1 {
		d.fail(n, distExample, "%s names %d distributions, not one", what, len(f.m))
	}
	for kind := range f.m {
		v := f.get(kind)
		what += "'s " + kind
		switch model.DistKind(kind) {
		case model.DistConstant, model.DistExponential:
			return model.Dist{Kind: model.DistKind(kind), A: d.duration(v, what, false)}
		case model.DistUniform:
			return d.uniform(v, what)
		case model.DistLognormal:
			return d.lognormal(v, what)
		case model.DistEmpirical:
			return d.empirical(v, what)
		}
	}
	panic("workload: a known distribution without a rule")
}

// withoutMean refuses distributions that have no mean, or have one only with some
// parameters, as pareto with an alpha above 1.
func (d *decoder) withoutMean(n *ast.MappingNode, what string) {
	for _, v := range n.Values {
		switch name := v.Key.String(); name {
		case "pareto", "lomax", "frechet", "cauchy", "levy":
			d.fail(v.Key, "write {lognormal: {p50: 400ms, p99: 900ms}}, or {empirical: [...]} with values that were measured",
				"%s is %s, whose mean is infinite, or is so for some parameters: no load line follows from it", what, name)
		}
	}
}

func (d *decoder) uniform(n ast.Node, what string) model.Dist {
	const example = "{from: 1ms, to: 3ms}"
	f := d.fields(n, what, "write "+example, "from", "to")
	from := d.duration(f.need("from", example), what+" from", true)
	node := f.need("to", example)
	to := d.duration(node, what+" to", false)
	if to <= from {
		d.fail(node, "write a longer time after to, or {constant: "+formatTime(to)+"}", "%s ends at %s, not after its beginning at %s", what, formatTime(to), formatTime(from))
	}
	return model.Dist{Kind: model.DistUniform, A: from, B: to}
}

func (d *decoder) lognormal(n ast.Node, what string) model.Dist {
	const example = "{p50: 400ms, p99: 900ms}"
	f := d.fields(n, what, "write "+example, "p50", "p99")
	p50 := d.duration(f.need("p50", example), what+" p50", false)
	node := f.need("p99", example)
	p99 := d.duration(node, what+" p99", false)
	switch {
	case p99 <= p50:
		d.fail(node, "write a p99 above the p50, or {constant: "+formatTime(p50)+"}", "%s has a p99 of %s, not above its p50 of %s", what, formatTime(p99), formatTime(p50))
	case p99/p50 >= maxTail:
		d.fail(node, "write less than 100 times the p50, or a choice between a fast and a slow step", "%s has a p99 of %s, %d times its p50 of %s", what, formatTime(p99), p99/p50, formatTime(p50))
	}
	return model.Dist{Kind: model.DistLognormal, A: p50, B: p99}
}

func (d *decoder) empirical(n ast.Node, what string) model.Dist {
	const example = "write the times seen, like [1ms, 2ms, 7ms]"
	items := d.list(n, what, example)
	if len(items) == 0 {
		d.fail(n, example, "%s: the list is empty", what)
	}
	values := make([]time.Duration, 0, len(items))
	for _, item := range items {
		values = append(values, d.duration(item, "a time of "+what, true))
	}
	if slices.Max(values) == 0 {
		d.fail(n, example, "%s has no time above zero", what)
	}
	return model.Dist{Kind: model.DistEmpirical, Values: values}
}
