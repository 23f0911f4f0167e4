package plan

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"golang.org/x/sync/errgroup"

	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
)

// A Grid is a what-if table of one engine: the planned configuration with one or
// two sizes changed.
type Grid struct {
	Engine    string   `json:"engine"`
	Config    string   `json:"config"` // of each instance, as planned
	Instances int      `json:"instances"`
	Keys      []string `json:"keys"` // of its one or two axes
	Values    [][]int  `json:"values"`
	Cells     []Cell   `json:"cells"` // the last axis goes fastest
}

// A Cell is what becomes of the service with those sizes.
type Cell struct {
	Holds    bool     `json:"holds"` // at the rate that was asked for
	Within   float64  `json:"within"`
	P99MS    float64  `json:"p99_ms"`
	LoadLine LoadLine `json:"load_line"` // of all instances
}

const (
	cellPrecision = 1.04
	cellTrials    = 6
)

// vary makes the grids of the engines that the question varies something of.
func (p *planner) vary(ctx context.Context, engines []Engine) ([]Grid, error) {
	grids := []Grid{}
	if len(p.Vary) == 0 {
		return grids, nil
	}
	var all errgroup.Group
	for i := range engines {
		e := &engines[i]
		if e.sizing == nil || !p.varies(e.Engine) {
			continue
		}
		g := Grid{Engine: e.Engine, Config: e.Config, Instances: *e.Instances, Cells: make([]Cell, p.cells())}
		for _, v := range p.Vary {
			g.Keys, g.Values = append(g.Keys, v.Key), append(g.Values, v.Values)
		}
		for n := range g.Cells {
			all.Go(func() (err error) {
				g.Cells[n], err = p.cell(ctx, e.sizing.candidate, n)
				return err
			})
		}
		grids = append(grids, g)
	}
	return grids, all.Wait()
}

// varies reports whether the question varies something of an engine.
func (q *Question) varies(engine string) bool {
	return len(q.Vary) > 0 && !slices.ContainsFunc(q.Vary, func(v Vary) bool { return v.Engine != "" && v.Engine != engine })
}

// cells are those of a grid.
func (q *Question) cells() int {
	n := 1
	for _, v := range q.Vary {
		n *= len(v.Values)
	}
	return n
}

func (p *planner) cell(ctx context.Context, planned Candidate, n int) (Cell, error) {
	c := p.inCell(planned, n)
	t, err := p.trier.Try(ctx, c)
	if err != nil {
		return Cell{}, err
	}
	l, err := p.line(ctx, c, cellPrecision, cellTrials)
	at := atRate(t, c.Instances)
	return Cell{Holds: t.Outcome == record.Passed, Within: at.Within, P99MS: at.P99MS, LoadLine: l.loadLine()}, err
}

// inCell is the planned candidate with the sizes of a cell.
func (p *planner) inCell(planned Candidate, n int) Candidate {
	return planned.with(func(c *Candidate) {
		for range 2 { // the first time, spare threads are cut to the pool as it was planned
			at := n
			for _, v := range slices.Backward(p.Vary) {
				p.put(c, v, v.Values[at%len(v.Values)])
				at /= len(v.Values)
			}
		}
	})
}

// put changes what a Vary names.
func (p *planner) put(c *Candidate, v Vary, n int) {
	switch {
	case v.Resource != "":
		for i, r := range p.workload.Resources {
			if r.Name == v.Resource {
				c.Sizes[i] = n
			}
		}
	case v.Option != "":
		cfg, err := varied(c.Engine, v.Option, n)
		if err != nil {
			panic(fmt.Sprintf("plan: %v", err)) // ParseVary has seen to it
		}
		c.Engine = cfg
	default:
		c.Instances = n
	}
}

// rivals are the options of one pool: one end of it may be in the other's way.
var rivals = map[string]string{
	"max": "spare", "executor": "executor-max", "executor-max": "executor", "blocking": "blocking-max", "blocking-max": "blocking",
}

// varied changes an option of the planned configuration, and where another one of
// the same pool is in the way, that one as far as need be. Its error is that no
// such pool has so many.
func varied(cfg model.EngineConfig, option string, n int) (model.EngineConfig, error) {
	if option == "spare" { // of which there are never more than the pool has
		n = min(n, cfg.Int("max"))
	}
	changed, err := cfg.With(option, strconv.Itoa(n))
	rival := rivals[option]
	if err == nil || !cfg.Has(rival) {
		return changed, err
	}
	yielding, failed := cfg.With(rival, strconv.Itoa(n))
	if failed != nil {
		return cfg, err
	}
	return yielding.With(option, strconv.Itoa(n))
}
