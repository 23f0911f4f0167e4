package workload

import (
	"math"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/plimsoll-dev/plimsoll/model"
)

const ms = time.Millisecond

func approx(got, want time.Duration, tolerance float64) bool {
	return math.Abs(float64(got-want)) <= tolerance*float64(want)+1
}

// Every figure of this one can be worked out on paper.
func TestDemandAgainstAHandCalculation(t *testing.T) {
	w, _ := mustParse(t, around+`
upstreams:
  db: {latency: {exponential: 8ms}}        # mean 8 ms
  api: {latency: {uniform: {from: 10ms, to: 30ms}}}   # mean 20 ms
resources: {pool: {size: 5}, gate: {size: 2}}
routes:
  read:
    weight: 3
    steps:
      - hold: pool
        steps: [{await: db}, {compute: 1ms}]
      - call: api
  write:
    weight: 1
    steps:
      - hold: gate
        steps:
          - hold: pool
            steps: [{await: db}, {await: db}]
          - choice:
              - {p: 25%, steps: [{block: 40ms}, {call: api}]}
              - {p: 75%, steps: []}
      - compute: {empirical: [1ms, 3ms]}
`)
	got := Demand(w)
	read := Work{
		CPU: 1 * ms, Await: 8 * ms, Call: 20 * ms, Residence: 29 * ms,
		Upstreams: map[string]float64{"db": 1, "api": 1},
		Holding:   map[string]time.Duration{"pool": 9 * ms}, // the compute inside holds it too
	}
	write := Work{
		CPU: 2 * ms, Await: 16 * ms, Call: 5 * ms, Block: 10 * ms, Residence: 33 * ms,
		Upstreams: map[string]float64{"db": 2, "api": 0.25},
		Holding:   map[string]time.Duration{"pool": 16 * ms, "gate": 31 * ms},
	}
	request := Work{
		CPU: 1250 * time.Microsecond, Await: 10 * ms, Call: 16250 * time.Microsecond, Block: 2500 * time.Microsecond, Residence: 30 * ms,
		Upstreams: map[string]float64{"db": 1.25, "api": 0.8125},
		Holding:   map[string]time.Duration{"pool": 10750 * time.Microsecond, "gate": 7750 * time.Microsecond},
	}
	for _, c := range []struct {
		name      string
		got, want Work
	}{{"read", got.Routes["read"], read}, {"write", got.Routes["write"], write}, {"request", got.Request, request}} {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Errorf("%s: %+v, want %+v", c.name, c.got, c.want)
		}
	}
}

// The expected maximum of a parallel is an approximation. Where it has a closed
// form, it must agree within one per cent.
func TestDemandOfParallel(t *testing.T) {
	for _, c := range []struct {
		name  string
		steps string
		want  time.Duration // residence
		await time.Duration // added up over the branches
	}{
		{"constants: the longest", "[{parallel: [[{await: five}], [{await: five}, {await: five}]]}]", 10 * ms, 15 * ms},
		{"two exponentials of mean m: 3/2 m", "[{parallel: [[{await: exp}], [{await: exp}]]}]", 15 * ms, 20 * ms},
		{"three exponentials of mean m: 11/6 m", "[{parallel: [[{await: exp}], [{await: exp}], [{await: exp}]]}]", 18333333, 30 * ms},
		{"nested makes no difference to the maximum", "[{parallel: [[{await: exp}], [{parallel: [[{await: exp}], [{await: exp}]]}]]}]", 18333333, 30 * ms},
		{"two uniforms on [0, 30 ms]: 2/3 of 30 ms", "[{parallel: [[{await: uni}], [{await: uni}]]}]", 20 * ms, 30 * ms},
		// Half of the time 5 ms are exceeded by an exponential of 10 ms: 5 + 10 e^-0.5 = 11.065, otherwise 5.
		{"a branch with a choice", "[{parallel: [[{await: five}], [{choice: [{p: 50%, steps: [{await: exp}]}, {p: 50%, steps: []}]}]]}]", 8032653, 10 * ms},
		{"before and after", "[{await: five}, {parallel: [[{await: exp}], [{await: exp}]]}, {await: five}]", 25 * ms, 30 * ms},
	} {
		w, _ := mustParse(t, around+"upstreams: {five: {latency: 5ms}, exp: {latency: {exponential: 10ms}}, uni: {latency: {uniform: {from: 0s, to: 30ms}}}}\nroutes: {a: {steps: "+c.steps+"}}\n")
		got := Demand(w).Request
		if !approx(got.Residence, c.want, 0.01) || !approx(got.Await, c.await, 1e-9) {
			t.Errorf("%s: residence %v, await %v; want %v, %v", c.name, got.Residence, got.Await, c.want, c.await)
		}
	}
}

func TestHoldingInsideAParallelIsTheHoldsOwnTime(t *testing.T) {
	w, _ := mustParse(t, around+"upstreams: {a: {latency: 5ms}, b: {latency: 50ms}}\nresources: {pool: {size: 1}}\nroutes: {a: {steps: [{parallel: [[{await: b}], [{hold: pool, steps: [{await: a}]}, {await: a}]]}]}}\n")
	if got := Demand(w).Request; got.Holding["pool"] != 5*ms || got.Residence != 50*ms {
		t.Errorf("holds for %v in %v, want 5ms in 50ms", got.Holding["pool"], got.Residence)
	}
}

// What holds of every workload: a request lives at most as long as its steps
// end to end, and exactly that long without a parallel; nothing is held for
// longer than that.
func TestDemandInvariants(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorkload(t)
		d := Demand(w)
		for name, r := range d.Routes {
			serial := r.CPU + r.Await + r.Call + r.Block
			steps := w.Route(name).Steps
			if !has(steps, model.Parallel) && !approx(r.Residence, serial, 1e-9) {
				t.Fatalf("%s lives %v, its steps take %v one after another", name, r.Residence, serial)
			}
			if has(steps, model.Choice) {
				continue // inside a parallel, the draws of a rare branch need not have its mean
			}
			if r.Residence > serial && !approx(r.Residence, serial, 1e-6) {
				t.Fatalf("%s lives %v, its steps take %v end to end", name, r.Residence, serial)
			}
			for res, held := range r.Holding {
				if held > serial && !approx(held, serial, 1e-6) {
					t.Fatalf("%s holds %s for %v of %v", name, res, held, serial)
				}
			}
		}
	})
}

func TestDemandIsTheSameEveryTime(t *testing.T) {
	doc, err := Load("document-qa")
	if err != nil {
		t.Fatal(err)
	}
	if a, b := Demand(doc.Workload), Demand(doc.Workload); !reflect.DeepEqual(a, b) {
		t.Errorf("%+v and %+v", a, b)
	}
}

func has(steps []model.Step, v model.Verb) bool {
	for _, s := range steps {
		if s.Verb == v || has(s.Steps, v) {
			return true
		}
		for _, b := range s.Branches {
			if has(b.Steps, v) {
				return true
			}
		}
	}
	return false
}
