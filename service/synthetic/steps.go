package synthetic

import (
	"fmt"
	"math/rand/v2"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/internal/work"
	"github.com/plimsoll-dev/plimsoll/model"
)

// A run is one strand of a request: its steps one after another, and the
// random numbers that only it draws.
type run struct {
	service *Service
	rng     *rand.Rand
}

func (r *run) steps(t engine.Task, steps []model.Step) error {
	for i := range steps {
		if err := r.step(t, &steps[i]); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) step(t engine.Task, s *model.Step) error {
	switch s.Verb {
	case model.Await, model.Call:
		latency, pick := r.service.upstreams[s.Upstream].Sample(r.rng), r.rng.Uint64()
		wait := func(t engine.Task) error { return r.service.ask(t, s.Upstream, latency, pick) }
		if s.Verb == model.Await {
			return t.Await(s.Op, wait)
		}
		return t.Call(s.Op, wait)
	case model.Compute:
		units := r.service.speed.Units(s.Time.Sample(r.rng))
		t.Compute(s.Op, func() { work.Do(units) })
		return nil
	case model.Block:
		d := s.Time.Sample(r.rng)
		return t.Block(s.Op, func() error { return block(d) })
	case model.Hold:
		return t.Hold(r.service.resources[s.Resource], func(t engine.Task) error { return r.steps(t, s.Steps) })
	case model.Choice:
		return r.steps(t, r.choose(s.Branches))
	case model.Parallel:
		return r.parallel(t, s)
	}
	return unknownVerb(s)
}

func unknownVerb(s *model.Step) error {
	return fmt.Errorf("synthetic: step %q has no verb that this version knows: %v", s.Op, s.Verb)
}

func (r *run) choose(branches []model.Branch) []model.Step {
	p := r.rng.Float64()
	for i := range branches {
		if p -= branches[i].P; p < 0 {
			return branches[i].Steps
		}
	}
	return branches[len(branches)-1].Steps // the probabilities add up to 1 but for rounding
}

// parallel gives every branch random numbers of its own before any of them
// starts: which runs first must not matter.
func (r *run) parallel(t engine.Task, s *model.Step) error {
	branches := make([]func(engine.Task) error, len(s.Branches))
	for i := range s.Branches {
		strand := run{service: r.service, rng: rand.New(rand.NewPCG(r.rng.Uint64(), uint64(i)))}
		branches[i] = func(t engine.Task) error { return strand.steps(t, s.Branches[i].Steps) }
	}
	return t.All(s.Op, branches...)
}
