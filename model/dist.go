package model

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// A DistKind names a family of distributions.
type DistKind string

// The families of distributions that a workload can ask for.
const (
	DistConstant    DistKind = "constant"    // A
	DistUniform     DistKind = "uniform"     // A to B
	DistExponential DistKind = "exponential" // mean A
	DistLognormal   DistKind = "lognormal"   // median A, 99th percentile B
	DistEmpirical   DistKind = "empirical"   // one of Values, each as likely
)

// A Dist is a distribution of durations. The zero Dist is no distribution.
type Dist struct {
	Kind   DistKind
	A, B   time.Duration
	Values []time.Duration
}

// z99 is the 99th percentile of the standard normal distribution.
const z99 = 2.3263478740408408

// sigma is the standard deviation of the logarithm of a lognormal.
func (d Dist) sigma() float64 { return math.Log(float64(d.B)/float64(d.A)) / z99 }

// duration converts nanoseconds; what a Duration cannot hold becomes the
// largest one, because the conversion of Go is undefined there.
func duration(ns float64) time.Duration {
	if ns >= math.MaxInt64 {
		return math.MaxInt64
	}
	return time.Duration(ns)
}

// IsZero reports whether no distribution was given.
func (d Dist) IsZero() bool { return d.Kind == "" }

// Sample draws one duration, at least 0.
func (d Dist) Sample(r *rand.Rand) time.Duration {
	switch d.Kind {
	case DistUniform:
		return d.A + time.Duration(r.Float64()*float64(d.B-d.A))
	case DistExponential:
		return duration(r.ExpFloat64() * float64(d.A))
	case DistLognormal:
		return duration(float64(d.A) * math.Exp(d.sigma()*r.NormFloat64()))
	case DistEmpirical:
		if len(d.Values) == 0 {
			return 0
		}
		return d.Values[r.IntN(len(d.Values))]
	default:
		return d.A
	}
}

// Mean returns the expected duration.
func (d Dist) Mean() time.Duration {
	switch d.Kind {
	case DistUniform:
		return d.A + (d.B-d.A)/2
	case DistLognormal:
		s := d.sigma()
		return duration(float64(d.A) * math.Exp(s*s/2))
	case DistEmpirical:
		if len(d.Values) == 0 {
			return 0
		}
		var sum float64
		for _, v := range d.Values {
			sum += float64(v)
		}
		return time.Duration(sum / float64(len(d.Values)))
	default:
		return d.A
	}
}

// Quantile returns the smallest duration that a share p of the draws does not
// exceed, for p in (0, 1).
func (d Dist) Quantile(p float64) time.Duration {
	switch d.Kind {
	case DistUniform:
		return d.A + time.Duration(p*float64(d.B-d.A))
	case DistExponential:
		return duration(-math.Log1p(-p) * float64(d.A))
	case DistLognormal:
		z := math.Sqrt2 * math.Erfinv(2*p-1)
		return duration(float64(d.A) * math.Exp(d.sigma()*z))
	case DistEmpirical:
		if len(d.Values) == 0 {
			return 0
		}
		s := slices.Clone(d.Values)
		slices.Sort(s)
		return s[min(len(s)-1, max(0, int(math.Ceil(p*float64(len(s))))-1))]
	default:
		return d.A
	}
}
