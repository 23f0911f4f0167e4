package probe

import (
	"math"

	"github.com/plimsoll-dev/plimsoll/probe/internal/mechanism"
)

// What a hypothesis predicts of a wave is found by simulation ([mechanism.Simulate]):
// the curve of the wave's answers is compared with the simulated ones' at some
// points. A curve that no hypothesis predicts fits none (synthetic likelihood:
// S. N. Wood, Statistical inference for noisy nonlinear ecological dynamic systems,
// Nature 466, 2010).

// independent is what the points of a curve are worth together, which are not
// independent of each other: so many.
const independent = 4.0

// simulation is a mechanism that answers a wave, with what was known of service
// times then: it is asked for again as long as the probe goes on.
type simulation struct {
	experiment int
	noise      noise
	of         mechanism.Mechanism
}

// say returns what a wave says of a mechanism.
func (a *assessment) say(w *wave, m mechanism.Mechanism) float64 {
	if w.count() == 0 {
		return 0
	}
	return a.predicts(w, recalled(&a.h.curves, simulation{w.ID, a.noise, m}, func() mechanism.Curve {
		return mechanism.Simulate(m, w.sent, a.seen, uint64(w.ID)) // the same draws for each hypothesis
	}))
}

// predicts returns the log-likelihood of a wave under a mechanism's curve. That
// requests are somewhat slower among others, or quicker, is allowed, and counted
// against it as far as it is not so in all waves.
func (a *assessment) predicts(w *wave, c mechanism.Curve) float64 {
	n := w.count()
	if n == 0 {
		return 0
	}
	// The factor by which the wave was slower is that of the best fit.
	ix := mechanism.Points(n)
	over, under := 0.0, 0.0
	for i, k := range ix {
		mean := c.Mean[i]
		weight := 1 / (mean * mean)
		over += weight * mean * w.done[k]
		under += weight * mean * mean
	}
	slow := min(max(over/under, fastest), slowdown)
	chance := math.Hypot(a.noise.spread/math.Sqrt(float64(n)), a.noise.doubt)
	if math.Abs(math.Log(slow)-a.tempo) < 2*chance {
		slow = math.Exp(a.tempo)
	}
	tolerance := math.Hypot(0.12, chance)
	off := math.Log(slow) - a.tempo
	ll := -off * off / (2 * tolerance * tolerance)
	worth := min(1, independent/float64(len(ix)))
	for i, k := range ix {
		mean := c.Mean[i]
		own := 0.02*mean + 0.03*a.noise.mean + 0.001
		spread := math.Sqrt(c.Variance[i]+own*own+a.noise.doubt*a.noise.doubt*mean*mean) * slow
		ll += worth * logDensity((w.done[k]-slow*mean)/spread, spread/a.noise.mean)
	}
	return ll
}

// whatever returns the log-likelihood of a wave whose answers follow no
// mechanism: it is what one has to explain better to be one.
func (a *assessment) whatever(w *wave) (ll float64) {
	if w.count() == 0 {
		return 0
	}
	ix := mechanism.Points(w.count())
	for _, k := range ix {
		spread := 0.3 * max(w.done[k], a.noise.mean)
		ll += min(1, independent/float64(len(ix))) * logDensity(1, spread/a.noise.mean)
	}
	return ll
}
