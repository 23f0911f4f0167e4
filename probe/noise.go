package probe

import (
	"math"
	"slices"
)

// noise is how the time of a request that had to wait for nothing varies:
// its logarithm around centre, with heavy tails.
type noise struct {
	centre float64 // mean of the logarithm of seconds
	spread float64 // its scale
	mean   float64 // seconds
	doubt  float64 // standard error of the mean, relative
}

// noiseOf learns from requests made one after the other. The floor of the
// spread is what the prober and a machine that is busy with a whole wave add.
func noiseOf(serial []float64) noise {
	logs := make([]float64, 0, len(serial))
	for _, x := range serial {
		logs = append(logs, math.Log(max(x, 1e-6)))
	}
	n := noise{centre: mean(logs), mean: mean(serial)}
	var sum float64
	for _, x := range logs {
		sum += (x - n.centre) * (x - n.centre)
	}
	if len(logs) > 1 {
		// Few samples say little of the spread: it is as if one more had been
		// off by a twentieth.
		sum = (sum + 0.05*0.05) / float64(len(logs))
	}
	floor := 0.02*0.02 + (0.002/n.mean)*(0.002/n.mean)
	n.spread = math.Sqrt(sum + floor)
	n.doubt = math.Sqrt(sum / float64(max(1, len(logs))))
	return n
}

// steady reports whether requests take nearly always the same.
func (n noise) steady() bool { return n.spread < 0.05 }

// Of the density of a logarithm x: a share of outliers may be anything, the
// rest has Student's distribution with four degrees of freedom.
const (
	outliers     = 0.01
	outlierRange = 6.0 // from a twentieth to twenty times
)

// log returns the logarithm of the density at a time of x seconds, where slow
// times the usual is expected.
func (n noise) log(x, slow float64) float64 {
	if x <= 0 {
		return math.Log(outliers / outlierRange / 10)
	}
	return logDensity((math.Log(x/slow)-n.centre)/n.spread, n.spread)
}

func logDensity(z, spread float64) float64 {
	q := 1 + z*z/4
	t := 0.375 / (q * q * math.Sqrt(q)) / spread // Student, four degrees of freedom
	return math.Log((1-outliers)*t + outliers/outlierRange)
}

func median(xs []float64) float64 {
	if len(xs) == 0 {
		return 0
	}
	s := slices.Clone(xs)
	slices.Sort(s)
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}
