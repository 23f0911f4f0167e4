package event

import "math/rand/v2"

// NewStream returns the random numbers of one purpose of a run. Those of another
// purpose do not depend on how many of these are drawn, so that two runs that
// differ in one thing only have all else in common (common random numbers: Law,
// Simulation Modeling and Analysis, 11.2).
func NewStream(seed uint64, purpose string) *rand.Rand {
	h := uint64(14695981039346656037) // FNV-1a
	for i := range len(purpose) {
		h = (h ^ uint64(purpose[i])) * 1099511628211
	}
	return rand.New(rand.NewPCG(seed, h))
}
