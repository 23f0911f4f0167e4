package plan

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/load"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/sim"
)

// An enumerable is a service small enough that all of its sizes can be tried.
type enumerable struct {
	document, engine string
	rate             float64
	cpus             int
}

// shapes are the steps of small services, with the engine that has most to choose
// for them.
var shapes = []struct{ name, engine, steps string }{
	{"one pool", "thread", "{hold: pool, steps: [{await: db}]}, {await: api}"},
	{"computing", "vthread", "{compute: {exponential: 4ms}}, {hold: pool, steps: [{call: db}, {compute: 200us}]}"},
	{"a choice", "future", "{choice: [{p: 70%, steps: [{await: api}]}, {p: 30%, steps: [{hold: pool, steps: [{call: db}]}]}]}"},
	{"branches", "thread", "{parallel: [[{await: api}], [{hold: pool, steps: [{await: db}]}]]}"},
	{"one in another", "thread", "{hold: outer, steps: [{await: api}, {hold: pool, steps: [{await: db}]}]}"},
	{"one after another", "goroutine", "{hold: outer, steps: [{await: api}]}, {hold: pool, steps: [{await: db}]}"},
	{"blocking", "hybrid", "{block: {exponential: 20ms}}, {compute: 100us}, {hold: pool, steps: [{await: db}]}"},
	{"a refusing queue", "thread:queue=4", "{hold: pool, steps: [{await: db}]}"},
}

// drawn is a service of a shape with times and a rate from a seed. Every fourth
// has clients who give up before the objective's time has passed twice, so that
// what is late fails as well.
func drawn(shape int, seed uint64) enumerable {
	r := rand.New(rand.NewPCG(seed, uint64(shape)))
	latency := func() (text string, late time.Duration) {
		ms := time.Duration(5 + r.IntN(40))
		switch r.IntN(3) {
		case 0:
			return fmt.Sprintf("%dms", ms), ms * time.Millisecond
		case 1:
			return fmt.Sprintf("{exponential: %dms}", ms), 5 * ms * time.Millisecond
		}
		return fmt.Sprintf("{lognormal: {p50: %dms, p99: %dms}}", ms, 4*ms), 4 * ms * time.Millisecond
	}
	db, dbLate := latency()
	api, apiLate := latency()
	within := (dbLate + apiLate + 100*time.Millisecond).Round(time.Millisecond)
	timeout := 10 * within
	if r.IntN(4) == 0 {
		timeout = within * 3 / 2
	}
	s := enumerable{engine: shapes[shape].engine, rate: float64(100 + r.IntN(500)), cpus: 1 + r.IntN(2)}
	s.document = fmt.Sprintf("workload: small\nupstreams: {db: {latency: %s}, api: {latency: %s}}\nresources: {pool: {size: 1}, outer: {size: 1}}\nroutes: {r: {steps: [%s]}}\n"+
		"timeout: %s\nslo: {within: %s, ratio: %d%%, errors: 0.5%%}\n", db, api, shapes[shape].steps, timeout, within, 95+r.IntN(5))
	return s
}

// An estimate is a share with its 95 % interval.
type estimate struct{ mean, half float64 }

func (e estimate) String() string { return fmt.Sprintf("%.3g ± %.2g %%", 100*e.mean, 100*e.half) }

// tried says what a candidate does, by nothing but the simulator, under seeds that
// the plan has not used: the shares in time and failing.
func (s enumerable) tried(t *testing.T, w *model.Workload, c Candidate, requests float64) (within, failing estimate) {
	t.Helper()
	const seeds = 6
	var in, bad [seeds]float64
	lead, window := 3*time.Second, time.Duration(requests/s.rate*float64(time.Second))
	for i := range seeds {
		var arrivals, ok, failed float64
		run, err := sim.New(sim.Config{
			Workload: c.workload(w, c.Instances), Engine: c.Engine, CPUs: s.cpus, Costs: free, Seed: 1000 + uint64(i), Instances: c.Instances,
			Stages: []model.Stage{{For: lead + window, Rate: s.rate}},
			Ended: func(e sim.Ended) {
				if e.Intended < int64(lead) {
					return
				}
				arrivals++
				switch {
				case e.Outcome.Failed():
					failed++
				case e.Outcome == load.OK && time.Duration(e.Done-e.Intended) <= w.SLO.Within:
					ok++
				}
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := run.RunUntil(lead + window + w.Timeout); err != nil {
			t.Fatal(err)
		}
		in[i], bad[i] = ok/arrivals, failed/arrivals
	}
	return estimated(in[:]), estimated(bad[:])
}

// estimated is the mean of six, and Student's interval around it.
func estimated(x []float64) (e estimate) {
	const student = 2.571 // five degrees of freedom
	for _, v := range x {
		e.mean += v / float64(len(x))
	}
	for _, v := range x {
		e.half += (v - e.mean) * (v - e.mean)
	}
	e.half = student * math.Sqrt(e.half/float64(len(x)-1)/float64(len(x)))
	return e
}

// A plan's smallest sizes hold, and with less of any one than the least that a seed
// asked for they do not: by the simulator itself, over other seeds and longer. That
// is not asked of what lies within an interval. In the long form all sizes up to
// the plan's are tried, and others of each shape.
func TestNothingSmallerThanThePlanHolds(t *testing.T) {
	long(t)
	seeds, requests := uint64(1), 40_000.0
	soak := os.Getenv("PLIMSOLL_SOAK") != ""
	if soak {
		seeds = 6
	}
	for shape := range shapes {
		for seed := range seeds {
			t.Run(fmt.Sprintf("%s %d", shapes[shape].name, seed), func(t *testing.T) {
				t.Parallel()
				s := drawn(shape, seed)
				w := document(t, s.document)
				p := &planner{Question{Rate: s.rate, CPUs: s.cpus, MaxInstances: 4}, w, simulator(w, s.cpus, free)}
				found, err := p.size(t.Context(), p.ask(engines(t, s.engine)[0]), 3)
				if err != nil || found.none != nil {
					t.Fatalf("%v, %+v of\n%s", err, found.none, s.document)
				}
				within, failing := s.tried(t, w, found.candidate, requests)
				if within.mean+within.half < w.SLO.Ratio || failing.mean-failing.half > w.SLO.Errors {
					t.Errorf("%s do not hold: %s in time, %s fail, of\n%s", sizesIn(found, found.candidate), within, failing, s.document)
				}
				for _, c := range found.below(soak) {
					within, failing := s.tried(t, w, c, requests)
					if within.mean-within.half > w.SLO.Ratio && failing.mean+failing.half < w.SLO.Errors {
						t.Errorf("%s hold, too: %s in time, %s fail; the plan says %s, of\n%s", sizesIn(found, c), within, failing, sizesIn(found, found.candidate), s.document)
					}
				}
			})
		}
	}
}

// below are candidates with less of one size than any seed asked for, and an
// instance fewer: all of them, or those that are next to the plan's.
func (s *sizing) below(all bool) (less []Candidate) {
	if s.candidate.Instances > 1 {
		less = append(less, s.candidate.with(func(c *Candidate) {
			c.Instances--
			for i := range s.knobs {
				s.knobs[i].set(c, s.knobs[i].high)
			}
		}))
	}
	for i := range s.knobs {
		for n := s.low[i] - 1; n >= s.knobs[i].low; n-- {
			less = append(less, s.candidate.with(func(c *Candidate) { s.knobs[i].set(c, n) }))
			if !all {
				break
			}
			for k := range s.knobs {
				for m := s.knobs[k].low; k != i && m < s.knobs[k].of(&s.candidate); m++ {
					less = append(less, s.candidate.with(func(c *Candidate) {
						s.knobs[i].set(c, n)
						s.knobs[k].set(c, m)
					}))
				}
			}
		}
	}
	return less
}

func sizesIn(s *sizing, c Candidate) string {
	text := fmt.Sprintf("%d of %s", c.Instances, c.Engine)
	for i := range s.knobs {
		text += fmt.Sprintf(", %s %d (%d … %d)", s.knobs[i].name, s.knobs[i].of(&c), s.low[i], s.high[i])
	}
	return text
}
