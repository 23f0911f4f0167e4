package synthetic

import (
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/cps"
	"github.com/plimsoll-dev/plimsoll/internal/work"
	"github.com/plimsoll-dev/plimsoll/model"
)

var _ cps.Handler = (*Service)(nil)

// ServeCPS implements [cps.Handler]: what ServeHTTP does, without a stack. It
// draws the same random numbers in the same order.
func (s *Service) ServeCPS(t cps.Task, w http.ResponseWriter, r *http.Request, done func()) {
	route, run, ok := s.begin(w, r)
	if !ok {
		done()
		return
	}
	run.stepsThen(t, route.Steps, func(err error) {
		s.answer(w, route, err)
		done()
	})
}

// stepsThen runs steps one after another: each from the continuation of the one
// before.
func (r *run) stepsThen(t cps.Task, steps []model.Step, then func(error)) {
	if len(steps) == 0 {
		then(nil)
		return
	}
	r.stepThen(t, &steps[0], func(err error) {
		if err != nil {
			then(err)
			return
		}
		r.stepsThen(t, steps[1:], then)
	})
}

func (r *run) stepThen(t cps.Task, s *model.Step, then func(error)) {
	switch s.Verb {
	case model.Await:
		latency, pick := r.service.upstreams[s.Upstream].Sample(r.rng), r.rng.Uint64()
		t.Await(s.Op, func(t cps.Task, done func(error)) {
			r.service.askThen(t, s.Upstream, latency, pick, done)
		}, then)
	case model.Call:
		latency, pick := r.service.upstreams[s.Upstream].Sample(r.rng), r.rng.Uint64()
		t.Call(s.Op, func(t engine.Task) error { return r.service.ask(t, s.Upstream, latency, pick) }, then)
	case model.Compute:
		units := r.service.speed.Units(s.Time.Sample(r.rng))
		t.Compute(s.Op, func() { work.Do(units) }, func() { then(nil) })
	case model.Block:
		d := s.Time.Sample(r.rng)
		t.Block(s.Op, func() error { return block(d) }, then)
	case model.Hold:
		t.Hold(r.service.resources[s.Resource], func(t cps.Task, release func(error)) {
			r.stepsThen(t, s.Steps, release)
		}, then)
	case model.Choice:
		r.stepsThen(t, r.choose(s.Branches), then)
	case model.Parallel:
		r.parallelThen(t, s, then)
	default:
		then(unknownVerb(s))
	}
}

// parallelThen gives every branch the random numbers that parallel gives it.
func (r *run) parallelThen(t cps.Task, s *model.Step, then func(error)) {
	branches := make([]func(cps.Task, func(error)), len(s.Branches))
	for i := range s.Branches {
		strand := run{service: r.service, rng: rand.New(rand.NewPCG(r.rng.Uint64(), uint64(i)))}
		branches[i] = func(t cps.Task, done func(error)) { strand.stepsThen(t, s.Branches[i].Steps, done) }
	}
	t.All(s.Op, branches, then)
}

// askThen waits for an upstream, as ask does.
func (s *Service) askThen(t cps.Task, upstream string, latency time.Duration, pick uint64, then func(error)) {
	address := s.addresses[pick%uint64(len(s.addresses))]
	t.Get(address, string(target(upstream, latency)), func(status int, body []byte, err error) {
		then(verdict(upstream, status, body, err))
	})
}
