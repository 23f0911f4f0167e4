package sim

import (
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/load"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/workload"
)

// A trial is a simulation of a test, and what its clients saw.
type trial struct {
	*Simulation
	testing.TB
	outcomes [load.NumOutcomes]int
	routes   map[string]int // answered without error
	ended    func(Ended)
}

// parse reads a document of a test; what every document has is added.
func parse(t testing.TB, document string) *model.Workload {
	t.Helper()
	w, _, err := workload.Parse("test.yaml", []byte("workload: test\nslo: {within: 1s}\n"+document))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// simulate prepares a document under an engine on one CPU that costs nothing;
// change may alter that.
func simulate(t testing.TB, engine, document string, rate float64, change func(*Config)) *trial {
	t.Helper()
	cfg, err := model.ParseEngine(engine)
	if err != nil {
		t.Fatal(err)
	}
	r := &trial{TB: t, routes: map[string]int{}}
	c := Config{Workload: parse(t, document), Engine: cfg, CPUs: 1, Costs: Costs{Speed: 1, Slice: 10 * time.Millisecond}, Seed: 1}
	if rate > 0 {
		c.Stages = []model.Stage{{For: 1e6 * time.Second, Rate: rate}}
	}
	if change != nil {
		change(&c)
	}
	c.Ended = func(e Ended) {
		r.outcomes[e.Outcome]++
		if e.Outcome == load.OK {
			r.routes[c.Workload.Routes[e.Route].Name]++
		}
		if r.ended != nil {
			r.ended(e)
		}
	}
	if r.Simulation, err = New(c); err != nil {
		t.Fatal(err)
	}
	return r
}

// until runs on to a time, in which Little's law has to hold.
func (r *trial) until(d time.Duration) Stats {
	r.Helper()
	if err := r.RunUntil(d); err != nil {
		r.Fatal(err)
	}
	return r.Stats()
}

// perSecond is the rate of answers from one time to another.
func (r *trial) perSecond(from, to time.Duration) float64 {
	r.until(from)
	before := r.outcomes[load.OK]
	r.until(to)
	return float64(r.outcomes[load.OK]-before) / (to - from).Seconds()
}

func near(got, want, tolerance float64) bool {
	return got >= want*(1-tolerance) && got <= want*(1+tolerance)
}

func (r *trial) want(what string, got, want, tolerance float64) {
	r.Helper()
	if !near(got, want, tolerance) {
		r.Errorf("%s: %.6g, and it should be %.6g (within %.2g %%)", what, got, want, 100*tolerance)
	}
}
