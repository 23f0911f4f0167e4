package workload

import (
	"fmt"
	"slices"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/plimsoll-dev/plimsoll/model"
)

const (
	maxBurst = 100_000

	defaultSLORatio  = 0.99
	defaultSLOErrors = 0.001
)

// arrivals reads the process that requests arrive by.
func (d *decoder) arrivals(n ast.Node, inFlight int) model.Arrivals {
	const example = "write poisson, constant or {bursts: 50}"
	if s, ok := scalar(n); ok {
		kind := model.ArrivalKind(s)
		if kind != model.Poisson && kind != model.Constant {
			d.fail(n, example, "arrivals is %s", describe(n))
		}
		return model.Arrivals{Kind: kind}
	}
	f := d.fields(n, "arrivals", example, "bursts")
	v := f.need("bursts", "{bursts: 50}")
	a := model.Arrivals{Kind: model.Bursts, Burst: d.count(v, "bursts", 1, maxBurst)}
	if a.Burst > inFlight {
		d.warn(v, WarnBurstCapped, "a burst of %d is more than in-flight allows, %d: the rest of each burst fails", a.Burst, inFlight)
	}
	return a
}

// stages reads the stretches of time that a load goes through.
func (d *decoder) stages(n ast.Node) (stages []model.Stage) {
	const example = "{for: 10s, rate: 500} or {for: 10s, rate: 500, to: 1500}"
	items := d.list(n, "stages", "write a list of stages like "+example)
	if len(items) == 0 {
		d.fail(n, "write stages like "+example+", or remove the key", "stages: the list is empty")
	}
	arrive := false
	for _, item := range items {
		f := d.fields(item, "a stage", "write "+example, "for", "rate", "to")
		s := model.Stage{
			For:  d.duration(f.need("for", example), "for", false),
			Rate: d.rate(f.need("rate", example), "rate"),
		}
		if v := f.get("to"); v != nil {
			if s.To = d.rate(v, "to"); s.To == 0 {
				d.fail(v, "end at a low rate such as 1", "to is zero")
			}
		}
		arrive = arrive || s.Rate > 0 || s.To > 0
		stages = append(stages, s)
	}
	if !arrive {
		d.fail(n, "write stages like "+example, "every stage has rate 0: nothing arrives")
	}
	return stages
}

// slo reads the objective. Within can not be longer than clients wait.
func (d *decoder) slo(n ast.Node, timeout time.Duration) model.SLO {
	const example = "write {within: 1s, ratio: 99%, errors: 0.1%}"
	f := d.fields(n, "slo", example, "within", "ratio", "errors")
	within := f.need("within", "within: 1s")
	slo := model.SLO{Within: d.duration(within, "within", false), Ratio: defaultSLORatio, Errors: defaultSLOErrors}
	if slo.Within > timeout {
		d.fail(within, fmt.Sprintf("write at most %s, or a timeout of %[2]s or more", formatTime(timeout), formatTime(slo.Within)),
			"within is %s, and clients give up after %s", formatTime(slo.Within), formatTime(timeout))
	}
	if v := f.get("ratio"); v != nil {
		if slo.Ratio = d.share(v, "ratio"); slo.Ratio == 0 {
			d.fail(v, "write a share like 99%", "ratio is zero: nothing would have to be answered")
		}
	}
	if v := f.get("errors"); v != nil {
		slo.Errors = d.share(v, "errors")
		if slo.Errors > 1-slo.Ratio+1e-12 {
			d.warn(v, WarnErrorsMoot, "errors of %s are never reached: a ratio of %s already fails at that many late or failed requests", formatShare(slo.Errors), formatShare(slo.Ratio))
		}
	}
	return slo
}

// engines reads the engine list; without one, it is every engine there is,
// with its defaults.
func (d *decoder) engines(n ast.Node) (engines []model.EngineConfig) {
	if n == nil {
		for _, spec := range model.Engines {
			cfg, err := model.ParseEngine(spec.Name)
			if err != nil {
				panic(err) // an engine's own name with no options
			}
			engines = append(engines, cfg)
		}
		return engines
	}
	items := d.list(n, "engines", "write [thread:max=200, goroutine]")
	if len(items) == 0 {
		d.fail(n, "write [thread:max=200, goroutine], or remove the key", "engines: the list is empty")
	}
	for _, item := range items {
		cfg := d.engine(item)
		if slices.ContainsFunc(engines, func(c model.EngineConfig) bool { return c.String() == cfg.String() }) {
			d.fail(item, "remove one of them", "engine %s is listed twice", cfg)
		}
		engines = append(engines, cfg)
	}
	return engines
}
