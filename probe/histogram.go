package probe

import "math"

// A histogram is of service times. Its bins are equal in the logarithm of a time to
// which a little was added: so that times about zero, of which a clock or a network
// makes somewhat less, are like each other.
type histogram struct {
	bins  [192]float64 // up to some fifty times the mean
	n     float64
	logs  float64 // sum of the logarithms
	early int     // requests that ended before they began
}

const (
	binWidth  = 0.04  // of the logarithm
	softShare = 0.05  // of the mean, which is added
	softClock = 0.002 // seconds, likewise
)

// histogramOf returns that of times in seconds, of which the mean is about so much.
func histogramOf(times []float64, mean float64) *histogram {
	h := new(histogram)
	soft := softShare*mean + softClock
	for _, x := range times {
		if x <= -soft/2 {
			h.early++
			continue
		}
		y := math.Log((x+soft)/(soft/2)) / binWidth
		i := min(int(y), len(h.bins)-2)
		part := min(y-float64(i), 1) // that is nearer to the next
		h.bins[i] += 1 - part
		h.bins[i+1] += part
		h.n++
		h.logs += y * binWidth
	}
	return h
}

func (h *histogram) join(o *histogram) {
	for i, n := range o.bins {
		h.bins[i] += n
	}
	h.n += o.n
	h.logs += o.logs
	h.early += o.early
}

// kernels are normal densities at whole numbers of bins, of one bin and of twice,
// four times and eight times as much.
var kernels = func() (all [4][]float64) {
	for i := range all {
		width := binWidth * float64(int(1)<<i)
		for d := 0.0; d < 4*width; d += binWidth {
			all[i] = append(all[i], math.Exp(-d*d/(2*width*width))/(width*math.Sqrt(2*math.Pi)))
		}
	}
	return all
}()

// alike returns the log-likelihood of all times, in logarithms of seconds up to a
// constant, where the density of each is what the others suggest (leave-one-out
// likelihood of a kernel estimate, of the width that makes most of it: R. P. W. Duin,
// On the choice of smoothing parameters for Parzen estimators of probability density
// functions, IEEE Transactions on Computers 25, 1976).
func (h *histogram) alike() float64 {
	at := make([]int, 0, len(h.bins))
	for i, n := range h.bins {
		if n > 0 {
			at = append(at, i)
		}
	}
	best := math.Inf(-1)
	for _, kernel := range kernels {
		ll := 0.0
		for _, i := range at {
			sum := -kernel[0]
			for _, j := range at {
				if d := max(i-j, j-i); d < len(kernel) {
					sum += kernel[d] * h.bins[j]
				}
			}
			ll += h.bins[i] * math.Log((1-outliers)*max(0, sum)/max(1, h.n-1)+outliers/outlierRange)
		}
		best = max(best, ll)
	}
	// Times are compared, and not their logarithms, of which the scale is another for
	// each size.
	return best - h.logs + float64(h.early)*math.Log(outliers/outlierRange/10)
}
