package event

import "math"

// batches is how many batch means an interval is made of, at least; and less
// than twice as many.
const batches = 20

// Batches estimates a mean from values that depend on those before them, as the
// waiting times of a queue do, by the method of batch means (Law, Simulation
// Modeling and Analysis, 9.5.3): means of long stretches hardly depend on each
// other. Stretches grow as values come, so that there are between 20 and 40. Its
// zero value is empty.
type Batches struct {
	size  int64 // values in a batch
	sum   float64
	n     int64 // values in the batch that is being filled
	means []float64
}

// Add takes the next value.
func (b *Batches) Add(x float64) {
	if b.size == 0 {
		b.size, b.means = 64, make([]float64, 0, 2*batches)
	}
	b.sum += x
	if b.n++; b.n < b.size {
		return
	}
	b.means = append(b.means, b.sum/float64(b.size))
	b.sum, b.n = 0, 0
	if len(b.means) == 2*batches {
		for i := range batches {
			b.means[i] = (b.means[2*i] + b.means[2*i+1]) / 2
		}
		b.means, b.size = b.means[:batches], 2*b.size
	}
}

// Interval returns the mean over whole batches and the half-width of its 95 %
// interval, by Student's t; infinite with fewer than two batches.
func (b *Batches) Interval() (mean, half float64) {
	n := float64(len(b.means))
	if n < 2 {
		return math.NaN(), math.Inf(1)
	}
	for _, m := range b.means {
		mean += m / n
	}
	var ss float64
	for _, m := range b.means {
		ss += (m - mean) * (m - mean)
	}
	return mean, student95(n-1) * math.Sqrt(ss/(n-1)/n)
}

// student95 is the 97.5 % quantile of Student's t, by the expansion around the
// normal's (Abramowitz and Stegun, 26.7.5): within 0.3 % from 4 degrees of
// freedom on.
func student95(df float64) float64 {
	const z = 1.959963984540054
	z3, z5, z7 := math.Pow(z, 3), math.Pow(z, 5), math.Pow(z, 7)
	return z + (z3+z)/4/df + (5*z5+16*z3+3*z)/96/df/df + (3*z7+19*z5+17*z3-15*z)/384/df/df/df
}
