package plan

import (
	"context"
	"math"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
)

// An asked is what the smallest size is searched of.
type asked struct {
	engine   model.EngineConfig
	knobs    []knob
	slow     Slow
	burst    int
	expected int // instances, where the search begins
}

// A sizing is the smallest that holds, or why none does.
type sizing struct {
	knobs     []knob
	candidate Candidate
	low, high []int // of each knob, over the seeds
	none      *None
}

func (p *planner) ask(cfg model.EngineConfig) asked {
	return asked{engine: cfg, knobs: knobs(cfg, p.workload, p.CPUs, p.Keep)}
}

// roomy is a candidate whose sizes are no limit.
func (p *planner) roomy(a asked, instances int) Candidate {
	c := Candidate{Engine: a.engine, Instances: instances, Rate: p.Rate, Slow: a.slow, Burst: a.burst}
	for _, r := range p.workload.Resources {
		c.Sizes = append(c.Sizes, r.Size)
	}
	for i := range a.knobs {
		a.knobs[i].set(&c, a.knobs[i].high)
	}
	connect(&c, 0)
	return c
}

// holds tries a candidate under the first so many seeds; all have to hold.
func (p *planner) holds(ctx context.Context, c Candidate, seeds int) (bool, error) {
	d, err := p.failing(ctx, c, seeds, false)
	return err == nil && d.trial.Outcome == record.Passed, err
}

// lasts is holds, and for ten times as long.
func (p *planner) lasts(ctx context.Context, c Candidate, seeds int) (bool, error) {
	d, err := p.failing(ctx, c, seeds, true)
	return err == nil && d.trial.Outcome == record.Passed, err
}

// A decided candidate stands with the trial that it was decided by.
type decided struct {
	Candidate
	trial *record.Trial
}

// failing is the first trial that a candidate fails, of those under so many seeds
// and, where it is asked for, of the long one; if it fails none, the last.
func (p *planner) failing(ctx context.Context, c Candidate, seeds int, long bool) (d decided, err error) {
	trials := make([]Candidate, 0, seeds+1)
	for s := range seeds {
		trials = append(trials, c.with(func(c *Candidate) { c.Seed = uint64(s) }))
	}
	if long && c.Burst == 0 { // which is judged by what follows it
		trials = append(trials, c.with(func(c *Candidate) { c.Long = true }))
	}
	for _, d.Candidate = range trials {
		if d.trial, err = p.trier.Try(ctx, d.Candidate); err != nil || d.trial.Outcome != record.Passed {
			break
		}
	}
	return d, err
}

// size searches the smallest that holds under all of so many seeds: first the
// fewest instances whose other sizes are no limit, then those sizes under each
// seed, and of each size the largest.
func (p *planner) size(ctx context.Context, a asked, seeds int) (*sizing, error) {
	s := &sizing{knobs: a.knobs}
	n, err := p.fewest(ctx, a, seeds, s)
	if err != nil || s.none != nil {
		return s, err
	}
	s.candidate = p.roomy(a, n)
	s.low, s.high = make([]int, len(a.knobs)), make([]int, len(a.knobs))
	each := make([][]int, seeds)
	var all errgroup.Group
	for seed := range seeds {
		all.Go(func() (err error) {
			each[seed], err = p.trimmed(ctx, s.candidate.with(func(c *Candidate) { c.Seed = uint64(seed) }), a.knobs)
			return err
		})
	}
	if err := all.Wait(); err != nil {
		return s, err
	}
	for seed, sizes := range each {
		for i, n := range sizes {
			if seed == 0 {
				s.low[i], s.high[i] = n, n
			}
			s.low[i], s.high[i] = min(s.low[i], n), max(s.high[i], n)
		}
	}
	// What one seed asks more of one size, it may ask less of another.
	sizes, err := p.together(ctx, s.candidate, a.knobs, s.high, seeds)
	for i := range a.knobs {
		a.knobs[i].set(&s.candidate, sizes[i])
		s.high[i] = max(s.high[i], sizes[i])
	}
	if err == nil {
		err = p.connections(ctx, &s.candidate, a.engine, seeds)
	}
	return s, err
}

// connections puts the cap on connections back to what it is by default where
// that holds, too, and else to twice as many as were open, in thousands: a cap is not there to
// be what stops a service, and fewer than it save nothing.
func (p *planner) connections(ctx context.Context, c *Candidate, cfg model.EngineConfig, seeds int) error {
	if !cfg.Has("connections") || cfg.Int("connections") == c.Engine.Int("connections") {
		return nil
	}
	t, err := p.trier.Try(ctx, *c)
	if err != nil {
		return err
	}
	usual := c.with(func(c *Candidate) { connect(c, cfg.Int("connections")) })
	if t.Server.Connections < cfg.Int("connections") {
		*c = usual // nobody has met it
		return nil
	}
	ok, err := p.holds(ctx, usual, seeds)
	if *c = usual; !ok {
		connect(c, (2*t.Server.Connections+999)/1000*1000)
	}
	return err
}

// expected is how many instances may be needed: where the search begins.
func (p *planner) expected(a asked) int {
	if a.expected > 0 {
		return a.expected
	}
	c := p.roomy(a, 1)
	return int(math.Ceil(p.Rate / (0.8 * analysis.FirstGuess(c.Engine, c.workload(p.workload, 1), p.CPUs))))
}

// fewest is the number of instances without which nothing holds.
func (p *planner) fewest(ctx context.Context, a asked, seeds int, s *sizing) (int, error) {
	expected := p.expected(a)
	n, ok, err := smallest(1, p.MaxInstances, expected, func(n int) (bool, error) { return p.holds(ctx, p.roomy(a, n), seeds) })
	if err == nil && ok {
		n, ok, err = smallest(n, p.MaxInstances, n, func(n int) (bool, error) { return p.lasts(ctx, p.roomy(a, n), seeds) })
	}
	if err == nil && !ok {
		s.none, err = p.why(ctx, a, seeds)
	}
	return n, err
}

// trimmed are the smallest sizes under one seed: each alone, while the others are
// no limit, then all together by a factor, then each as far down as it goes.
func (p *planner) trimmed(ctx context.Context, c Candidate, knobs []knob) ([]int, error) {
	t, err := p.trier.Try(ctx, c)
	if err != nil {
		return nil, err
	}
	hold := func(c Candidate) (bool, error) {
		t, err := p.trier.Try(ctx, c)
		return err == nil && t.Outcome == record.Passed, err
	}
	alone := make([]int, len(knobs))
	for i := range knobs {
		k := &knobs[i]
		n, ok, err := smallest(k.low, k.high, staffed(k.used(t)), func(n int) (bool, error) {
			return hold(c.with(func(c *Candidate) { k.set(c, n) }))
		})
		if err != nil {
			return nil, err
		}
		if alone[i] = n; !ok {
			alone[i] = k.high
		}
	}
	if len(knobs) <= 1 {
		return alone, nil
	}
	sizes, err := p.joint(c, knobs, alone, hold)
	if err != nil {
		return nil, err
	}
	for i := range knobs {
		enough := func(n int) (bool, error) {
			return hold(c.with(func(c *Candidate) {
				for j := range knobs {
					knobs[j].set(c, sizes[j])
				}
				knobs[i].set(c, n)
			}))
		}
		n, ok, err := smallest(alone[i], sizes[i], alone[i], enough)
		if ok && n == alone[i] {
			n, err = protected(&knobs[i], n, enough)
		}
		if err != nil {
			return nil, err
		}
		if ok {
			sizes[i] = n
		}
	}
	return sizes, nil
}

// protected is a size that is enough, or less of it where the others being as small
// as they are keeps requests from it: fewer threads may need fewer connections than
// any number of them.
func protected(k *knob, n int, enough func(int) (bool, error)) (int, error) {
	less := n - max(1, n/100)
	if less < k.low {
		return n, nil
	}
	ok, err := enough(less)
	if err != nil || !ok {
		return n, err
	}
	n, _, err = smallest(k.low, less, less, enough)
	return n, err
}

// staffed is the square-root rule: so many where so much is used on average
// (Halfin and Whitt, "Heavy-traffic limits for queues with many exponential
// servers", 1981). A search begins there.
func staffed(used float64) int { return int(math.Ceil(used + 2*math.Sqrt(used) + 0.5)) }

// factors are by how much sizes that hold alone grow until they hold together.
var factors = []float64{1, 1.01, 1.02, 1.03, 1.05, 1.1, 1.2, 1.5, 2, 4, 16}

// joint are sizes that hold together: those given, times the first factor.
func (p *planner) joint(c Candidate, knobs []knob, alone []int, hold func(Candidate) (bool, error)) ([]int, error) {
	sizes := slices.Clone(alone)
	for _, f := range factors {
		c := c.with(func(c *Candidate) {
			for i := range knobs {
				sizes[i] = min(knobs[i].high, int(math.Ceil(f*float64(alone[i])-1e-9)))
				knobs[i].set(c, sizes[i])
			}
		})
		if ok, err := hold(c); err != nil || ok {
			return sizes, err
		}
	}
	for i := range knobs {
		sizes[i] = knobs[i].high // which holds
	}
	return sizes, nil
}

// together makes sizes hold under all seeds, and for ten times as long: a pool
// that is smaller than what is in use on average shows it late.
func (p *planner) together(ctx context.Context, c Candidate, knobs []knob, sizes []int, seeds int) ([]int, error) {
	return p.joint(c, knobs, sizes, func(c Candidate) (bool, error) { return p.lasts(ctx, c, seeds) })
}
