package plan

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/plimsoll-dev/plimsoll/record"
)

// erlangC is the probability that who comes to c servers with an offered load of
// a has to wait.
func erlangC(c int, a float64) float64 {
	b := 1.0 // Erlang B, by its recursion
	for i := 1; i <= c; i++ {
		b = a * b / (float64(i) + a*b)
	}
	rho := a / float64(c)
	return b / (1 - rho*(1-b))
}

// late is the probability that a request of M/M/c takes longer than x mean
// service times (Kleinrock, Queueing Systems I, 3.5, with the service's own time).
func late(c int, a, x float64) float64 {
	if float64(c) <= a {
		return 1
	}
	wait, d := erlangC(c, a), float64(c)-1-a
	more := wait * x
	if math.Abs(d) > 1e-9 {
		more = wait * (1 - math.Exp(-x*d)) / d
	}
	return math.Exp(-x) * (1 + more)
}

// known is an M/M/c whose smallest c is known: the objective lies halfway between
// what c and c−1 servers reach.
type known struct {
	c    int
	a    float64 // offered load
	x    float64 // the objective's time, in mean service times
	size string  // a pool of threads, or a resource
}

func (k known) document(t *testing.T) string {
	enough, less := late(k.c, k.a, k.x), late(k.c-1, k.a, k.x)
	if enough > 0.9*less {
		t.Fatalf("%+v: %g and %g cannot be told apart", k, enough, less)
	}
	step := "{await: api}"
	if k.size != "threads" {
		step = "{hold: " + k.size + ", steps: [{await: api}]}"
	}
	return fmt.Sprintf(`workload: known
upstreams: {api: {latency: {exponential: 100ms}}}
resources: {pool: {size: 1}}
routes: {r: {steps: [%s]}}
timeout: 100s
slo: {within: %gms, ratio: %g%%, errors: 0.1%%}
`, step, 100*k.x, 100*(1-math.Sqrt(enough*less)))
}

// lossy is an M/M/c/c+q whose smallest c is known: the share of requests that may
// fail lies halfway between what c and c−1 servers refuse.
type lossy struct {
	c, q int
	a    float64
}

// refused is the share of arrivals that find c servers and q places taken (Erlang
// B for q = 0; Kleinrock, Queueing Systems I, 3.6 and 3.7).
func refused(c, q int, a float64) float64 {
	p, sum := 1.0, 1.0 // of n in the system, to that of none
	for n := 1; n <= c+q; n++ {
		p *= a / float64(min(n, c))
		sum += p
	}
	return p / sum
}

func TestTheSmallestSizeThatRefusesFewEnoughIsErlangs(t *testing.T) {
	long(t)
	for _, k := range []lossy{{5, 0, 2}, {10, 0, 6}, {4, 2, 2.5}, {8, 4, 6.5}} {
		enough, less := refused(k.c, k.q, k.a), refused(k.c-1, k.q, k.a)
		if enough > 0.8*less {
			t.Fatalf("%+v: %g and %g cannot be told apart", k, enough, less)
		}
		// Nobody is late: the longest that a request waits is far below the objective.
		w := document(t, fmt.Sprintf(`workload: lossy
upstreams: {api: {latency: {exponential: 100ms}}}
routes: {r: {steps: [{await: api}]}}
timeout: 60s
slo: {within: 20s, ratio: 50%%, errors: %g%%}
`, 100*math.Sqrt(enough*less)))
		q := Question{Rate: 10 * k.a, CPUs: 1, MaxInstances: 1}
		p := &planner{q, w, simulator(w, 1, free)}
		s, err := p.size(t.Context(), p.ask(engines(t, fmt.Sprintf("thread:queue=%d", k.q))[0]), seeds)
		if err != nil || s.none != nil || len(s.knobs) != 1 {
			t.Fatalf("%+v: %v, %+v", k, err, s)
		}
		if n := s.knobs[0].of(&s.candidate); n != k.c {
			t.Errorf("%d threads (%d … %d) refuse few enough of %g Erlang with a queue of %d; by Erlang's formula it is %d", n, s.low[0], s.high[0], k.a, k.q, k.c)
		}
	}
}

// long skips what is long arithmetic on one goroutine in the short form, which is
// for the race detector.
func long(t *testing.T) {
	if testing.Short() {
		t.Skip("arithmetic")
	}
}

var knownSizes = []known{
	{2, 1, 4, "threads"}, // one is exactly as much as is offered: it is never enough
	{5, 3.5, 4, "threads"},
	{12, 10, 4, "threads"},
	{5, 3.5, 4, "pool"},
}

// found is the size that a plan says, and its interval.
func found(t *testing.T, k known, faulty func(Trier) Trier) Size {
	t.Helper()
	w := document(t, k.document(t))
	q := Question{Rate: 10 * k.a, CPUs: 1, MaxInstances: 1}
	var trier Trier = simulator(w, 1, free)
	if faulty != nil {
		trier = faulty(trier)
	}
	p := &planner{q, w, trier}
	s, err := p.size(t.Context(), p.ask(engines(t, "thread")[0]), seeds)
	if err != nil || s.none != nil {
		t.Fatalf("%+v: %v, %+v", k, err, s.none)
	}
	for i := range s.knobs {
		if s.knobs[i].name == k.size {
			return Size{N: s.knobs[i].of(&s.candidate), Low: s.low[i], High: s.high[i]}
		}
	}
	t.Fatalf("%s was not searched", k.size)
	return Size{}
}

func TestTheSmallestSizeIsErlangs(t *testing.T) {
	long(t)
	for _, k := range knownSizes {
		if s := found(t, k, nil); s.N != k.c {
			t.Errorf("%s under %g Erlang: %+v; Erlang C says %d", k.size, k.a, s, k.c)
		}
	}
	// Of more servers one is less: a seed may ask for one that theory does not.
	k := known{33, 30, 4, "threads"}
	if s := found(t, k, nil); s.Low > k.c || s.N < k.c || s.N > k.c+1 {
		t.Errorf("%s under %g Erlang: %+v; Erlang C says %d", k.size, k.a, s, k.c)
	}
}

// An off-by-one of the pool has to be seen by the test above.
func TestErlangFindsAPoolThatLetsOneMoreIn(t *testing.T) {
	long(t)
	wrong := 0
	for _, k := range knownSizes[1:3] {
		s := found(t, k, func(t Trier) Trier { return oneMore{t} })
		if s.N != k.c {
			wrong++
		}
	}
	if wrong == 0 {
		t.Error("pools of one thread more than they say were not noticed")
	}
}

// oneMore tries every pool of threads with one thread more.
type oneMore struct{ Trier }

func (o oneMore) Try(ctx context.Context, c Candidate) (*record.Trial, error) {
	k := knob{option: "max"}
	return o.Trier.Try(ctx, c.with(func(c *Candidate) { k.set(c, min(k.of(c)+1, mostOf("thread", "max"))) }))
}

// Where nothing is left to chance, Little's law is exact: λW, rounded up.
func TestFixedTimesNeedWhatLittleSays(t *testing.T) {
	long(t)
	w := document(t, `workload: clockwork
upstreams: {api: {latency: 100ms}}
resources: {pool: {size: 1}}
routes: {r: {steps: [{hold: pool, steps: [{await: api}]}]}}
arrivals: constant
slo: {within: 101ms, ratio: 99.9%, errors: 0.1%}
`)
	for rate, want := range map[float64]int{95: 10, 205: 21, 990: 99} {
		p := &planner{Question{Rate: rate, CPUs: 1, MaxInstances: 9}, w, simulator(w, 1, free)}
		s, err := p.size(t.Context(), p.ask(engines(t, "thread")[0]), seeds)
		if err != nil || s.none != nil || s.candidate.Instances != 1 {
			t.Fatalf("at %g/s: %v, %+v", rate, err, s)
		}
		for i := range s.knobs {
			if n := s.knobs[i].of(&s.candidate); n != want || s.low[i] != want || s.high[i] != want {
				t.Errorf("%s at %g/s: %d (%d … %d); Little says %d", s.knobs[i].name, rate, n, s.low[i], s.high[i], want)
			}
		}
	}
}

// The same requests are given to every size, so that a size that holds more holds
// less.
func TestMoreRateNeverNeedsLess(t *testing.T) {
	long(t)
	w := document(t, `workload: mixed
upstreams: {api: {latency: {lognormal: {p50: 40ms, p99: 300ms}}}, db: {latency: {exponential: 10ms}}}
resources: {pool: {size: 10}}
routes: {r: {steps: [{hold: pool, steps: [{await: db}]}, {await: api}, {compute: 200us}]}}
slo: {within: 500ms, ratio: 99%, errors: 0.1%}
`)
	for _, engine := range []string{"thread", "vthread"} {
		last := map[string]int{}
		for rate := 200.0; rate < 4000; rate *= 1.35 {
			p := &planner{Question{Rate: rate, CPUs: 2, MaxInstances: 1}, w, simulator(w, 2, free)}
			s, err := p.size(t.Context(), p.ask(engines(t, engine)[0]), 1)
			if err != nil || s.none != nil {
				t.Fatalf("%s at %g/s: %v, %+v", engine, rate, err, s.none)
			}
			for i := range s.knobs {
				k := &s.knobs[i]
				if n := k.of(&s.candidate); n < last[k.name] {
					t.Errorf("%s: %d of %s hold %g/s, and less needed %d", engine, n, k.name, rate, last[k.name])
				} else {
					last[k.name] = n
				}
			}
		}
	}
}
