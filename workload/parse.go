package workload

import (
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/plimsoll-dev/plimsoll/model"
)

const maxInFlight = 1_000_000

// Parse reads a document. The name stands for its file in errors and warnings;
// every error is an [*Error]. The workload it returns satisfies what
// [model.Workload] promises.
func Parse(name string, src []byte) (w *model.Workload, warnings []Warning, err error) {
	s, bad := newSource(name, src)
	if bad != nil {
		return nil, nil, bad
	}
	root, bad := s.parse()
	if bad != nil {
		return nil, nil, bad
	}
	d := &decoder{source: s}
	if root == nil {
		return nil, nil, s.errorAt(1, 1, "the document is empty", `write "workload: NAME", routes and an slo; "plimsoll workload show black-friday" is an example`)
	}
	defer func() {
		switch r := recover().(type) {
		case nil:
		case *Error:
			w, warnings, err = nil, nil, r
		default:
			panic(r)
		}
	}()
	w = d.document(root)
	return w, d.warnings, nil
}

// keys are those of a document, in the order in which help lists them.
var keys = []string{"workload", "about", "seed", "upstreams", "resources", "routes", "arrivals", "stages", "timeout", "in-flight", "slo", "engines",
	"search", "rates", "expect", "claim", "control"}

// document reads the whole.
func (d *decoder) document(n ast.Node) *model.Workload {
	f := d.fields(n, "the document", `write "workload: NAME" and the other keys, each on a line of its own`, keys...)
	w := d.workload(f)
	if v := f.get("claim"); v != nil {
		w.Claim = strings.Join(strings.Fields(d.text(v, "claim", "write a sentence")), " ")
	}
	if v := f.get("control"); v != nil {
		w.Control = d.control(v, f)
	}
	return w
}

// workload reads what a document and its control both have. What is referred to
// is read before what refers to it, wherever it stands.
func (d *decoder) workload(f fields) *model.Workload {
	w := &model.Workload{
		Name:     d.name(f.need("workload", "workload: NAME"), "the workload's name"),
		Seed:     model.DefaultSeed,
		Arrivals: model.Arrivals{Kind: model.Poisson},
		Timeout:  model.DefaultTimeout,
		InFlight: model.DefaultInFlight,
	}
	if v := f.get("about"); v != nil {
		w.About = strings.TrimSpace(d.text(v, "about", "write a text"))
	}
	if v := f.get("seed"); v != nil {
		w.Seed = d.unsigned(v, "seed")
	}
	if v := f.get("timeout"); v != nil {
		w.Timeout = d.duration(v, "timeout", false)
	}
	if v := f.get("in-flight"); v != nil {
		w.InFlight = d.count(v, "in-flight", 1, maxInFlight)
	}
	if v := f.get("arrivals"); v != nil {
		w.Arrivals = d.arrivals(v, w.InFlight)
	}
	if v := f.get("stages"); v != nil {
		w.Stages = d.stages(v)
	}
	w.Engines = d.engines(f.get("engines"))
	slo := f.need("slo", "slo: {within: 1s, ratio: 99%, errors: 0.1%}")
	w.SLO = d.slo(slo, w.Timeout)

	var upstreams, resources []entry
	if v := f.get("upstreams"); v != nil {
		upstreams = d.entries(v, "upstreams", "write {payment: {latency: 400ms}}")
		w.Upstreams = d.upstreams(upstreams)
	}
	if v := f.get("resources"); v != nil {
		resources = d.entries(v, "resources", "write {pool: {size: 50}}")
		w.Resources = d.resources(resources)
	}
	used := d.routes(w, f.need("routes", "routes: {checkout: {steps: [{await: payment}]}}"))
	d.unused(upstreams, "upstream", WarnUnusedUpstream, used)
	d.unused(resources, "resource", WarnUnusedResource, used)
	d.unreachable(slo, w)
	d.measurements(w, f)
	return w
}
