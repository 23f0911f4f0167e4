package analysis

import (
	"math"
	"time"

	"github.com/plimsoll-dev/plimsoll/record"
)

// A trial just past capacity still meets its SLO for a while: 5 % over, the
// backlog of ten seconds is half a second. What tells it is that the number in
// flight grows. How small a growth can be told is a matter of how many
// requests arrived: past capacity the backlog is a random walk, whose spread
// over n arrivals is √(2n), while just below it, by a share of δ, it wanders by
// 1/δ. The two separate when δ·n is several times both: at 5 % from 5,000
// arrivals on.

// FullArrivals is how many arrivals a trial needs to tell [FullResolution].
const (
	FullArrivals   = 5000
	FullResolution = 0.05
)

// Resolution is the relative distance from capacity that a trial with so many
// arrivals can tell.
func Resolution(arrivals float64) float64 {
	return FullResolution * max(1, math.Sqrt(FullArrivals/max(arrivals, 1)))
}

// Horizon is how long a trial at that rate takes to tell the resolution.
func Horizon(rate, resolution float64) time.Duration {
	share := FullResolution / resolution
	return time.Duration(FullArrivals * share * share / rate * float64(time.Second))
}

// DriftOf judges whether the number in flight grew, from samples spread evenly
// over a window of that length at that arrival rate (requests per second).
func DriftOf(inFlight []float64, window time.Duration, rate float64) record.Drift {
	n, t := len(inFlight), window.Seconds()
	if n < 3 || t <= 0 || rate <= 0 {
		return record.Drift{}
	}
	d := record.Drift{
		PerSecond: slope(inFlight) * float64(n) / t,
		Noise:     driftShare * Resolution(rate*t) * rate,
	}
	d.Drifts = d.PerSecond > d.Noise
	return d
}

// driftShare places the criterion between no growth and the growth at one
// resolution past capacity; nearer to the former, whose noise is smaller.
const driftShare = 0.4

// slope is that of the least-squares line through samples at 0, 1, 2, …
func slope(y []float64) float64 {
	n := float64(len(y))
	meanX := (n - 1) / 2
	meanY, _ := meanVar(y)
	var xy, xx float64
	for i, v := range y {
		dx := float64(i) - meanX
		xy += dx * (v - meanY)
		xx += dx * dx
	}
	return xy / xx
}
