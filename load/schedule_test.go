package load

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/model"
)

func schedule(t testing.TB, a model.Arrivals, seed uint64, routes []Route, stages ...model.Stage) Schedule {
	t.Helper()
	if routes == nil {
		routes = []Route{{Path: "/"}}
	}
	s, err := NewSchedule(a, stages, routes, seed)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func drain(s Schedule) []Arrival {
	var all []Arrival
	for a, ok := s.Next(); ok; a, ok = s.Next() {
		all = append(all, a)
	}
	return all
}

func stage(d time.Duration, rate float64) model.Stage { return model.Stage{For: d, Rate: rate} }

// The asymptotic Kolmogorov-Smirnov bound at a level of 0.001 (Stephens, 1974).
func ksBound(n int) float64 { return 1.95 / math.Sqrt(float64(n)) }

func ks(sample []float64, cdf func(float64) float64) float64 {
	slices.Sort(sample)
	n, d := float64(len(sample)), 0.0
	for i, x := range sample {
		f := cdf(x)
		d = max(d, f-float64(i)/n, float64(i+1)/n-f)
	}
	return d
}

func TestPoissonGapsAreExponentialAndIndependent(t *testing.T) {
	const rate = 500.0
	for _, seed := range []uint64{0, 1, 2, math.MaxUint64} {
		all := drain(schedule(t, model.Arrivals{Kind: model.Poisson}, seed, nil, stage(100*time.Second, rate)))
		var gaps []float64
		var last time.Duration
		for _, a := range all {
			gaps = append(gaps, (a.At - last).Seconds())
			last = a.At
		}
		// Neighbours' correlation has a standard deviation of 1/√n.
		var num, den float64
		for i := range gaps[1:] {
			num += (gaps[i] - 1/rate) * (gaps[i+1] - 1/rate)
			den += (gaps[i] - 1/rate) * (gaps[i] - 1/rate)
		}
		if r := num / den; math.Abs(r) > 4/math.Sqrt(float64(len(gaps))) {
			t.Errorf("seed %d: neighbouring gaps correlate by %.4f", seed, r)
		}
		if d := ks(gaps, func(x float64) float64 { return 1 - math.Exp(-rate*x) }); d > ksBound(len(gaps)) {
			t.Errorf("seed %d: KS distance %.4f of %d gaps from the exponential, want below %.4f", seed, d, len(gaps), ksBound(len(gaps)))
		}
		// A Poisson count of mean 50,000 has a standard deviation of 224.
		if n := float64(len(all)); math.Abs(n-50_000) > 4*224 {
			t.Errorf("seed %d: %v arrivals, want 50,000 ± 900", seed, n)
		}
	}
}

func TestConstantAndBurstsAreExact(t *testing.T) {
	ms := func(n ...int) (d []time.Duration) {
		for _, x := range n {
			d = append(d, time.Duration(x)*time.Millisecond)
		}
		return d
	}
	for _, c := range []struct {
		why    string
		a      model.Arrivals
		stages []model.Stage
		want   []time.Duration
	}{
		{"the first at once, none at the end", model.Arrivals{Kind: model.Constant}, []model.Stage{stage(time.Second, 4)}, ms(0, 250, 500, 750)},
		{"a part of an arrival is an arrival", model.Arrivals{Kind: model.Constant}, []model.Stage{stage(600*time.Millisecond, 4)}, ms(0, 250, 500)},
		{"bursts keep the rate on average", model.Arrivals{Kind: model.Bursts, Burst: 2}, []model.Stage{stage(time.Second, 4)}, ms(0, 0, 500, 500)},
		{"the last burst is cut to the count", model.Arrivals{Kind: model.Bursts, Burst: 3}, []model.Stage{stage(time.Second, 4)}, ms(0, 0, 0, 750)},
		{"a pause has no arrivals", model.Arrivals{Kind: model.Constant}, []model.Stage{stage(time.Second, 2), stage(time.Second, 0), stage(time.Second, 1)}, ms(0, 500, 2000)},
		{"a gap begun in one stage ends in the next", model.Arrivals{Kind: model.Constant}, []model.Stage{stage(500*time.Millisecond, 1), stage(time.Second, 2)}, ms(0, 750, 1250)},
		{"nothing at all", model.Arrivals{Kind: model.Constant}, []model.Stage{stage(time.Second, 0)}, nil},
	} {
		var got []time.Duration
		for _, a := range drain(schedule(t, c.a, 1, nil, c.stages...)) {
			got = append(got, a.At)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.why, got, c.want)
		}
	}
}

func TestRampsIntegrateToTheirRate(t *testing.T) {
	up := model.Stage{For: 10 * time.Second, Rate: 0.5, To: 200}
	from0 := model.Stage{For: 10 * time.Second, Rate: 0, To: 200}
	down := model.Stage{For: 10 * time.Second, Rate: 300, To: 1e-9}
	for _, c := range []struct {
		stages []model.Stage
		until  time.Duration
		want   float64 // ∫ rate up to until
	}{
		{[]model.Stage{up}, 10 * time.Second, 1002.5},
		{[]model.Stage{up}, 5 * time.Second, 0.5*5 + 199.5/10*25/2},
		{[]model.Stage{from0}, time.Second, 10},
		{[]model.Stage{down}, 10 * time.Second, 1500},
		{[]model.Stage{down}, 9 * time.Second, 1500 - 15},
		{[]model.Stage{stage(3*time.Second, 100), up, down}, 23 * time.Second, 300 + 1002.5 + 1500},
	} {
		var n float64
		for _, a := range drain(schedule(t, model.Arrivals{Kind: model.Constant}, 1, nil, c.stages...)) {
			if a.At < c.until {
				n++
			}
		}
		if math.Abs(n-c.want) > 1 {
			t.Errorf("%v until %v: %v arrivals, want %v ± 1", c.stages, c.until, n, c.want)
		}
	}
}

func TestPoissonOnARampIsPoisson(t *testing.T) {
	// Given their number, the arrivals of a non-homogeneous Poisson process are
	// independent draws from the density that its rate is.
	s := schedule(t, model.Arrivals{Kind: model.Poisson}, 7, nil, model.Stage{For: 10 * time.Second, Rate: 0, To: 4000})
	var at []float64
	for _, a := range drain(s) {
		at = append(at, a.At.Seconds())
	}
	if d := ks(at, func(x float64) float64 { return x * x / 100 }); d > ksBound(len(at)) {
		t.Errorf("KS distance %.4f, want below %.4f", d, ksBound(len(at)))
	}
}

func TestTheSameSeedGivesTheSameArrivals(t *testing.T) {
	routes := []Route{{Path: "/a", Weight: 1}, {Path: "/b", Weight: 3}}
	poisson := model.Arrivals{Kind: model.Poisson}
	a := drain(schedule(t, poisson, 42, routes, stage(10*time.Second, 100)))
	b := drain(schedule(t, poisson, 42, routes, stage(10*time.Second, 100)))
	if !slices.Equal(a, b) {
		t.Error("two schedules of one seed differ")
	}
	if c := drain(schedule(t, poisson, 43, routes, stage(10*time.Second, 100))); slices.Equal(a, c) || a[0].Seed == c[0].Seed {
		t.Error("two seeds give the same schedule")
	}
	// At twice the rate the same requests come, twice as fast.
	fast := drain(schedule(t, poisson, 42, routes, stage(5*time.Second, 200)))
	if len(fast) != len(a) {
		t.Fatalf("%d arrivals at 100/s for 10 s, and %d at 200/s for 5 s", len(a), len(fast))
	}
	for i := range a {
		if fast[i].Route != a[i].Route || fast[i].Seed != a[i].Seed || (2*fast[i].At-a[i].At).Abs() > 2 {
			t.Fatalf("arrival %d: %+v at 100/s, %+v at 200/s", i, a[i], fast[i])
		}
	}
	// Nor does a longer or a rising run change what came before.
	longer := drain(schedule(t, poisson, 42, routes, stage(10*time.Second, 100), stage(time.Second, 999)))
	if !slices.Equal(longer[:len(a)], a) {
		t.Error("a further stage changed the arrivals before it")
	}
}

func TestRoutesAreDrawnByWeight(t *testing.T) {
	routes := []Route{{Path: "/a", Weight: 1}, {Path: "/never"}, {Path: "/b", Weight: 6}, {Path: "/c", Weight: 3}, {Path: "/nor"}}
	n := make([]float64, len(routes))
	seen := map[uint64]bool{}
	all := drain(schedule(t, model.Arrivals{Kind: model.Constant}, 5, routes, stage(10*time.Second, 10_000)))
	for _, a := range all {
		n[a.Route]++
		seen[a.Seed] = true
	}
	if n[1] != 0 || n[4] != 0 {
		t.Errorf("routes of weight 0 were drawn: %v", n)
	}
	var chi2 float64
	for i, share := range []float64{.1, 0, .6, .3, 0} {
		if e := share * float64(len(all)); e > 0 {
			chi2 += (n[i] - e) * (n[i] - e) / e
		}
	}
	if chi2 > 13.8 { // 2 degrees of freedom, level 0.001
		t.Errorf("χ² = %.1f for %v", chi2, n)
	}
	if len(seen) != len(all) {
		t.Errorf("%d of %d requests share a seed with another", len(all)-len(seen), len(all))
	}
	even := drain(schedule(t, model.Arrivals{}, 5, []Route{{Path: "/a"}, {Path: "/b"}}, stage(time.Second, 1000)))
	if k := len(even); k == 0 || !slices.ContainsFunc(even, func(a Arrival) bool { return a.Route == 1 }) {
		t.Error("routes without weights are not drawn alike")
	}
}

func TestALongScheduleKeepsItsPrecision(t *testing.T) {
	// A day at 20,000/s: position 1.7e9 is still exact to the nanosecond's order.
	p := schedule(t, model.Arrivals{Kind: model.Constant}, 1, nil, stage(24*time.Hour, 20_000)).(*plan)
	p.i = 20_000*86_400 - 1
	a, ok := p.Next()
	if want := 24*time.Hour - 50*time.Microsecond; !ok || (a.At-want).Abs() > 100 {
		t.Errorf("the last arrival is at %v, want %v", a.At, want)
	}
	if _, ok := p.Next(); ok {
		t.Error("one arrival too many")
	}
}

func TestBadSchedulesAreRefused(t *testing.T) {
	one := []Route{{Path: "/"}}
	for _, c := range []struct {
		a      model.Arrivals
		stages []model.Stage
		routes []Route
		want   string
	}{
		{model.Arrivals{}, nil, one, "no stages"},
		{model.Arrivals{}, []model.Stage{stage(0, 1)}, one, "stage 1 lasts 0s; write a time above zero"},
		{model.Arrivals{}, []model.Stage{stage(1, -1)}, one, "stage 1 has rate -1"},
		{model.Arrivals{}, []model.Stage{stage(1, math.NaN())}, one, "has rate NaN"},
		{model.Arrivals{}, []model.Stage{{For: 1, Rate: 1, To: math.Inf(1)}}, one, "has rate +Inf"},
		{model.Arrivals{Kind: "bursts"}, []model.Stage{stage(1, 1)}, one, "bursts of 0 requests"},
		{model.Arrivals{Kind: "regular"}, []model.Stage{stage(1, 1)}, one, "write poisson, constant or bursts"},
		{model.Arrivals{}, []model.Stage{stage(1, 1)}, nil, "no routes"},
		{model.Arrivals{}, []model.Stage{stage(1, 1)}, []Route{{Name: "x", Weight: -1}}, "route x has weight -1"},
	} {
		if _, err := NewSchedule(c.a, c.stages, c.routes, 1); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v %+v: %v, want %q", c.a, c.stages, err, c.want)
		}
	}
}
