package sim

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/load"
	"github.com/plimsoll-dev/plimsoll/model"
)

// A property holds of every run. Its error says how it does not.
type property func(t testing.TB, seed uint64, p plant) error

var properties = map[string]property{
	"nothing overtakes in a queue":                         nothingOvertakes,
	"work is conserved":                                    workIsConserved,
	"work is conserved with retries, on several instances": workIsConservedWhateverClientsDo,
	"no more hold a resource than it has":                  neverMoreThanThereAre,
}

func TestPropertiesHold(t *testing.T) {
	for name, holds := range properties {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(5) {
				if err := holds(t, seed, plant{}); err != nil {
					t.Errorf("seed %d: %v", seed, err)
				}
			}
		})
	}
}

// A test that cannot fail shows nothing: each of these faults is seen by the
// property that is about it.
func TestPlantedFaultsAreFound(t *testing.T) {
	for _, c := range []struct {
		property string
		fault    plant
	}{
		{"nothing overtakes in a queue", plant{lastInFirstOut: true}},
		{"work is conserved", plant{lostWakeUp: true}},
		{"no more hold a resource than it has", plant{oneMoreSlot: true}},
	} {
		if err := properties[c.property](t, 1, c.fault); err == nil {
			t.Errorf("%s: not found with %+v", c.property, c.fault)
		}
	}
}

// Formulas are sharp enough to find a slot too many, and a lost wake-up.
func TestPlantedFaultsContradictTheory(t *testing.T) {
	for _, y := range systems() {
		if y.name != "M/M/4" {
			continue
		}
		for _, p := range []plant{{}, {oneMoreSlot: true}, {lostWakeUp: true}} {
			r := simulate(t, y.engine, y.document, y.rate, nil)
			r.plant = p
			sum, n := 0.0, 0
			r.ended = func(e Ended) { sum += float64(e.Done-e.Intended) / 1e6; n++ }
			_ = r.RunUntil(500 * time.Second) // which finds one of them itself
			if near(sum/float64(n), y.truth, 0.06) != (p == plant{}) {
				t.Errorf("%+v: the mean is %.4g, and %s has %.4g", p, sum/float64(n), y.source, y.truth)
			}
		}
	}
}

// What a simulation keeps depends on how many requests there are at once, and not
// on how many there have been.
func TestNothingGrowsWithTime(t *testing.T) {
	const document = `
upstreams: {u: {latency: {uniform: {from: 1ms, to: 9ms}}}}
resources: {r0: {size: 8}}
routes: {a: {steps: [{hold: r0, steps: [{await: u}]}, {parallel: [[{call: u}], [{await: u}]]}, {compute: 1ms}]}}
timeout: 5s
`
	for _, engine := range everyEngine {
		r := simulate(t, engine, document, 100, func(c *Config) { c.Workload.Arrivals.Kind, c.Costs = model.Constant, DefaultCosts() })
		kept := func() [3]int { return [3]int{len(r.strands.items), len(r.requests.items), r.events.Len()} }
		r.until(30 * time.Second)
		before := kept()
		r.until(120 * time.Second)
		for i, n := range kept() {
			if n > before[i]+before[i]/5+5 {
				t.Errorf("%s: %v after 30 s, %v after 120 s", engine, before, kept())
				break
			}
		}
		// Deadlines are kept since the oldest request that is open.
		if n := r.clients.deadlines.Len(); n > 100 {
			t.Errorf("%s: %d deadlines at 100 a second, of requests that take some milliseconds", engine, n)
		}
	}
}

// On every engine: what waits for one slot, and is served in the same time, ends
// in the order in which it came.
func nothingOvertakes(t testing.TB, seed uint64, p plant) error {
	for _, spec := range model.Engines {
		r := simulate(t, spec.Name, one(1, "10ms"), 95, func(c *Config) { c.Seed = seed })
		r.plant = p
		last := int64(-1)
		var err error
		r.ended = func(e Ended) {
			if e.Intended < last && err == nil {
				err = fmt.Errorf("%s: a request that came at %d ended after one of %d", spec.Name, e.Intended, last)
			}
			last = e.Intended
		}
		r.until(10 * time.Second)
		if err != nil {
			return err
		}
	}
	return nil
}

// Every request that came has ended when none comes any more; the CPU has done
// what requests asked for, and nobody has, or waits for, anything.
func workIsConserved(t testing.TB, seed uint64, p plant) error {
	return conserved(t, seed, p, func(*Config) {})
}

func workIsConservedWhateverClientsDo(t testing.TB, seed uint64, p plant) error {
	return conserved(t, seed, p, func(c *Config) {
		c.Instances, c.Balancer = 1+int(seed%4), model.Balancers[seed%4]
		c.Retry, c.Workload.Timeout = FullJitter(2, 20*time.Millisecond), 50*time.Millisecond
	})
}

func conserved(t testing.TB, seed uint64, p plant, change func(*Config)) error {
	r := rand.New(rand.NewPCG(seed, 3))
	document := randomDocument(r)
	for _, engine := range everyEngine {
		s := simulate(t, engine, document, 200, func(c *Config) {
			c.Seed, c.CPUs = seed, 1+r.IntN(3)
			c.Stages[0].For = 10 * time.Second
			c.Costs = DefaultCosts()
			change(c)
		})
		s.plant = p
		if err := s.RunUntil(time.Hour); err != nil {
			return fmt.Errorf("%s: %w\n%s", engine, err, document)
		}
		x := s.Stats()
		switch {
		case x.Deadlock != nil && strings.Contains(engine, "jdk21"):
			continue // nothing ends after that, as it should
		case x.InFlight != 0 || x.Requests != x.Responses || x.Busy != 0 || x.Queued != 0 || x.Upstream != 0:
			return fmt.Errorf("%s: %d in flight, %d of %d answered, %d busy, %d queued, %d at upstreams\n%s",
				engine, x.InFlight, x.Responses, x.Requests, x.Busy, x.Queued, x.Upstream, document)
		case s.outcomes[load.Timeout] > 0 && p != (plant{}):
			return errors.New("requests were lost")
		case s.ready.Len() != 0 || s.events.Len() > 1:
			return fmt.Errorf("%s: %d strands and %d events are left", engine, s.ready.Len(), s.events.Len())
		case len(s.strands.free) != len(s.strands.items) || len(s.requests.free) != len(s.requests.items):
			return fmt.Errorf("%s: %d of %d strands and %d of %d requests were given back", engine,
				len(s.strands.free), len(s.strands.items), len(s.requests.free), len(s.requests.items))
		}
		for _, f := range x.Resources {
			if f.InUse != 0 || f.Waiting != 0 {
				return fmt.Errorf("%s: resource %+v", engine, f)
			}
		}
		spent := time.Duration(0)
		for _, d := range x.Residence {
			spent += d
		}
		inside := time.Duration(0)
		for i := range s.instances {
			inside += time.Duration(s.instances[i].inside.Area(s.now))
		}
		if spent != inside {
			return fmt.Errorf("%s: residence times by state add up to %s, and requests were inside for %s", engine, spent, inside)
		}
	}
	return nil
}

func neverMoreThanThereAre(t testing.TB, seed uint64, p plant) error {
	for _, engine := range everyEngine {
		r := simulate(t, engine, one(3, "{exponential: 10ms}"), 250, func(c *Config) { c.Seed = seed })
		r.plant = p
		if err := r.RunUntil(5 * time.Second); err != nil {
			return err
		}
	}
	return nil
}

var everyEngine = []string{
	"thread:max=20", "thread:max=10,queue=5", "thread:reuse=off", "future", "future:executor=2,executor-max=3,executor-queue=4", "loop",
	"hybrid:loops=2,blocking=3,blocking-max=5,blocking-queue=4,workers-queue=6", "hybrid", "vthread:carriers=2,pinning=jdk21,compensate=2",
	"vthread:carriers=3,pinning=jdk24", "vthread:carriers=1,pinning=jdk21", "goroutine", "thread:connections=7",
}

// randomDocument nests all verbs. Resources are held in one order, so that nothing
// but pinned carriers can be deadlocked.
func randomDocument(r *rand.Rand) string {
	var steps func(depth, from int) string
	steps = func(depth, from int) string {
		list := make([]string, 1+r.IntN(3))
		for i := range list {
			switch n := r.IntN(8); {
			case n < 4 || depth == 0:
				list[i] = [...]string{"await: u", "call: u", "compute: {exponential: 1ms}", "block: 2ms"}[n%4]
			case n < 6 && from < 3:
				k := from + r.IntN(3-from)
				list[i] = fmt.Sprintf("hold: r%d, steps: %s", k, steps(depth-1, k+1))
			case n == 6:
				list[i] = fmt.Sprintf("parallel: [%s, %s, %s]", steps(depth-1, from), steps(depth-1, 3), steps(depth-1, 3))
			default:
				list[i] = fmt.Sprintf("choice: [{p: 30%%, steps: %s}, {p: 70%%, steps: %s}]", steps(depth-1, from), steps(depth-1, from))
			}
			list[i] = "{" + list[i] + "}"
		}
		return "[" + strings.Join(list, ", ") + "]"
	}
	return fmt.Sprintf(`
upstreams: {u: {latency: {uniform: {from: 1ms, to: 9ms}}}}
resources: {r0: {size: 8}, r1: {monitor: true}, r2: {size: 3}}
routes: {a: {weight: 3, steps: %s}, b: {steps: %s}}
timeout: 4m
in-flight: 10000
`, steps(3, 0), steps(2, 0))
}

// With switches that cost nothing and nobody who gives up, more threads never
// answer fewer requests that only wait.
func TestMoreThreadsNeverCarryLessOfPureWaiting(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 9))
	for range 10 {
		threads, slots := 1+r.IntN(12), 1+r.IntN(12)
		document := fmt.Sprintf(`
upstreams: {u: {latency: {exponential: 10ms}}, v: {latency: {uniform: {from: 1ms, to: 20ms}}}}
resources: {s: {size: %d}}
routes: {r: {steps: [{call: u}, {hold: s, steps: [{call: v}]}]}}
timeout: 5m
in-flight: 100000
`, slots)
		before := -1
		for n := threads; n < threads+4; n++ {
			s := simulate(t, fmt.Sprintf("thread:max=%d,spare=0", n), document, 800, nil)
			s.until(5 * time.Second)
			if got := s.outcomes[load.OK]; got < before {
				t.Errorf("%d threads answer %d, one less answered %d\n%s", n, got, before, document)
			} else {
				before = got
			}
		}
	}
}

func TestTheSameSeedDoesTheSame(t *testing.T) {
	document := randomDocument(rand.New(rand.NewPCG(5, 3)))
	for _, engine := range everyEngine {
		history := func(seed uint64) string {
			s := simulate(t, engine, document, 300, func(c *Config) { c.Seed, c.Costs = seed, DefaultCosts() })
			var b strings.Builder
			s.ended = func(e Ended) { fmt.Fprintln(&b, e) }
			s.until(3 * time.Second)
			x := s.Stats()
			if x.Deadlock != nil {
				fmt.Fprintf(&b, "%+v", *x.Deadlock)
				x.Deadlock = nil
			}
			fmt.Fprintf(&b, "%+v", x)
			return b.String()
		}
		if a := history(1); a != history(1) {
			t.Errorf("%s: two runs of one seed differ", engine)
		} else if a == history(2) {
			t.Errorf("%s: another seed changes nothing", engine)
		}
	}
}
