package sim

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/workload"
)

// A scale is a size that is why there is a simulator.
type scale struct {
	name, engine string
	instances    int
	cpus         int // of each
	latency      time.Duration
	rate         float64
	inFlight     int // that come of it
}

var scales = []scale{
	{"1e5 threads", "thread:max=100000,connections=1000000", 1, 64, time.Second, 90_000, 90_000},
	{"1e6 connections", "goroutine", 1, 256, 10 * time.Second, 100_000, 1_000_000},
	{"1e3 instances of 200 threads", "thread:max=200", 1000, 2, 100 * time.Millisecond, 1_500_000, 150_000},
	{"1e3 instances, 1e6 connections", "loop", 1000, 1, time.Second, 1_000_000, 1_000_000},
}

func (c *scale) simulation(t testing.TB) *Simulation {
	t.Helper()
	cfg, err := model.ParseEngine(c.engine)
	if err != nil {
		t.Fatal(err)
	}
	w, _, err := workload.Parse("scale.yaml", fmt.Appendf(nil, `
workload: scale
upstreams: {u: {latency: {uniform: {from: %s, to: %s}}}}
routes: {r: {steps: [{await: u}, {compute: 20us}]}}
timeout: 1h
slo: {within: 20s}
`, c.latency*9/10, c.latency*11/10))
	if err != nil {
		t.Fatal(err)
	}
	w.InFlight = 1 << 40
	s, err := New(Config{Workload: w, Engine: cfg, CPUs: c.cpus, Costs: DefaultCosts(), Seed: 1, Instances: c.instances, Balancer: model.LeastConnections,
		Stages: []model.Stage{{For: 1e6 * time.Second, Rate: c.rate}}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// heap returns what is on the heap that somebody still has.
func heap() (objects, bytes uint64) {
	runtime.GC()
	runtime.GC() // what finalizers and pools held on to
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapObjects, m.HeapAlloc
}

// Simulated requests per second of this machine's time, and the memory that each
// in flight takes.
func BenchmarkScale(b *testing.B) {
	for _, c := range scales {
		b.Run(c.name, func(b *testing.B) {
			_, before := heap()
			s := c.simulation(b)
			at := 3 * c.latency
			if err := s.RunUntil(at); err != nil {
				b.Fatal(err)
			}
			_, after := heap()
			x := s.Stats()
			b.ReportAllocs()
			b.ResetTimer()
			if err := s.RunUntil(at + time.Duration(float64(b.N)/c.rate*1e9)); err != nil {
				b.Fatal(err)
			}
			y := s.Stats()
			b.ReportMetric(float64(y.Responses-x.Responses)/b.Elapsed().Seconds(), "requests/s")
			b.ReportMetric(float64(x.InFlight), "in-flight")
			b.ReportMetric(float64(after-before)/float64(x.InFlight), "B/in-flight")
		})
	}
}

// A service of any size takes the memory of what is in flight, of a bounded size
// each, and ten times as much simulated time takes no more, nor anything that has to
// be collected: not either if clients would wait for an hour.
func TestMemoryIsThatOfWhatIsInFlight(t *testing.T) {
	for _, c := range []scale{
		{"threads", "thread:max=10000,connections=100000", 1, 32, 100 * time.Millisecond, 90_000, 9_000},
		{"instances", "thread:max=200", 100, 1, 100 * time.Millisecond, 90_000, 9_000},
		{"connections", "loop", 20, 1, time.Second, 20_000, 20_000},
	} {
		_, empty := heap()
		s := c.simulation(t)
		run := func(at time.Duration) (objects, bytes uint64) {
			if err := s.RunUntil(at); err != nil {
				t.Fatal(err)
			}
			return heap()
		}
		objects, bytes := run(3 * c.latency)
		more, most := run(30 * c.latency)
		if x := s.Stats(); x.InFlight < c.inFlight*9/10 || x.InFlight > c.inFlight*11/10 {
			t.Errorf("%s: %d in flight; expected %d", c.name, x.InFlight, c.inFlight)
		}
		if more > objects+objects/50+100 || most > bytes+bytes/5 {
			t.Errorf("%s: %d objects and %d kB, and after ten times as long %d and %d kB", c.name, objects, bytes>>10, more, most>>10)
		}
		if per := float64(most-empty) / float64(c.inFlight); per > 1500 {
			t.Errorf("%s: %.0f bytes for each request in flight", c.name, per)
		}
		runtime.KeepAlive(s)
	}
}
