package analysis

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
	"github.com/plimsoll-dev/plimsoll/workload"
)

// expecting is a run of two engines: a bracketed line, an overload and one rate,
// with figures that are easy to reckon with.
func expecting(t *testing.T, expect string, change func(*record.Trial)) *Verdict {
	t.Helper()
	source := `workload: x
upstreams: {db: {latency: 10ms}}
routes:
  slow: {steps: [{call: db}]}
  light: {steps: [{compute: 100us}]}
slo: {within: 1s}
engines: [thread, goroutine, loop]
rates: [200/s, {rate: 300, route: light}]
expect: [` + expect + "]\n"
	r := &Run{}
	add := func(row record.Row) {
		t.Helper()
		err := r.Add(row, func(name string, src []byte) (*model.Workload, error) {
			w, _, err := workload.Parse(name, src)
			return w, err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	add(&record.Meta{Command: "compare", Workload: &record.Workload{Name: "x.yaml", Source: source}, Engines: []string{"thread", "goroutine"}})
	id := 0
	for _, e := range []struct {
		name      string
		low, high float64
	}{{"thread:max=200", 1000, 1040}, {"goroutine", 3000, 0}} {
		trial := func(purpose string, rate float64, outcome string) {
			id++
			row := &record.Trial{ID: id, Engine: e.name, Purpose: purpose, Rate: rate, LeadIn: 1, Seconds: 5, Horizon: 5, Outcome: outcome}
			row.Load = record.TrialLoad{Arrivals: 2000, InFlight: 80, Within: 1990, Failures: map[string]int64{"reset": 4}, Goodput: []float64{400, 400},
				Routes: []record.TrialRoute{{Name: "slow", Arrivals: 1000, Within: 990, Failed: 4}, {Name: "light", Arrivals: 1000, Within: 1000}}}
			row.Server = record.TrialServer{CPUs: 1, Threads: 210, RSS: 60 << 20, RSSIdle: 20 << 20, Responses: 2000,
				Stalls: []record.TrialStall{{Op: "db", Verb: "call"}, {Op: "compute", Verb: "compute"}}}
			if purpose == record.PurposeOverload {
				row.Factor, row.Rate = 2, 2*e.low
			}
			if change != nil {
				change(row)
			}
			add(row)
			for route, of := range map[string][2]time.Duration{"slow": {100 * time.Millisecond, 400 * time.Millisecond}, "light": {time.Millisecond, 4 * time.Millisecond}} {
				h := record.NewHist()
				for i := range 996 {
					h.Record(of[min(1, i/900)]) // 96 of 996 are slow ones
				}
				hist := &record.Histogram{Trial: id, Engine: e.name, Route: route, Status: "200", Metric: record.MetricLatency, Second: 1}
				if err := hist.Set(h); err != nil {
					t.Fatal(err)
				}
				add(hist)
			}
			for i := range 61 { // a tenth of a second apart: 40 requests, 12 ms of CPU, 200 switches and 30 ms of stalls each
				at := record.Head{T: int64(i) * 1e8}
				add(&record.Gauge{Head: at, Trial: id, Engine: e.name, Source: record.SourceEngine,
					Values: map[string]float64{"responses": float64(40 * i), "cpu_seconds": 0.012 * float64(i), "switches": float64(200 * i),
						"stall.db_seconds": 0.02 * float64(i), "stall.compute_seconds": 0.01 * float64(i)}})
				add(&record.Gauge{Head: at, Trial: id, Engine: e.name, Source: record.SourceLoad, Values: map[string]float64{"in_flight": 80}})
			}
		}
		trial(record.PurposeRate, 200, record.Passed)
		trial(record.PurposeSearch, e.low, record.Passed)
		if e.high > 0 {
			trial(record.PurposeSearch, e.high, record.Failed)
		}
		trial(record.PurposeOverload, 0, "")
		trial(record.PurposeRecovery, 250, "")
	}
	return Derive(r)
}

func TestAnExpectationIsMetMissedOrVoid(t *testing.T) {
	const thread, control = `engine: thread:max=200, `, `engine: goroutine, `
	for _, c := range []struct{ expect, want, why string }{
		{thread + `load-line: ">= 1000/s"`, Met, "the whole interval, 1,000 to 1,040, is above"},
		{thread + `load-line: ">= 1041/s"`, Missed, "the whole interval is below"},
		{thread + `load-line: ">= 1020/s"`, Undone, "the bound lies inside the interval"},
		{thread + `load-line: "<= 1040/s"`, Met, ""},
		{thread + `load-line: "<= 999/s"`, Missed, ""},
		{thread + `load-line: "<= 1020/s"`, Undone, ""},
		{control + `load-line: ">= 3000/s"`, Met, "at least 3,000 is enough"},
		{control + `load-line: ">= 5000/s"`, Undone, "at least 3,000 does not say more"},
		{control + `load-line: "<= 2900/s"`, Missed, ""},
		{control + `load-line: "<= 9000/s"`, Undone, "at least 3,000 has no upper end"},
		{control + `versus: thread, load-line: ">= 2.7x"`, Met, "3,000 / 1,040 = 2.88, and 2.80 with what brackets of one engine differ by"},
		{control + `versus: thread, load-line: ">= 2.85x"`, Undone, ""},
		{thread + `versus: goroutine, load-line: "<= 0.4x"`, Met, "1,040 / 3,000 = 0.35"},
		{thread + `versus: goroutine, load-line: ">= 0.4x"`, Missed, ""},
		{`engine: loop, load-line: ">= 1/s"`, Undone, "it was not run"},
		{thread + `versus: loop, load-line: ">= 1x"`, Undone, "the other was not run"},
		{thread + `wall: thread-pool`, Undone, "no limit was reached in the failed trial"},
		{control + `wall: [cpu, none]`, Met, "nothing stopped it up to the highest rate"},
		{control + `wall: none`, Met, ""},
		{control + `wall: not none`, Missed, ""},
		{control + `wall: cpu`, Missed, ""},

		{thread + `at: 200, route: light, p50: "<= 1.1ms"`, Met, ""},
		{thread + `at: 200, route: light, p99: "<= 4.1ms"`, Undone, "4 of 1,000 were never answered, and 99 % ± 1.96 √(2 · 9.9) reaches them"},
		{thread + `at: 200, route: light, p99: ">= 3.9ms"`, Met, ""},
		{thread + `at: 200, route: light, p99: "<= 3.9ms"`, Missed, ""},
		{thread + `at: 200, route: slow, p50: "<= 50ms"`, Missed, ""},
		{thread + `at: 200, p50: "<= 101ms"`, Met, "of both routes together"},
		{thread + `at: 200, route: slow, versus: {route: light}, p50: ">= 90x"`, Met, "100 ms against 1 ms, of the same engine"},
		{thread + `at: 300, route: light, p50: "<= 1.1ms"`, Undone, "this rate was not reached"},
		{thread + `at: 200, route: light, within: ">= 99.5%"`, Undone, "1,000 of 1,000 are not enough to know that"},
		{thread + `at: 200, route: light, within: ">= 99%"`, Met, ""},
		{thread + `at: 200, route: slow, within: ">= 99.9%"`, Missed, "990 of 1,000"},
		{thread + `at: 200, errors: "<= 1%"`, Met, "4 of 2,000"},
		{thread + `at: 200, errors: "<= 0.2%"`, Undone, ""},
		{thread + `at: 200, errors: "<= 0.01%"`, Missed, ""},

		{thread + `at: 200, threads: "<= 210"`, Met, "the bound itself was read"},
		{thread + `at: 200, threads: "<= 209"`, Missed, ""},
		{thread + `at: 200, threads: ">= 210"`, Met, ""},
		{thread + `at: 200, memory: "<= 60MiB"`, Undone, "another reading may be 3 % larger"},
		{thread + `at: 200, memory: "<= 62MiB"`, Met, ""},
		{thread + `at: 200, memory-per-request: "<= 530KiB"`, Met, "40 MiB for 80 requests in flight are 512 KiB"},
		{thread + `at: 200, memory-per-request: "<= 495KiB"`, Missed, ""},
		{thread + `at: 200, in-flight: ">= 79.9"`, Met, ""},
		{thread + `at: 200, cpu: "<= 301us"`, Met, "12 ms for 40 requests"},
		{thread + `at: 200, cpu: "<= 299us"`, Missed, ""},
		{thread + `at: 200, cpu-share: "<= 12.1%"`, Met, "120 ms a second of one CPU"},
		{thread + `at: 200, switches: ">= 5.1"`, Missed, "200 for 40 requests"},
		{thread + `at: 200, switches: ">= 4.9"`, Met, ""},
		{thread + `switches: "<= 5.1"`, Met, "at the line"},
		{thread + `at: 200, stalled: ">= 29.9%"`, Met, "30 ms of 100"},
		{thread + `at: 200, step: db, stalled: "<= 20.1%"`, Met, ""},
		{thread + `at: 200, step: db, stalled: "<= 19.9%"`, Missed, ""},
		{thread + `at: 200, step: compute, stalled: ">= 15%"`, Missed, ""},
		{thread + `at: 200%, goodput: ">= 35%"`, Met, "400 a second of 1,000"},
		{thread + `at: 200%, goodput: ">= 40%"`, Undone, ""},
		{thread + `at: 200%, goodput: ">= 50%"`, Missed, ""},
		{thread + `at: 150%, goodput: ">= 50%"`, Undone, "it was not measured"},
		{thread + `recovery: "<= 5s"`, Undone, "not seen within 5 s"},
		{thread + `recovery: "<= 4s"`, Missed, ""},
	} {
		v := expecting(t, "{"+c.expect+"}", nil)
		x := v.Expectations[0]
		if x.Outcome != c.want {
			t.Errorf("{%s} is %s (%s), want %s: %s", c.expect, x.Outcome, figures(x), c.want, c.why)
		}
		if (x.Outcome == Undone) != (x.Reason != "") {
			t.Errorf("{%s} is %s for the reason %q", c.expect, x.Outcome, x.Reason)
		}
	}
}

func figures(x ExpectationVerdict) string {
	var s []string
	for _, v := range []*float64{x.Low, x.Value, x.High} {
		if v == nil {
			s = append(s, "?")
		} else {
			s = append(s, Grouped(*v))
		}
	}
	return strings.Join(s, " … ")
}

// What disturbs the measuring raises latency: it can make a bound missed that
// was met, and never the other way round.
func TestADisturbanceVoidsOneSideOnly(t *testing.T) {
	late := func(row *record.Trial) { row.Load.DelayP99, row.Upstream.LatenessP99us = 90_000, 90_000 }
	for _, c := range []struct{ expect, want string }{
		{`route: slow, p50: "<= 101ms"`, Met},
		{`route: slow, p50: "<= 99ms"`, Undone},
		{`route: slow, p50: ">= 90ms"`, Undone},
		{`route: slow, p50: ">= 110ms"`, Missed},
		{`within: ">= 90%"`, Met},
		{`within: ">= 99.9%"`, Undone},
		{`errors: "<= 0.01%"`, Undone},
		{`cpu: "<= 299us"`, Missed}, // the server's own
		{`threads: "<= 209"`, Missed},
	} {
		v := expecting(t, "{engine: thread, at: 200, "+c.expect+"}", late)
		if x := v.Expectations[0]; x.Outcome != c.want {
			t.Errorf("{%s} is %s (%s), want %s", c.expect, x.Outcome, figures(x), c.want)
		}
	}
}

// Beside others on its CPU a request costs another time than alone, more or less.
func TestACrowdedCPUWidensWhatARequestCosts(t *testing.T) {
	crowd := func(row *record.Trial) { row.Machine.OthersShare = 0.5 }
	for bound, want := range map[string]string{`cpu: "<= 301us"`: Undone, `cpu: "<= 400us"`: Met, `switches: ">= 6"`: Undone, `switches: ">= 9"`: Missed, `threads: "<= 209"`: Missed, `p50: "<= 101ms"`: Met} {
		x := expecting(t, "{engine: thread, at: 200, "+bound+"}", crowd).Expectations[0]
		if x.Outcome != want {
			t.Errorf("{%s} is %s (%s), want %s", bound, x.Outcome, figures(x), want)
		}
	}
}

// A median does not move with what one request in a hundred sees.
func TestLatenessOfAFewDoesNotVoidAMedian(t *testing.T) {
	late := func(row *record.Trial) { row.Load.DelayP99 = 90_000 }
	for bound, want := range map[string]string{`p50: "<= 99ms"`: Missed, `p99: "<= 399ms"`: Undone} {
		x := expecting(t, "{engine: thread, at: 200, route: slow, "+bound+"}", late).Expectations[0]
		if x.Outcome != want {
			t.Errorf("{%s} is %s (%s), want %s", bound, x.Outcome, figures(x), want)
		}
	}
}

// Of several trials at one rate the first that was not disturbed counts,
// whatever it shows.
func TestADisturbedTrialAtARateIsNotWhatCounts(t *testing.T) {
	slo := model.SLO{Within: time.Second, Ratio: 0.99}
	at := func(id int, late int64) *record.Trial {
		row := &record.Trial{ID: id, Purpose: record.PurposeRate, Rate: 200}
		row.Load.Arrivals, row.Load.DelayP99 = 100, late
		return row
	}
	for _, c := range []struct {
		trials []*record.Trial
		want   int
	}{
		{[]*record.Trial{at(1, 0), at(2, 0)}, 1},
		{[]*record.Trial{at(1, 90_000), at(2, 0), at(3, 0)}, 2},
		{[]*record.Trial{at(1, 90_000), at(2, 90_000)}, 2},
	} {
		if got := RateTrial(c.trials, model.RateTrial{Rate: 200}, slo); got == nil || got.ID != c.want {
			t.Errorf("trial %+v counts, want %d", got, c.want)
		}
	}
	if got := RateTrial([]*record.Trial{at(1, 0)}, model.RateTrial{Rate: 200, Route: "light"}, slo); got != nil {
		t.Errorf("trial %+v of another route counts", got)
	}
}

func TestOneMissedExpectationDecides(t *testing.T) {
	list := func(outcomes ...string) (l []ExpectationVerdict) {
		for _, o := range outcomes {
			l = append(l, ExpectationVerdict{Outcome: o})
		}
		return l
	}
	for _, c := range []struct {
		list []ExpectationVerdict
		want string
	}{
		{list(), Met}, {list(Met, Met), Met}, {list(Met, Undone), Undone}, {list(Undone, Missed, Met), Missed}, {list(Missed, Undone), Missed},
	} {
		if got := Together(c.list); got != c.want {
			t.Errorf("%+v together are %s, want %s", c.list, got, c.want)
		}
	}
}

// The interval of batch means holds the truth about as often as it says, also
// where what was seen is noisy.
func TestAnIntervalOfBatchMeansHoldsTheTruth(t *testing.T) {
	held, runs := 0, 400
	for seed := range runs {
		rng := rand.New(rand.NewPCG(uint64(seed), 1))
		at, num, den := []int64{0}, []float64{0}, []float64{0}
		for i := range 100 {
			n := 20 + 10*rng.Float64()
			at = append(at, int64(i+1))
			den = append(den, den[i]+n)
			num = append(num, num[i]+n*(2+rng.NormFloat64()))
		}
		f := rateOfGrowth(at, num, den, 0, 100)
		if f.Low <= 2 && 2 <= f.High {
			held++
		}
		if !(f.Low <= f.Value && f.Value <= f.High) {
			t.Fatalf("%+v", f)
		}
	}
	if share := float64(held) / float64(runs); math.Abs(share-0.95) > 0.04 {
		t.Errorf("%.1f %% of the intervals hold the truth, 95 %% are meant to", 100*share)
	}
}
