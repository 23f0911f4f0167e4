package plan

import (
	"context"
	"errors"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/workload"
)

// Question says what to plan for. It stands in the record of a plan.
type Question struct {
	Rate         float64        `json:"rate"` // requests per second
	CPUs         int            `json:"cpus"` // of each instance
	Balancer     model.Balancer `json:"balancer"`
	MaxInstances int            `json:"max_instances"`
	Burst        int            `json:"burst"`          // what if so many come at once
	Keep         []string       `json:"keep,omitempty"` // resources whose size is not ours to choose
	Price        *Price         `json:"price,omitempty"`
	Vary         []Vary         `json:"vary,omitempty"`
}

// seeds are so many that every size is searched under.
const seeds = 3

// planner is a plan while it is made.
type planner struct {
	Question
	workload *model.Workload
	trier    Trier
}

// Make answers a question for each of some engines. If ctx ends, or the trier
// knows no more trials, it returns what is known until then: the plan is partial,
// and the error is nil only in the latter case.
func Make(ctx context.Context, q Question, w *model.Workload, engines []model.EngineConfig, t Trier) (*Plan, error) {
	p := &planner{q, w, t}
	plan := &Plan{
		Schema: Schema, Kind: "plan", Workload: w.Name, Question: q, Seeds: seeds, Warnings: []analysis.Warning{},
		SLO: analysis.SLO{WithinMS: float64(w.SLO.Within) / 1e6, Ratio: w.SLO.Ratio, Errors: w.SLO.Errors},
	}
	bases, err := distinct(engines)
	if err != nil {
		return nil, err
	}
	plan.Engines = make([]Engine, len(bases))
	var all errgroup.Group
	for i, cfg := range bases {
		all.Go(func() error { return p.engine(ctx, cfg, &plan.Engines[i]) })
	}
	err = all.Wait()
	if err == nil {
		err = p.beside(ctx, plan)
	}
	if err != nil {
		plan.Partial = true
		if missing := (*ErrNotTried)(nil); errors.As(err, &missing) {
			err = nil
		}
	}
	plan.Warnings = append(plan.Warnings, p.warnings(plan)...)
	plan.Conclusion = conclude(plan)
	return plan, err
}

// beside are the questions that stand beside those of an engine.
func (p *planner) beside(ctx context.Context, plan *Plan) error {
	var all errgroup.Group
	all.Go(func() (err error) {
		plan.Rules, err = p.rules(ctx, plan.Engines)
		return err
	})
	all.Go(func() (err error) {
		plan.Grids, err = p.vary(ctx, plan.Engines)
		return err
	})
	return all.Wait()
}

// distinct are the engines without the sizes that are to be found, each once.
func distinct(engines []model.EngineConfig) ([]model.EngineConfig, error) {
	var bases []model.EngineConfig
	for _, e := range engines {
		b, err := base(e)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(bases, func(x model.EngineConfig) bool { return x.String() == b.String() }) {
			bases = append(bases, b)
		}
	}
	return bases, nil
}

// engine answers everything about one engine: first the sizes, then all that
// follows from them, side by side.
func (p *planner) engine(ctx context.Context, cfg model.EngineConfig, e *Engine) error {
	e.Engine, e.Config = cfg.Engine, cfg.String()
	e.base = cfg
	s, err := p.size(ctx, p.ask(cfg), seeds)
	if err != nil {
		return err
	}
	if s.none != nil {
		e.None = s.none
		return nil
	}
	if err := p.fill(ctx, e, s); err != nil {
		return err
	}
	var all errgroup.Group
	all.Go(func() (err error) {
		e.Walls, err = p.walls(ctx, s.candidate, s.knobs)
		if err == nil && len(e.Walls) > 0 {
			line := e.Walls[0].LoadLine
			e.LoadLine = &line
			if line.Rate != nil {
				headroom := *line.Low/p.Rate - 1
				e.Headroom = &headroom
			}
		}
		return err
	})
	changes := p.changes()
	e.WhatIf = make([]WhatIf, len(changes))
	for i, c := range changes {
		all.Go(func() (err error) {
			e.WhatIf[i], err = p.whatIf(ctx, s, c)
			return err
		})
	}
	return all.Wait()
}

// warnings are doubts that concern all of a plan.
func (p *planner) warnings(plan *Plan) (all []analysis.Warning) {
	if workload.Demand(p.workload).Request.CPU == 0 {
		all = append(all, analysis.Warning{Code: "computes-nothing", Text: "no step of the workload computes: CPU and instances are what engines take for themselves, which is the least; if the document is of an access log, what requests compute is in its latencies"})
	}
	for i := range plan.Engines {
		if e := &plan.Engines[i]; e.Engine == "loop" && p.CPUs > 1 {
			all = append(all, analysis.Warning{Code: "one-loop", Text: "loop uses one of an instance's CPUs; --cpus 1 counts processes instead of machines, and -e hybrid has a loop on every CPU"})
		}
	}
	return all
}
