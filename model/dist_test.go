package model

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

const ms = time.Millisecond

var dists = map[string]Dist{
	"constant":    {Kind: DistConstant, A: 5 * ms},
	"uniform":     {Kind: DistUniform, A: 2 * ms, B: 10 * ms},
	"exponential": {Kind: DistExponential, A: 8 * ms},
	"lognormal":   {Kind: DistLognormal, A: 400 * ms, B: 900 * ms},
	"long tail":   {Kind: DistLognormal, A: 10 * ms, B: 100 * ms},
	"empirical":   {Kind: DistEmpirical, Values: []time.Duration{7 * ms, 1 * ms, 2 * ms, 2 * ms}},
}

func near(got, want time.Duration, tolerance float64) bool {
	return math.Abs(float64(got-want)) <= tolerance*float64(want)
}

func TestMeansAndQuantilesInClosedForm(t *testing.T) {
	for _, c := range []struct {
		dist      string
		mean      time.Duration
		p50, p99  time.Duration
		tolerance float64
	}{
		{"constant", 5 * ms, 5 * ms, 5 * ms, 0},
		{"uniform", 6 * ms, 6 * ms, 9920 * time.Microsecond, 1e-9},
		{"exponential", 8 * ms, 5545177 * time.Nanosecond, 36841361 * time.Nanosecond, 1e-6}, // 8 ln 2, 8 ln 100
		// sigma = ln(2.25)/2.32635 = 0.348583; mean = 400 exp(sigma²/2)
		{"lognormal", 425055749 * time.Nanosecond, 400 * ms, 900 * ms, 1e-6},
		{"empirical", 3 * ms, 2 * ms, 7 * ms, 0},
	} {
		d := dists[c.dist]
		if !near(d.Mean(), c.mean, c.tolerance) || !near(d.Quantile(0.5), c.p50, c.tolerance) || !near(d.Quantile(0.99), c.p99, c.tolerance) {
			t.Errorf("%s: mean %v, p50 %v, p99 %v; want %v, %v, %v", c.dist, d.Mean(), d.Quantile(0.5), d.Quantile(0.99), c.mean, c.p50, c.p99)
		}
	}
}

// What is drawn has the mean and the quantiles that are said of it, within
// five standard errors (the quantiles' are those of the binomial count below).
func TestSamplesAgreeWithMeanAndQuantiles(t *testing.T) {
	const n = 200_000
	for name, d := range dists {
		r := rand.New(rand.NewPCG(1, 2))
		xs := make([]time.Duration, n)
		var sum, squares float64
		for i := range xs {
			xs[i] = d.Sample(r)
			sum += float64(xs[i])
			squares += float64(xs[i]) * float64(xs[i])
		}
		mean := sum / n
		stderr := math.Sqrt(max(0, squares/n-mean*mean) / n)
		if math.Abs(mean-float64(d.Mean())) > 5*stderr+1 {
			t.Errorf("%s: mean of the draws %v, Mean %v", name, time.Duration(mean), d.Mean())
		}
		slices.Sort(xs)
		if xs[0] < 0 {
			t.Errorf("%s: drew %v", name, xs[0])
		}
		for _, p := range []float64{0.01, 0.25, 0.5, 0.9, 0.99, 0.999} {
			q := d.Quantile(p)
			below, _ := slices.BinarySearch(xs, q)
			upto, _ := slices.BinarySearch(xs, q+1)
			slack := 5 * math.Sqrt(n*p*(1-p))
			if float64(below) > n*p+slack || float64(upto) < n*p-slack {
				t.Errorf("%s: %.1f%% quantile %v, but %d of %d draws are below it and %d up to it", name, 100*p, q, below, n, upto)
			}
		}
	}
}

func TestTheSameSeedDrawsTheSame(t *testing.T) {
	for name, d := range dists {
		a, b := rand.New(rand.NewPCG(7, 7)), rand.New(rand.NewPCG(7, 7))
		for range 100 {
			if x, y := d.Sample(a), d.Sample(b); x != y {
				t.Fatalf("%s: %v and %v", name, x, y)
			}
		}
	}
}

func TestTailsSaturateInsteadOfOverflowing(t *testing.T) {
	d := Dist{Kind: DistLognormal, A: time.Nanosecond, B: math.MaxInt64}
	if m, q := d.Mean(), d.Quantile(0.999999); m != math.MaxInt64 || q != math.MaxInt64 {
		t.Errorf("mean %v, quantile %v of a tail beyond int64", m, q)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 10_000 {
		if x := d.Sample(r); x < 0 {
			t.Fatalf("drew %v", x)
		}
	}
}

func TestNoDistributionTakesNoTime(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, d := range []Dist{{}, {Kind: DistEmpirical}} {
		if d.Mean() != 0 || d.Quantile(0.5) != 0 || d.Sample(r) != 0 {
			t.Errorf("%+v takes time", d)
		}
	}
	if !(Dist{}).IsZero() || (Dist{Kind: DistConstant}).IsZero() {
		t.Error("IsZero does not tell whether one was given")
	}
}
