package analysis

import (
	"math"
	"math/rand/v2"
	"testing"
)

// series is what a service shows that takes warm batches to become steady:
// slow by a factor that decays, with noise of the given relative size.
func series(rng *rand.Rand, n, warm int, noise float64) []float64 {
	s := make([]float64, n)
	for i := range s {
		level := 1.0
		if i < warm {
			level = 3
		}
		s[i] = level * (1 + noise*rng.NormFloat64())
	}
	return s
}

// Batches of 250 ms: 0, 2 and 10 s of warm-up are 0, 8 and 40 of them.
func TestPlantedWarmUpIsRecoveredWithinABatch(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	for _, warm := range []int{0, 8, 40} {
		missed := 0
		for range 200 {
			s := series(rng, 3*warm+20, warm, 0.05)
			d, ok := Steady(s)
			if !ok || math.Abs(float64(d-warm)) > 1 {
				missed++
			}
		}
		if missed > 4 {
			t.Errorf("warm-up of %d batches: missed in %d of 200 runs", warm, missed)
		}
	}
}

func TestNotSteadyWhileItIsStillWarmingUp(t *testing.T) {
	for _, n := range []int{0, 1, 7} {
		if _, ok := Steady(make([]float64, n)); ok {
			t.Errorf("%d batches are enough to judge", n)
		}
	}
	// 1 s after it started, a service that needs 2 s shows half of the fall.
	falling := make([]float64, 40)
	for i := range falling {
		falling[i] = 100 * math.Exp(-float64(i)/60)
	}
	if d, ok := Steady(falling); ok {
		t.Errorf("a series that falls to its end is called steady from %d on", d)
	}
}

func TestAConstantSeriesIsSteadyFromTheStart(t *testing.T) {
	s := make([]float64, 12)
	for i := range s {
		s[i] = 0.4
	}
	if d, ok := Steady(s); d != 0 || !ok {
		t.Errorf("got %d, %v", d, ok)
	}
}
