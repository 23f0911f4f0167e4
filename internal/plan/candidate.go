package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/plimsoll-dev/plimsoll/model"
)

// A Candidate is one thing to try: so many equal instances of an engine in front
// of which the balancer stands, and what is asked of them.
type Candidate struct {
	Engine    model.EngineConfig
	Instances int
	Sizes     []int   // of each of the workload's resources, in each instance
	Rate      float64 // requests per second, of all instances
	Seed      uint64  // beside the workload's: 0, 1, 2, …
	Slow      Slow    // what takes twice as long
	Burst     int     // requests that come at once, beside the rate's
	Long      bool    // tried for ten times as long
}

// Slow is a part of the service that takes twice as long; the zero Slow is none.
type Slow struct {
	Upstream string
	Compute  bool
	Block    bool
}

// slowness is how many times as long it takes.
const slowness = 2

// String names what is slow.
func (s Slow) String() string {
	switch {
	case s.Compute:
		return "compute"
	case s.Block:
		return "block"
	}
	return s.Upstream
}

// variant is what of a candidate a trial's row has no column for.
func (c *Candidate) variant(w *model.Workload) string {
	parts := []string{fmt.Sprintf("instances=%d", c.Instances)}
	for i, r := range w.Resources {
		if c.Sizes[i] != r.Size {
			parts = append(parts, fmt.Sprintf("%s.size=%d", r.Name, c.Sizes[i]))
		}
	}
	if c.Slow != (Slow{}) {
		parts = append(parts, fmt.Sprintf("%s×%d", c.Slow, slowness))
	}
	if c.Burst > 0 {
		parts = append(parts, fmt.Sprintf("burst=%d", c.Burst))
	}
	if c.Long {
		parts = append(parts, "long")
	}
	if c.Seed > 0 {
		parts = append(parts, fmt.Sprintf("seed+%d", c.Seed))
	}
	return strings.Join(parts, ",")
}

// key names a candidate among all of one plan.
func (c *Candidate) key(w *model.Workload) string {
	return fmt.Sprintf("%s|%s|%g", c.Engine, c.variant(w), c.Rate)
}

// with returns the candidate with something changed.
func (c Candidate) with(change func(*Candidate)) Candidate {
	c.Sizes = slices.Clone(c.Sizes)
	change(&c)
	return c
}

// workload is the document's as so many of the candidate's instances see it, which
// have their part of what all share.
func (c *Candidate) workload(w *model.Workload, cell int) *model.Workload {
	one := *w
	// The cap on what clients have in flight is there for a load generator; those
	// of the plan are as many as the rate makes them.
	one.InFlight = maxInFlight
	one.Resources = slices.Clone(w.Resources)
	for i := range one.Resources {
		one.Resources[i].Size = c.Sizes[i]
		if one.Resources[i].Shared {
			one.Resources[i].Size = max(1, c.Sizes[i]*cell/c.Instances)
		}
	}
	if b := w.Arrivals.Burst; b > 0 {
		one.Arrivals.Burst = max(1, (b*cell+c.Instances/2)/c.Instances)
	}
	switch s := c.Slow; {
	case s.Upstream != "":
		one.Upstreams = slices.Clone(w.Upstreams)
		for i := range one.Upstreams {
			if u := &one.Upstreams[i]; u.Name == s.Upstream {
				u.Latency = stretched(u.Latency)
			}
		}
	case s.Compute, s.Block:
		one.Routes = slices.Clone(w.Routes)
		for i := range one.Routes {
			one.Routes[i].Steps = slowed(one.Routes[i].Steps, s)
		}
	}
	return &one
}

// maxInFlight is more than a simulation ever has.
const maxInFlight = 1 << 30

func stretched(d model.Dist) model.Dist {
	d.A, d.B = slowness*d.A, slowness*d.B
	d.Values = slices.Clone(d.Values)
	for i := range d.Values {
		d.Values[i] *= time.Duration(slowness)
	}
	return d
}

func slowed(steps []model.Step, s Slow) []model.Step {
	steps = slices.Clone(steps)
	for i := range steps {
		t := &steps[i]
		if s.Compute && t.Verb == model.Compute || s.Block && t.Verb == model.Block {
			t.Time = stretched(t.Time)
		}
		t.Steps = slowed(t.Steps, s)
		t.Branches = slices.Clone(t.Branches)
		for k := range t.Branches {
			t.Branches[k].Steps = slowed(t.Branches[k].Steps, s)
		}
	}
	return steps
}
