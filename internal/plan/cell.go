package plan

import (
	"context"
	"math"
	"slices"

	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
)

// manyInstances is how many are simulated of those behind a balancer that knows
// what it gave to whom. What is left out is how even more of them would share
// chance; of those that are given requests at random, one is like all.
const manyInstances = 4

// manyRequests is the rate per second from which on an instance alone is enough:
// the more requests each has, the less it matters how evenly they are spread. And
// with fewer a trial is hardly less work: its window has the same 20,000 at any rate
// from 4,000/s on (forecast.Try), and the second before it half as many at this one.
const manyRequests = 10_000

// apart is how many instances are simulated, with their part of the rate, in place
// of all, where they share nothing.
func (c *Candidate) apart(w *model.Workload, b model.Balancer) int {
	if b == model.RandomInstance && w.Arrivals.Kind == model.Poisson {
		return 1
	}
	return min(c.Instances, manyInstances, c.enough())
}

// enough is how many instances have manyRequests together.
func (c *Candidate) enough() int {
	return max(1, int(math.Ceil(manyRequests/(c.Rate/float64(c.Instances)))))
}

// cell is the same where they may share something.
func (c *Candidate) cell(w *model.Workload, b model.Balancer) int {
	if !slices.ContainsFunc(w.Resources, func(r model.Resource) bool { return r.Shared }) {
		return c.apart(w, b)
	}
	for n := 4 * manyInstances; n < c.Instances; n++ {
		if c.divides(w, n) {
			return n
		}
	}
	return c.Instances
}

// sharedSlots are so few that as many instances are simulated as share them: fewer
// slots for fewer instances make more of them wait.
const sharedSlots = 16

// divides reports whether so many instances have a part of each shared resource
// that is one: of enough slots, and to 1 % what they would have of the whole.
func (c *Candidate) divides(w *model.Workload, n int) bool {
	for i, r := range w.Resources {
		if whole := c.Sizes[i] * n; r.Shared && (whole < sharedSlots*c.Instances || 100*(whole%c.Instances) > whole) {
			return false
		}
	}
	return true
}

// rungs are smaller cells, each several times the one before. The first has a slot of
// each shared resource, and manyRequests.
func (c *Candidate) rungs(w *model.Workload, b model.Balancer) (all []int) {
	n := c.enough()
	for i, r := range w.Resources {
		if r.Shared {
			n = max(n, (c.Instances+c.Sizes[i]-1)/c.Sizes[i])
		}
	}
	for most := c.cell(w, b) / 2; n <= most; n *= rung {
		all = append(all, n)
	}
	return all
}

const rung = 4

// try simulates a cell in place of all instances. One that is smaller has fewer
// slots of what is shared for fewer instances, and does no better than all do; as
// few with all of the slots do no worse. So what both say is said of all, and larger
// cells are there for when they differ.
func (s *Simulator) try(ctx context.Context, c Candidate) (*record.Trial, error) {
	var free *record.Trial
	for _, n := range c.rungs(s.Workload, s.Balancer) {
		tight, err := s.part(ctx, c, n, c.workload(s.Workload, n))
		if err != nil || !s.waited(tight) || s.overrun(&c, n, tight) {
			return tight, err
		}
		if free == nil {
			few := c.apart(s.Workload, s.Balancer)
			if free, err = s.part(ctx, c, few, c.unshared(s.Workload, few)); err != nil {
				return nil, err
			}
		}
		if alike(tight, free, s.Workload.SLO) {
			return tight, nil
		}
	}
	n := c.cell(s.Workload, s.Balancer)
	return s.part(ctx, c, n, c.workload(s.Workload, n))
}

// unshared is the workload of so many instances that have all slots of what is
// shared to themselves.
func (c *Candidate) unshared(w *model.Workload, n int) *model.Workload {
	own := c.workload(w, n)
	for i := range own.Resources {
		own.Resources[i].Size = c.Sizes[i]
	}
	return own
}

// waited reports whether anybody waited for what instances share.
func (s *Simulator) waited(t *record.Trial) bool {
	for i, r := range s.Workload.Resources {
		if r.Shared && t.Server.Resources[i].Waiting > 0 {
			return true
		}
	}
	return false
}

// always is the share of a window in which slots are taken that are taken all the time.
const always = 0.99

// enoughLess is the share of what comes that is too little to be what chance, or
// the requests that a window begins with, make of all of it.
const enoughLess = 0.8

// overrun reports whether a part failed because the slots of something that is shared
// were taken all the time and far less was answered than came. A slot that is never
// free does no more among many, so that the fleet, which has as many for each instance,
// fails, too.
func (s *Simulator) overrun(c *Candidate, instances int, t *record.Trial) bool {
	if t.Outcome == record.Passed || !t.Drift.Drifts {
		return false
	}
	for i, r := range s.Workload.Resources {
		slots := &t.Server.Resources[i]
		if !r.Shared || slots.FullShare < always {
			continue
		}
		// Of slots that are few the part has whole ones, and so less than its part.
		part := float64(c.Sizes[i]) * float64(instances) / float64(c.Instances) / float64(slots.Size)
		if part*(float64(t.Server.Responses)+0.5) < enoughLess*t.Rate*t.Seconds {
			return true
		}
	}
	return false
}

// alike reports whether two trials say the same: the same outcome, as many
// requests in time, to a quarter of what may be late, or is, and the same p99, to a
// tenth, where they pass. What passes may be what is planned, and is printed as how
// the fleet does: both may be in time by far, and one of them waits ten times as long.
func alike(a, b *record.Trial, slo model.SLO) bool {
	late := func(t *record.Trial) float64 { return 1 - float64(t.Load.Within)/float64(max(1, t.Load.Arrivals)) }
	near := func(x, y, share, least float64) bool { return math.Abs(x-y) <= share*max(least, min(x, y)) }
	return a.Outcome == b.Outcome && near(late(a), late(b), 0.25, 1-slo.Ratio) &&
		(a.Outcome != record.Passed || near(float64(a.Load.P99us), float64(b.Load.P99us), 0.1, 1))
}

// part simulates so many of a candidate's instances, with their part of the rate.
func (s *Simulator) part(ctx context.Context, c Candidate, n int, w *model.Workload) (*record.Trial, error) {
	t, err := s.Simulate(ctx, c.setup(n, w, s.Balancer))
	if err != nil {
		return nil, err
	}
	t.Instances = n
	return t, nil
}

// setup is so many of a candidate's instances.
func (c *Candidate) setup(n int, w *model.Workload, b model.Balancer) Setup {
	part := float64(n) / float64(c.Instances)
	return Setup{
		Workload: w, Engine: c.Engine, Seed: w.Seed + c.Seed, Instances: n, Balancer: b,
		Rate: c.Rate * part, Burst: int(float64(c.Burst)*part + 0.5), Long: c.Long,
	}
}
