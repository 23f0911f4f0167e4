package sim

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/load"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/sim/event"
)

// erlangArrivals is the mean residence time, in units of the mean service, of an
// instance that gets every nth of a Poisson stream that fills n to rho: E_n/M/1,
// by the root σ of the arrivals' transform (Kleinrock, Queueing Systems I, 6.4).
func erlangArrivals(n int, rho float64) float64 {
	sigma := rho
	for range 10_000 {
		sigma = math.Pow(rho*float64(n)/(rho*float64(n)+1-sigma), float64(n))
	}
	return 1 / (1 - sigma)
}

// shortestOfTwo is the same for two instances of which the one with fewer requests
// is chosen, from the stationary distribution of that Markov chain, which is
// computed; queues that are longer than most have no weight at this rho.
func shortestOfTwo(rho float64) float64 {
	const most = 60
	var p, q [most + 1][most + 1]float64
	p[0][0] = 1
	const each = 1.0
	total := 2 * rho
	all := total + 2*each // events per unit of time, some of which change nothing
	for range 20_000 {
		q = [most + 1][most + 1]float64{}
		for i := range most + 1 {
			for j := range most + 1 {
				x := p[i][j] / all
				q[max(i-1, 0)][j] += each * x
				q[i][max(j-1, 0)] += each * x
				up := func(share float64, i, j int) { q[min(i, most)][min(j, most)] += share * total * x }
				switch {
				case i < j:
					up(1, i+1, j)
				case j < i:
					up(1, i, j+1)
				default:
					up(0.5, i+1, j)
					up(0.5, i, j+1)
				}
			}
		}
		p = q
	}
	mean := 0.0
	for i := range p {
		for j := range p[i] {
			mean += float64(i+j) * p[i][j]
		}
	}
	return mean / total
}

// betterOfTwo is the same for very many instances, of which the better of two
// chosen at random is taken (Mitzenmacher, The Power of Two Choices, 2001; Vvedenskaya,
// Dobrushin and Karpelevich, 1996).
func betterOfTwo(rho float64) (sum float64) {
	for i := 1; i < 30; i++ {
		sum += math.Pow(rho, math.Pow(2, float64(i))-2)
	}
	return sum
}

// A fleet is instances that theory knows, each of which serves one request at a
// time for an exponential time.
type fleet struct {
	balancer  model.Balancer
	instances int
	rho       float64
	truth     float64 // mean residence time, in units of the mean service
	slack     float64 // by which the formula itself may be off, for so many instances
	source    string
}

func fleets() []fleet {
	return []fleet{
		{model.RandomInstance, 5, 0.5, 2, 0, "each is an M/M/1"},
		{model.RandomInstance, 3, 0.8, 5, 0, "each is an M/M/1"},
		{model.RoundRobin, 2, 0.8, erlangArrivals(2, 0.8), 0, "E2/M/1"},
		{model.RoundRobin, 10, 0.8, erlangArrivals(10, 0.8), 0, "E10/M/1"},
		{model.LeastConnections, 2, 0.5, shortestOfTwo(0.5), 0, "the Markov chain of the shorter queue"},
		{model.LeastConnections, 2, 0.8, shortestOfTwo(0.8), 0, "the Markov chain of the shorter queue"},
		{model.TwoChoices, 2, 0.8, shortestOfTwo(0.8), 0, "of two instances, the shorter queue is chosen"},
		{model.TwoChoices, 1000, 0.7, betterOfTwo(0.7), 0.005, "the mean-field limit"},
		{model.TwoChoices, 1000, 0.9, betterOfTwo(0.9), 0.005, "the mean-field limit"},
	}
}

// estimate returns the mean residence time of a fleet, of whichever instances are
// asked about, in units of the mean service. It is an error if fewer requests end
// in twice the time in which so many come.
func (f *fleet) estimate(t testing.TB, requests int, seed uint64, p plant, of func(instance int) bool) (mean, half float64, err error) {
	rate := f.rho * 100 * float64(f.instances)
	r := simulate(t, "goroutine", one(1, "{exponential: 10ms}"), rate, func(c *Config) {
		c.Seed, c.Instances, c.Balancer = seed, f.instances, f.balancer
		c.Workload.InFlight = 1e9
	})
	r.plant = p
	var b event.Batches
	n := 0
	r.ended = func(e Ended) {
		if n++; n > requests/10 && of(e.Instance) {
			b.Add(float64(e.Done-e.Intended) / 10e6)
		}
	}
	most := time.Second + time.Duration(2*float64(requests)/rate*float64(time.Second))
	for at := time.Second; n < requests && err == nil; at += time.Second {
		if err = r.RunUntil(at); err == nil && at > most {
			err = fmt.Errorf("%d of %d requests have ended after %s", n, requests, at)
		}
	}
	mean, half = b.Interval()
	return mean, half, err
}

func anyInstance(int) bool { return true }

// covers is the whole check: of 100 seeds' 95 % intervals 90 to 99 cover the truth.
func (f *fleet) covers(t *testing.T) {
	covered, sum := 0, 0.0
	for seed := range uint64(100) {
		mean, half, err := f.estimate(t, 400_000, seed, plant{}, anyInstance)
		if err != nil {
			t.Fatal(err)
		}
		sum += mean / 100
		if math.Abs(mean-f.truth) <= half {
			covered++
		}
	}
	if covered < 90 || covered > 99 {
		t.Errorf("%d of 100 intervals cover %.5g (%s); the mean of all is %.5g", covered, f.truth, f.source, sum)
	}
}

func TestBalancersAreWhatTheorySays(t *testing.T) {
	for _, f := range fleets() {
		t.Run(fmt.Sprintf("%s of %d at %g", f.balancer, f.instances, f.rho), func(t *testing.T) {
			t.Parallel()
			if soak && f.slack == 0 {
				f.covers(t)
				return
			}
			requests := 150_000
			if f.instances == 1000 {
				requests = 600_000
			}
			for seed := range uint64(2) {
				mean, half, err := f.estimate(t, requests, seed, plant{}, anyInstance)
				if off := math.Abs(mean - f.truth); err != nil || off > 2*half+f.slack*f.truth || half > 0.08*f.truth {
					t.Errorf("seed %d: %.5g ± %.2g; %s: %.5g (%v)", seed, mean, half, f.source, f.truth, err)
				}
			}
		})
	}
}

// A random part of a Poisson stream is one: every single instance is an M/M/1.
func TestEveryInstanceBehindARandomBalancerIsIndependent(t *testing.T) {
	f := fleet{balancer: model.RandomInstance, instances: 4, rho: 0.6}
	for i := range f.instances {
		mean, half, err := f.estimate(t, 200_000, 1, plant{}, func(k int) bool { return k == i })
		if math.Abs(mean-2.5) > 2*half || half > 0.2 || err != nil {
			t.Errorf("instance %d: %.4g ± %.2g; an M/M/1 at 0.6 has 2.5 (%v)", i, mean, half, err)
		}
	}
}

// A balancer that counts what has long ended prefers nobody: both the theory of
// the shorter queue and the simulation's own accounts contradict it.
func TestABalancerThatNeverForgetsIsFound(t *testing.T) {
	for _, b := range []model.Balancer{model.LeastConnections, model.TwoChoices} {
		f := fleet{balancer: b, instances: 2, rho: 0.8}
		if _, _, err := f.estimate(t, 10_000, 1, plant{neverForgets: true}, anyInstance); err == nil || !strings.Contains(err.Error(), "balancer: it counts") {
			t.Errorf("%s: the accounts say %v", b, err)
		}
		r := simulate(t, "goroutine", one(1, "{exponential: 10ms}"), 160, func(c *Config) { c.Instances, c.Balancer = 2, b })
		r.plant = plant{neverForgets: true}
		sum, n := 0.0, 0
		r.ended = func(e Ended) { sum += float64(e.Done-e.Intended) / 10e6; n++ }
		_ = r.RunUntil(1000 * time.Second) // whose error is the one above
		if truth := shortestOfTwo(0.8); near(sum/float64(n), truth, 0.1) {
			t.Errorf("%s: the mean is %.4g, as if it did not forget: %.4g", b, sum/float64(n), truth)
		}
	}
}

// What the balancer counts is what clients have open: an instance that works on for
// clients that left looks idle, and is given more.
func TestABalancerForgetsWhomItsClientGaveUp(t *testing.T) {
	r := simulate(t, "thread:max=1", waitsFor("await", "10s"), 0, func(c *Config) {
		c.Stages = []model.Stage{{For: 4 * time.Second, Rate: 1}}
		c.Instances, c.Balancer, c.Workload.Timeout = 2, model.LeastConnections, 500*time.Millisecond
	})
	given := map[int]int{}
	r.ended = func(e Ended) { given[e.Instance]++ }
	x := r.until(4500 * time.Millisecond)
	if x.InFlight != 0 || r.outcomes[load.Timeout] != 4 {
		t.Fatalf("%d in flight, %v", x.InFlight, r.outcomes)
	}
	inside := 0
	for i := range 2 {
		y := r.Instance(i)
		if y.InFlight != 0 {
			t.Errorf("instance %d has %d by the balancer's count", i, y.InFlight)
		}
		inside += y.Busy + y.Queued
	}
	if inside != 4 || len(given) != 2 {
		t.Errorf("%d are worked on or wait; given %v", inside, given)
	}
}

func TestWhatInstancesHaveOfTheirOwnAndWhatTheyShare(t *testing.T) {
	const document = `
upstreams: {u: {latency: 10s}}
resources: {pool: {size: 6%s}}
routes: {r: {steps: [{hold: pool, steps: [{await: u}]}]}}
arrivals: {bursts: 60}
timeout: 1h
`
	for _, c := range []struct {
		name, shared, engine string
		waits                int
		size                 int
	}{
		{"a connection pool is each instance's", "", "loop", 18, 18},
		{"a database's limit is one for all", ", shared: true", "loop", 6, 6},
		{"threads are each instance's", "", "thread:max=2", 6, 18},
		{"connections are each instance's", "", "thread:connections=3", 9, 18},
	} {
		r := simulate(t, c.engine, fmt.Sprintf(document, c.shared), 1, func(x *Config) { x.Instances = 3 })
		x := r.until(time.Second)
		if x.Upstream != c.waits || x.Resources[0].Size != c.size || x.Resources[0].InUse != c.waits || x.Instances != 3 {
			t.Errorf("%s: %d wait at once, expected %d; %+v", c.name, x.Upstream, c.waits, x.Resources[0])
		}
		if y := r.Instance(2); c.shared == "" && (y.Resources[0].InUse != c.waits/3 || y.Resources[0].Size != 6 || y.InFlight != 20) {
			t.Errorf("%s: one of three has %d in flight and %+v", c.name, y.InFlight, y.Resources[0])
		}
	}
}

// Whoever has what carriers are pinned for may be in another instance, and goes on.
func TestWaitingForAnotherInstanceIsNoDeadlock(t *testing.T) {
	r := simulate(t, "vthread:carriers=1,pinning=jdk21", `
upstreams: {u: {latency: 50ms}}
resources: {m: {monitor: true}, database: {size: 1, shared: true}}
routes: {r: {steps: [{hold: m, steps: [{hold: database, steps: [{call: u}]}]}]}}
arrivals: {bursts: 2}
timeout: 1m
`, 1, func(c *Config) { c.Instances = 2 })
	if x := r.until(10 * time.Second); x.Deadlock != nil || r.outcomes[load.OK] < 10 {
		t.Errorf("%+v, %v", x.Deadlock, r.outcomes)
	}
}

func TestAFleetOfTheSameSeedDoesTheSame(t *testing.T) {
	document := randomDocument(rand.New(rand.NewPCG(5, 3)))
	for _, b := range model.Balancers {
		for _, engine := range everyEngine {
			history := func(seed uint64) string {
				s := simulate(t, engine, document, 600, func(c *Config) {
					c.Seed, c.Costs, c.Instances, c.Balancer = seed, DefaultCosts(), 3, b
				})
				var text strings.Builder
				s.ended = func(e Ended) { fmt.Fprintln(&text, e) }
				s.until(time.Second)
				return text.String()
			}
			if a := history(1); a != history(1) {
				t.Errorf("%s, %s: two runs of one seed differ", b, engine)
			} else if a == history(2) {
				t.Errorf("%s, %s: another seed changes nothing", b, engine)
			}
		}
	}
}

// The sums over all instances are those of the instances.
func TestTheServiceIsTheSumOfItsInstances(t *testing.T) {
	document := randomDocument(rand.New(rand.NewPCG(7, 3)))
	for _, engine := range everyEngine {
		r := simulate(t, engine, document, 600, func(c *Config) {
			c.Costs, c.Instances, c.Balancer = DefaultCosts(), 3, model.LeastConnections
		})
		all := r.until(2 * time.Second)
		var sum Stats
		for i := range 3 {
			x := r.Instance(i)
			sum.InFlight += x.InFlight
			sum.InFlightTime += x.InFlightTime
			sum.AllThreads += x.AllThreads
			sum.Busy += x.Busy
			sum.Requests += x.Requests
			sum.CPUTime += x.CPUTime
			sum.Resident += x.Resident
			sum.Connections += x.Connections
		}
		if sum.InFlight != all.InFlight || sum.InFlightTime != all.InFlightTime || sum.AllThreads != all.AllThreads || sum.Busy != all.Busy ||
			sum.Requests != all.Requests || sum.CPUTime != all.CPUTime || sum.Resident != all.Resident || sum.Connections != all.Connections {
			t.Errorf("%s: %+v\nand the sum of its instances %+v", engine, all, sum)
		}
	}
}

// A ranking agrees with a search among all.
func TestARankingKnowsWhoHasTheFewest(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		n := 1 + r.IntN(20)
		ranking, count := newRanking(n), make([]int, n)
		for range 500 {
			i := r.IntN(n)
			if r.IntN(2) == 0 || count[i] == 0 {
				ranking.up(int32(i))
				count[i]++
			} else {
				ranking.down(int32(i))
				count[i]--
			}
			least := count[0]
			for _, c := range count {
				least = min(least, c)
			}
			first := map[int32]bool{}
			for _, k := range ranking.order[:ranking.fewest()] {
				first[k] = true
			}
			for k, c := range count {
				if first[int32(k)] != (c == least) {
					t.Fatalf("of %v, %v are said to be the least", count, first)
				}
			}
		}
	}
}
