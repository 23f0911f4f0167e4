package sim

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/model"
)

// history is what became of every request of two seconds, in order. Routes are
// left out: what they are called is no matter.
func history(t testing.TB, engine, document string, rate float64, change func(*Config), look time.Duration) (all []Ended) {
	r := simulate(t, engine, document, rate, func(c *Config) {
		c.Costs, c.Stages[0].For = DefaultCosts(), 2*time.Second
		change(c)
	})
	r.ended = func(e Ended) {
		e.Route = 0
		all = append(all, e)
	}
	for at := look; look > 0 && at < 5*time.Second; at += look {
		r.until(at)
	}
	r.until(10 * time.Second)
	return all
}

// eachStep calls f with all steps of a workload.
func eachStep(w *model.Workload, f func(*model.Step)) {
	var walk func([]model.Step)
	walk = func(steps []model.Step) {
		for i := range steps {
			f(&steps[i])
			walk(steps[i].Steps)
			for _, b := range steps[i].Branches {
				walk(b.Steps)
			}
		}
	}
	for _, r := range w.Routes {
		walk(r.Steps)
	}
}

// times multiplies a distribution.
func times(k time.Duration, d model.Dist) model.Dist {
	d.A, d.B, d.Values = k*d.A, k*d.B, slices.Clone(d.Values)
	for i := range d.Values {
		d.Values[i] *= k
	}
	return d
}

func computeTimes(k time.Duration, c *Config) {
	eachStep(c.Workload, func(s *model.Step) {
		if s.Verb == model.Compute {
			s.Time = times(k, s.Time)
		}
	})
}

// What cannot make a difference makes none: request by request, to the nanosecond.
func TestWhatMakesNoDifference(t *testing.T) {
	for i, c := range []struct {
		name    string
		base    func(*Config)
		change  func(*Config)
		look    time.Duration // how often somebody looks; 0: at the end only
		patient bool          // nothing may fail
	}{
		{"looking often", nil, nil, 7 * time.Millisecond, false},
		{"resources and upstreams that nobody uses", nil, func(c *Config) {
			w := c.Workload
			w.Resources = append(w.Resources, model.Resource{Name: "spare", Size: 1})
			w.Upstreams = append([]model.Upstream{{Name: "nobody", Latency: model.Dist{A: time.Hour}}}, w.Upstreams...)
		}, 0, false},
		{"a route that nobody requests", nil, func(c *Config) {
			w := c.Workload
			w.Routes = append(w.Routes, model.Route{Name: "never", Path: "/never", Steps: w.Routes[0].Steps})
		}, 0, false},
		{"a route under two names", nil, func(c *Config) {
			w := c.Workload
			a := w.Routes[0]
			a.Weight, w.Routes[0].Weight, a.Name, a.Path = a.Weight/2, a.Weight/2, "again", "/again"
			w.Routes = slices.Insert(w.Routes, 1, a)
		}, 0, false},
		{"the order of resources", nil, func(c *Config) { slices.Reverse(c.Workload.Resources) }, 0, false},
		{"what is shared with nobody", nil, func(c *Config) {
			for i := range c.Workload.Resources {
				c.Workload.Resources[i].Shared = true
			}
		}, 0, false},
		{"a CPU twice as fast for twice the work", nil, func(c *Config) { c.Costs.Speed = 2; computeTimes(2, c) }, 0, false},
		{"half of twice the work", nil, func(c *Config) { c.Compute = 0.5; computeTimes(2, c) }, 0, false},
		{"retries where nothing fails", func(c *Config) { c.Workload.Timeout = time.Hour }, func(c *Config) { c.Retry = FullJitter(3, time.Second) }, 0, true},
		{"a stage in two", nil, func(c *Config) {
			rate := c.Stages[0].Rate
			c.Stages = []model.Stage{{For: time.Second, Rate: rate}, {For: time.Second, Rate: rate, To: rate}}
		}, 0, false},
		{"bursts of one", func(c *Config) { c.Workload.Arrivals = model.Arrivals{Kind: model.Constant} }, func(c *Config) { c.Workload.Arrivals = model.Arrivals{Kind: model.Bursts, Burst: 1} }, 0, false},
		{"one instance behind a balancer", nil, func(c *Config) { c.Instances, c.Balancer = 1, model.LeastConnections }, 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			base, change := c.base, c.change
			if base == nil {
				base = func(*Config) {}
			}
			if change == nil {
				change = func(*Config) {}
			}
			document := randomDocument(rand.New(rand.NewPCG(uint64(i), 11)))
			for _, engine := range everyEngine {
				if c.patient && strings.Contains(engine, "queue=") {
					continue // it refuses
				}
				a := history(t, engine, document, 60, base, 0)
				b := history(t, engine, document, 60, func(x *Config) { base(x); change(x) }, c.look)
				if deadlocks := strings.Contains(engine, "jdk21"); len(a) == 0 && !deadlocks || !slices.Equal(a, b) {
					t.Errorf("%s: %d requests ended, and %d; the first otherwise: %s\n%s", engine, len(a), len(b), firstDifference(a, b), document)
				}
			}
		})
	}
}

// firstDifference is the first request of which two histories tell otherwise.
func firstDifference(a, b []Ended) string {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("%+v and %+v", a[i], b[i])
		}
	}
	return "none"
}

// Nothing but time itself is long or short: where all times are four times as long,
// and rates a quarter, the same happens four times as slowly.
func TestTimeHasNoScale(t *testing.T) {
	const k = 4
	scale := func(d *time.Duration) { *d *= k }
	for seed := range uint64(3) {
		document := randomDocument(rand.New(rand.NewPCG(seed, 12)))
		for _, engine := range everyEngine {
			base := func(c *Config) {
				c.Stages[0].For = time.Second // before anything is idle for long: that time is the engine's
				c.Workload.Timeout = 300 * time.Millisecond
			}
			a := history(t, engine, document, 150, base, 0)
			b := history(t, engine, document, 150.0/k, func(c *Config) {
				base(c)
				for _, d := range []*time.Duration{&c.Stages[0].For, &c.Workload.Timeout, &c.Costs.Quantum, &c.Costs.Slice, &c.Costs.Switch, &c.Costs.Wake,
					&c.Costs.Fiber, &c.Costs.Park, &c.Costs.Handoff, &c.Costs.Start, &c.Costs.Request, &c.Costs.Exchange} {
					scale(d)
				}
				for i := range c.Workload.Upstreams {
					c.Workload.Upstreams[i].Latency = times(k, c.Workload.Upstreams[i].Latency)
				}
				eachStep(c.Workload, func(s *model.Step) { s.Time = times(k, s.Time) })
			}, 0)
			if len(a) == 0 || len(a) != len(b) {
				t.Fatalf("%s: %d requests and %d", engine, len(a), len(b))
			}
			for i := range a {
				// A time that is drawn is a whole number of nanoseconds.
				if off := b[i].Done - k*a[i].Done; max(off, -off) > 1000 || a[i].Outcome != b[i].Outcome {
					t.Errorf("%s: %+v, and four times as slowly %+v\n%s", engine, a[i], b[i], document)
					break
				}
			}
		}
	}
}

// A parallel of one branch is that branch, and a choice between two that are the
// same is one of them.
func TestAStructureOfOneIsWhatIsInIt(t *testing.T) {
	const document = `
upstreams: {u: {latency: 4ms}, v: {latency: 7ms}}
resources: {s: {size: 2}, m: {monitor: true}}
routes: {r: {steps: [{await: u}, {hold: s, steps: [{call: v}]}, {compute: 1ms}, {parallel: [[{call: u}, {compute: 2ms}], [{block: 3ms}], [{hold: m, steps: [{await: u}]}]]}]}}
timeout: 5s
`
	free := func(c *Config) { c.Costs = Costs{Speed: 1, Slice: 10 * time.Millisecond} }
	for _, engine := range everyEngine {
		a := history(t, engine, document, 120, free, 0)
		for name, wrap := range map[string]func([]model.Step) model.Step{
			"a parallel of one": func(s []model.Step) model.Step {
				return model.Step{Verb: model.Parallel, Op: "one", Branches: []model.Branch{{Steps: s}}}
			},
			"a choice of the same": func(s []model.Step) model.Step {
				return model.Step{Verb: model.Choice, Op: "choice", Branches: []model.Branch{{P: 0.3, Steps: s}, {P: 0.7, Steps: s}}}
			},
		} {
			b := history(t, engine, document, 120, func(c *Config) {
				free(c)
				r := &c.Workload.Routes[0]
				r.Steps = []model.Step{wrap(r.Steps)}
			}, 0)
			if len(a) == 0 || !slices.Equal(a, b) {
				t.Errorf("%s, %s: %s", engine, name, firstDifference(a, b))
			}
		}
	}
}

// The interactive response time law (Lazowska et al., Quantitative System
// Performance, 1984, 3.6): of N clients each is either thinking or served, on every
// engine, whatever is refused and whoever gives up.
func TestClientsAreThinkingOrServed(t *testing.T) {
	const clients = 30
	document := randomDocument(rand.New(rand.NewPCG(2, 13)))
	for _, engine := range everyEngine {
		think := model.Dist{Kind: model.DistExponential, A: 50 * time.Millisecond}
		r := simulate(t, engine, document, 0, func(c *Config) {
			c.Clients, c.Think, c.Costs, c.CPUs = clients, think, DefaultCosts(), 2
			c.Workload.Timeout = 200 * time.Millisecond
		})
		var n, spent float64
		r.ended = func(e Ended) { n++; spent += float64(e.Done - e.Intended) }
		x := r.until(20 * time.Second)
		inside := x.InFlightTime.Seconds() / x.Now.Seconds()
		thinking := n * think.Mean().Seconds() / x.Now.Seconds()
		if !near(inside+thinking, clients, 0.03) || !near(spent/1e9, x.InFlightTime.Seconds(), 0.03) {
			t.Errorf("%s: of %d clients %.4g think and %.4g wait", engine, clients, thinking, inside)
		}
	}
}

// Sizes that nobody reaches are no sizes: a pool, a number of connections or of CPUs
// that is larger than what comes at once.
func TestWhatNobodyReachesHasNoSize(t *testing.T) {
	const document = `
upstreams: {u: {latency: {exponential: 20ms}}}
resources: {s: {size: %d}}
routes: {r: {steps: [{call: u}, {hold: s, steps: [{await: u}]}, {block: {uniform: {from: 1ms, to: 3ms}}}, {compute: {exponential: 2ms}}]}}
timeout: 1m
`
	for _, c := range [][2]string{
		{"thread:max=200,spare=0", "thread:max=5000,spare=0,queue=9,connections=200"},
		{"future:max=200,spare=0,executor=200", "future:max=5000,spare=0,executor=200,executor-max=300,executor-queue=10"},
		{"hybrid:loops=1,workers=200,blocking=200", "hybrid:loops=1,workers=1000,blocking=200,blocking-max=400,workers-queue=3,blocking-queue=7"},
		{"vthread:carriers=200", "vthread:carriers=1000,compensate=5,pinning=jdk21"},
		{"goroutine:procs=200", "goroutine:procs=1000,http=net"},
	} {
		sized := func(engine string, slots, cpus int) []Ended {
			return history(t, engine, fmt.Sprintf(document, slots), 300, func(x *Config) { x.CPUs = cpus }, 0)
		}
		if a, b := sized(c[0], 200, 200), sized(c[1], 1000, 300); len(a) == 0 || !slices.Equal(a, b) {
			t.Errorf("%s is not as %s: %s", c[0], c[1], firstDifference(a, b))
		}
	}
}
