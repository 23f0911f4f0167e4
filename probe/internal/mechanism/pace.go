package mechanism

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Admitted lets requests begin Step seconds apart, after a burst.
type Admitted struct {
	Step  float64
	Burst int // 1: there is none
}

func (m Admitted) answer(sent []float64, draw func() float64, _ *rand.Rand) []float64 {
	done := make([]float64, len(sent))
	full := math.Inf(-1) // when all of the burst is there again
	for k, at := range sent {
		full = max(full, at) + m.Step
		done[k] = max(at, full-float64(m.Burst)*m.Step) + draw()
	}
	return done
}

// Finished has requests end Step seconds apart: one processor works on each in
// turn.
type Finished struct{ Step float64 }

func (m Finished) answer(sent []float64, draw func() float64, r *rand.Rand) []float64 {
	done := Unlimited{}.answer(sent, draw, r)
	slices.Sort(done)
	for k := 1; k < len(done); k++ {
		done[k] = max(done[k], done[k-1]+m.Step)
	}
	return done
}
