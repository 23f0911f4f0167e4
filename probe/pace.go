package probe

import (
	"math"
	"slices"
)

// pace returns the typical time between two answers of the waves that came
// late; 0: none did.
func (a *assessment) pace() float64 {
	var steps []float64
	for i := range a.waves {
		w := &a.waves[i]
		if n := w.count(); n > 2 && w.slower(a.noise) {
			steps = append(steps, (w.done[n-1]-w.done[0])/float64(n-1))
		}
	}
	return median(steps)
}

// bound reports whether the pace bounds what the requests that were tried can
// get: kept in flight they would ask, once each in a service time, for nearly
// what it allows. Below that, they are only late because they came all at once.
func (a *assessment) bound() bool {
	return a.step > 0 && float64(a.most)*a.step > 0.75*a.noise.mean
}

// inTurn reports whether the answers of slow waves come one after the other,
// rather than all of them late.
func (a *assessment) inTurn() bool {
	if a.step == 0 {
		return false
	}
	sum := 0.0
	for i := range a.waves {
		if w := &a.waves[i]; w.count() > 2 && w.slower(a.noise) {
			sum += w.paced(a.step, a.noise) - w.shared(a.line.at(w.count()), a.noise)
		}
	}
	return sum > 0
}

// onlyPaced reports whether nothing was turned away: then a limiter is only what
// remains when the service's own processor is idle, and a processor of what it
// calls has a pace, too.
func (a *assessment) onlyPaced() bool { return a.room() == 0 && a.bucket.admitted == nil }

// inStep returns the log-likelihood of a wave whose answers come at the pace:
// a limiter lets them in so, or a processor works on one after the other. A wave
// does not tell these apart, so both hypotheses explain it equally well.
func (a *assessment) inStep(w *wave) float64 {
	free := w.pool(math.MaxInt, a.noise)
	if a.step == 0 {
		return free
	}
	paced := w.paced(a.step, a.noise) - 1
	if a.bucket.admitted == nil && w.delayed(a.step) {
		return paced // what delays some waves delays every one that is as large
	}
	return max(free, paced)
}

// besideAnswers returns the log-likelihood of what canaries met while the
// service was kept busy. A processor that has all the answers to give is busy
// then, also where it was idle beside the waiting requests of a wave.
func (a *assessment) besideAnswers(o *Observation, x *hypothesis) float64 {
	slow, n := a.late(o)
	if n == 0 {
		return 0
	}
	share := 0.05
	switch x.kind {
	case SharedPool, Serial, ConnectionCap:
		share = 0.95
	case Unknown:
		share = 0.5
	case CPU:
		// Where it is hardly saturated, few wait for it.
		if share = 0.1; x.variant == usual {
			if share = 0.5; float64(o.Count)*a.step > 1.3*a.noise.mean || a.line.at(o.Count) > 2 {
				share = 0.9
			}
		}
	case RateLimit:
		share = 0.15 // it is seldom that of every route
	}
	if 2*slow >= n {
		return math.Log(share)
	}
	return math.Log(1 - share)
}

// late counts the canaries of an experiment that took much longer than alone.
func (a *assessment) late(o *Observation) (slow, n int) {
	alone := a.h.alone(false)
	if len(alone) == 0 {
		return 0, 0
	}
	base := median(alone)
	limit := max(3*base, base+0.010, slices.Max(alone))
	for i := range o.Canaries {
		if c := &o.Canaries[i]; !answered(c) || latency(c) > limit {
			slow++
		}
	}
	return slow, len(o.Canaries)
}
