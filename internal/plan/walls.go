package plan

import (
	"context"
	"slices"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
)

const (
	linePrecision = 1.02
	lineTrials    = 9
	mostWalls     = 4
)

// walls are what stops a candidate, and what stops it next once that is raised,
// until it is something of which an instance has no more.
func (p *planner) walls(ctx context.Context, c Candidate, knobs []knob) ([]Wall, error) {
	var all []Wall
	left := slices.Clone(knobs)
	for len(all) < mostWalls {
		l, err := p.line(ctx, c, linePrecision, lineTrials)
		if err != nil {
			return nil, err
		}
		w := Wall{Kind: model.WallNone, LoadLine: l.loadLine()}
		if l.failed == nil {
			return append(all, w), nil
		}
		past := c.with(func(c *Candidate) { c.Rate = l.high })
		binding, err := p.binding(ctx, past, l.failed, left)
		if err != nil {
			return nil, err
		}
		if binding == nil {
			err = p.end(ctx, &w, past, l.failed)
			return append(all, w), err
		}
		n := binding.of(&c)
		w.Kind, w.Name, w.Limit = binding.wall(), binding.name, &n
		all = append(all, w)
		c = c.with(func(c *Candidate) {
			binding.set(c, binding.high)
			if l.low > 0 {
				c.Rate = l.low
			}
		})
		left = slices.DeleteFunc(left, func(k knob) bool { return k.name == binding.name })
	}
	return all, nil
}

// binding is the size without which what failed would have passed: those whose
// limits were reached are raised first, one at a time, then one after the other.
// nil: none is.
func (p *planner) binding(ctx context.Context, past Candidate, failed *record.Trial, knobs []knob) (*knob, error) {
	order := p.reached(failed, past, knobs)
	passes := func(c Candidate) (bool, error) {
		t, err := p.trier.Try(ctx, c)
		return err == nil && t.Outcome == record.Passed, err
	}
	for _, k := range order {
		if ok, err := passes(past.with(func(c *Candidate) { k.set(c, k.high) })); err != nil || ok {
			return k, err
		}
	}
	if len(order) < 2 {
		return nil, nil
	}
	ok, err := passes(past.with(func(c *Candidate) {
		for _, k := range order {
			k.set(c, k.high)
		}
	}))
	if err != nil || !ok {
		return nil, err
	}
	return order[0], nil // several at once, of which this is the end of the chain
}

// reached sorts knobs: first those whose limit a trial reached, from the end of
// the chain of who waits for whom, then by how much of them was used.
func (p *planner) reached(t *record.Trial, c Candidate, knobs []knob) []*knob {
	var order []*knob
	add := func(k *knob) {
		if !slices.Contains(order, k) {
			order = append(order, k)
		}
	}
	for _, l := range analysis.LimitsOf(t, c.Engine, c.workload(p.workload, 1)) {
		for i := range knobs {
			if l.Saturated && knobs[i].binds(l.Kind, l.Name, p.workload) {
				add(&knobs[i])
			}
		}
	}
	var rest []*knob
	for i := range knobs {
		rest = append(rest, &knobs[i])
	}
	slices.SortStableFunc(rest, func(a, b *knob) int {
		return -compare(a.used(t)/float64(a.of(&c)), b.used(t)/float64(b.of(&c)))
	})
	for _, k := range rest {
		add(k)
	}
	return order
}

func compare(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// wall is the kind of wall that a size is.
func (k *knob) wall() model.WallKind {
	switch k.option {
	case "max":
		return model.WallThreadPool
	case "executor":
		return model.WallExecutor
	case "carriers":
		return model.WallCarriers
	case "workers", "blocking":
		return model.WallWorkers
	}
	return model.WallResource
}

// end is what no size of ours changes: the first limit that was reached, or the
// CPU where it is nearly used up, or a step that stalls the loop for long enough
// to be late after one, long before that is busy.
func (p *planner) end(ctx context.Context, w *Wall, past Candidate, failed *record.Trial) error {
	w.Kind = model.WallUnknown
	reached, err := p.blamed(ctx, past, failed)
	if err != nil {
		return err
	}
	for _, l := range analysis.LimitsOf(failed, past.Engine, past.workload(p.workload, 1)) {
		if reached == nil && (l.Kind == model.WallCPU && l.Utilisation() >= 0.8 || l.Kind == model.WallLoop && l.Name != "") {
			reached = &l
		}
	}
	if reached == nil {
		return nil
	}
	w.Kind, w.Name = reached.Kind, reached.Name
	if r := p.workload.Resource(w.Name); w.Kind == model.WallResource && r != nil {
		w.Limit = &r.Size
	}
	return nil
}
