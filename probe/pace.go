package probe

import (
	"math"
	"slices"
)

// pace returns the typical time between two answers of the waves that came
// late; 0: none did. Of the mean latency, what is above a service time is half
// of what the last one waits, whatever the noise; and between the first answer
// and the last is what all of them waited, and the noise.
func (a *assessment) pace() float64 {
	var steps []float64
	for i := range a.waves {
		w := &a.waves[i]
		if n := w.count(); n > 2 && w.slower(a.noise) && 4*n > a.most {
			whole := (w.done[n-1] - w.done[0]) / float64(n-1)
			half := 2 * (mean(w.done) - a.noise.mean) / float64(n-1)
			steps = append(steps, max(0, min(whole, half)))
		}
	}
	return median(steps)
}

// A saving is what a limit by time looks like that lets a number of requests go
// at once, and delays the others.
type saving struct {
	step  float64 // seconds between answers after those
	burst int     // 1: there is none
}

// saves reads a saving from the largest slow wave: its pace from the middle
// of the curve, where noise neither leads nor trails, and how many went before
// from the mean, which says how many waited for the pace.
func (a *assessment) saves() saving {
	w := a.largest(func(w *wave) bool { return w.count() > 8 && w.slower(a.noise) })
	if w == nil {
		return saving{}
	}
	n := w.count()
	from, to := n/2, 7*n/8
	step := (w.done[to] - w.done[from]) / float64(to-from)
	if step <= 0 {
		return saving{}
	}
	waiting := math.Sqrt(2 * float64(n) * max(0, mean(w.done)-a.noise.mean) / step)
	return saving{step, max(1, n-int(math.Round(waiting)))}
}

// bound reports whether the pace bounds what the requests that were tried can
// get: kept in flight they would ask, once each in a service time, for more than
// it allows. Below that, they are only late because they came all at once.
func (a *assessment) bound() bool {
	return a.step > 0 && float64(a.most)*a.step > a.noise.mean
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
			sum += a.paced(w) - a.alike(w)
		}
	}
	return sum > 0
}

// onlyPaced reports whether nothing was turned away: then a limiter is only what
// remains when the service's own processor is idle, and a processor of what it
// calls has a pace, too.
func (a *assessment) onlyPaced() bool { return a.room() == 0 && a.limiter.Admitted == nil }

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
	case PrivatePool:
		if x.variant == fronted && o.Count >= x.front {
			share = 0.95
		}
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
		if share = 0.05; x.variant == ofAll {
			share = 0.9
		}
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
		if c := &o.Canaries[i]; !answered(c) || lateOpened(c) || latency(c) > limit {
			slow++
		}
	}
	return slow, len(o.Canaries)
}

// cheaply returns the log-likelihood of what canaries met that were asked for all
// at once, beside nothing else: a limit of all routes holds them up as it holds
// up any request, and a processor has little to do for them.
func (a *assessment) cheaply(o *Observation, x *hypothesis) float64 {
	slow, n := a.late(o)
	if n == 0 {
		return 0
	}
	share := 0.05
	switch {
	case x.kind == Unknown:
		share = 0.5
	case x.kind == RateLimit && x.variant == ofAll:
		share = 0.95
	}
	if 3*slow >= n {
		return math.Log(share)
	}
	return math.Log(1 - share)
}

// overtime is what it counts against a processor that answers one after the other,
// as a logarithm, if it needs longer for each than a request takes alone: that is
// as odd as that any requests are so much slower among others.
func (a *assessment) overtime() float64 {
	if !a.queued || a.step <= a.noise.mean {
		return 0
	}
	off := math.Log(a.step/a.noise.mean) / math.Hypot(0.12, a.noise.doubt)
	return off * off / 2
}
