package probe

import "math"

// tempoStep is how finely a tempo is tried, as a logarithm: it matters little
// beside the tolerance of a wave.
const tempoStep = 0.05

// tempoOf returns how much slower than alone requests are in all waves, under a
// hypothesis, as a logarithm, and what that counts against it. A service may have
// been held up as single requests were measured, or be warmer since; that is one
// surprise, and not one for each wave.
func (a *assessment) tempoOf(x *hypothesis) (tempo, cost float64) {
	if x.kind == Unknown {
		return 0, 0
	}
	tolerance := math.Hypot(0.12, a.noise.doubt)
	best := math.Inf(-1)
	for k := math.Ceil(math.Log(fastest) / tempoStep); k <= math.Log(slowdown)/tempoStep; k++ {
		try := *x
		try.tempo = k * tempoStep
		off := try.tempo * try.tempo / (2 * tolerance * tolerance)
		ll := -off
		for i := range a.waves {
			w := &a.waves[i]
			unexplained := a.whatever(w) + math.Log(mishap)
			if said := a.explain(w, &try) - unexplained; said > 0 { // no tempo is for the sake of a wave that none explains
				ll += said
			}
		}
		if ll > best {
			best, tempo, cost = ll, try.tempo, off
		}
	}
	return tempo, cost
}
