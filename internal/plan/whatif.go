package plan

import (
	"context"
	"fmt"

	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
	"github.com/plimsoll-dev/plimsoll/workload"
)

// The kinds of changes.
const (
	WhatSlow  = "slow"          // something takes twice as long
	WhatBurst = "burst"         // requests come at once
	WhatLost  = "instance-lost" // one of the instances is
)

// A change is one thing that may happen to a service of the planned size.
type change struct {
	what string
	slow Slow
	text string
}

// changes are those that the workload knows: each of its upstreams, its CPU work
// and its blocking steps twice as slow, a burst, and an instance lost.
func (p *planner) changes() []change {
	d := workload.Demand(p.workload).Request
	var all []change
	for _, u := range p.workload.Upstreams {
		if d.Upstreams[u.Name] > 0 {
			all = append(all, change{WhatSlow, Slow{Upstream: u.Name}, u.Name + " takes twice as long"})
		}
	}
	if d.CPU > 0 {
		all = append(all, change{WhatSlow, Slow{Compute: true}, "computing takes twice as long"})
	}
	if d.Block > 0 {
		all = append(all, change{WhatSlow, Slow{Block: true}, "blocking steps take twice as long"})
	}
	if p.Burst > 0 {
		all = append(all, change{what: WhatBurst, text: fmt.Sprintf("%d requests come at once", p.Burst)})
	}
	return append(all, change{what: WhatLost, text: "an instance is lost"})
}

// whatIf says what becomes of the planned size, and where it does not hold, what
// would.
func (p *planner) whatIf(ctx context.Context, s *sizing, ch change) (WhatIf, error) {
	w := WhatIf{What: ch.what, Name: ch.slow.String(), Text: ch.text}
	a := asked{engine: s.candidate.Engine, knobs: s.knobs, slow: ch.slow, expected: s.candidate.Instances}
	c := s.candidate.with(func(c *Candidate) { c.Slow = ch.slow })
	switch ch.what {
	case WhatBurst:
		c.Burst, a.burst = p.Burst, p.Burst
	case WhatLost:
		c.Instances--
		if c.Instances == 0 {
			w.Needs = needsOf(s.candidate, s.knobs, p.workload)
			w.Needs.Instances = 2
			return w, nil
		}
	}
	d, err := p.failing(ctx, c, 1, true)
	if err != nil {
		return w, err
	}
	w.After, w.Holds = atRate(d.trial, c.Instances), d.trial.Outcome == record.Passed
	switch {
	case w.Holds:
		return w, nil
	case ch.what == WhatLost:
		// One more, so that as many are left as were planned: of fewer no size holds.
		w.Needs = needsOf(s.candidate, s.knobs, p.workload)
		w.Needs.Instances++
		return w, nil
	}
	needs, err := p.size(ctx, a, 1)
	switch {
	case err != nil:
		return w, err
	case needs.none == nil:
		// Nothing that happens here asks for less than is planned, but a search under
		// one seed may come out a little lower than the plan's.
		for i := range s.knobs {
			k := &s.knobs[i]
			k.set(&needs.candidate, max(k.of(&needs.candidate), k.of(&s.candidate)))
		}
		w.Needs = needsOf(needs.candidate, s.knobs, p.workload)
	default:
		w.None = needs.none
	}
	return w, nil
}

func needsOf(c Candidate, knobs []knob, w *model.Workload) *Needs {
	return &Needs{Instances: c.Instances, Config: c.Engine.String(), Sizes: sizesOf(c, knobs, w, nil)}
}

// sizesOf are a candidate's, with their intervals where a sizing has some.
func sizesOf(c Candidate, knobs []knob, w *model.Workload, s *sizing) []Size {
	sizes := []Size{}
	for i := range knobs {
		k := &knobs[i]
		n := k.of(&c)
		x := Size{Name: k.name, Option: k.option, N: n, Low: n, High: n, Now: k.now(c.Engine, w)}
		if s != nil {
			x.Low, x.High = s.low[i], s.high[i]
		}
		sizes = append(sizes, x)
	}
	return sizes
}

// now is what a size is where nobody has chosen it.
func (k *knob) now(cfg model.EngineConfig, w *model.Workload) int {
	if k.option == "" {
		return w.Resources[k.resource].Size
	}
	plain, err := model.ParseEngine(cfg.Engine)
	if err != nil {
		return 0
	}
	return max(0, plain.Int(k.option))
}

// atRate sums up a trial of one of so many instances.
func atRate(t *record.Trial, instances int) *AtRate {
	n := float64(max(1, t.Load.Arrivals))
	var failed int64
	for _, k := range t.Load.Failures {
		failed += k
	}
	a := &AtRate{
		Within: float64(t.Load.Within) / n, ErrorRatio: float64(failed) / n, P50MS: float64(t.Load.P50us) / 1000, P99MS: float64(t.Load.P99us) / 1000,
		Grows: t.Drift.Drifts, InFlight: t.Load.InFlight * float64(instances), Threads: t.Server.Threads * instances,
	}
	if t.Server.Available > 0 {
		a.CPUShare = t.Server.CPUSeconds / t.Server.Available
	}
	return a
}

// fill writes down the smallest that holds.
func (p *planner) fill(ctx context.Context, e *Engine, s *sizing) error {
	t, err := p.trier.Try(ctx, s.candidate.with(func(c *Candidate) { c.Long = true }))
	if err != nil {
		return err
	}
	e.sizing = s
	n := s.candidate.Instances
	memory := int64(n) * t.Server.RSS
	e.Config, e.Instances, e.Memory, e.AtRate = s.candidate.Engine.String(), &n, &memory, atRate(t, n)
	e.Cost = p.Price.of(n, memory)
	e.Sizes = sizesOf(s.candidate, s.knobs, p.workload, s)
	return nil
}
