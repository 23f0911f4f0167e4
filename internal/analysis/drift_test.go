package analysis

import (
	"math/rand/v2"
	"testing"
	"time"
)

// inFlight simulates the number in flight of c servers with exponential
// service times at a Poisson rate, sampled every 50 ms after a lead-in.
func inFlight(rng *rand.Rand, c int, service, rate, window float64) []float64 {
	var samples []float64
	n, now := 0, 0.0
	const leadIn, every = 1.0, 0.05
	n = min(c, int(rate*service)) // as the lead-in leaves it
	next := leadIn
	for now < leadIn+window {
		busy := float64(min(n, c)) / service
		now += rng.ExpFloat64() / (rate + busy)
		for next < now && next < leadIn+window {
			samples = append(samples, float64(n))
			next += every
		}
		if rng.Float64() < rate/(rate+busy) {
			n++
		} else {
			n--
		}
	}
	return samples
}

func TestDriftTellsOverFromUnderCapacityAtItsResolution(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, c := range []struct {
		servers int
		service float64 // s
		longest time.Duration
	}{
		{200, 0.2, time.Minute}, {200, 0.02, time.Minute}, {500, 0.17, time.Minute}, {20, 0.05, time.Minute},
		{20, 0.05, 5 * time.Second}, {10, 0.2, 10 * time.Second}, // too short for 5 %: they tell less
	} {
		capacity := float64(c.servers) / c.service
		window := min(max(Horizon(capacity, FullResolution), 3*time.Second), c.longest)
		by := Resolution(capacity * window.Seconds())
		under, over := 0, 0
		const runs = 200
		for range runs {
			if DriftOf(inFlight(rng, c.servers, c.service, (1-by)*capacity, window.Seconds()), window, (1-by)*capacity).Drifts {
				under++
			}
			if DriftOf(inFlight(rng, c.servers, c.service, (1+by)*capacity, window.Seconds()), window, (1+by)*capacity).Drifts {
				over++
			}
		}
		if under > runs*8/100 || over < runs*85/100 {
			t.Errorf("%d servers of %v s over %v: drift seen in %d of %d runs %.0f %% under, in %d runs %.0f %% over",
				c.servers, c.service, window, under, runs, 100*by, over, 100*by)
		}
	}
}

func TestTooFewSamplesShowNoDrift(t *testing.T) {
	if d := DriftOf([]float64{1, 900}, time.Second, 10); d.Drifts {
		t.Errorf("two samples: %+v", d)
	}
}
