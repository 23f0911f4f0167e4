package probe

import "github.com/plimsoll-dev/plimsoll/probe/internal/mechanism"

// explain returns the log-likelihood of the times in a wave under a hypothesis.
func (a *assessment) explain(w *wave, x *hypothesis) float64 {
	if x.tempo != a.tempo {
		b := *a
		b.tempo = x.tempo
		a = &b
	}
	switch x.kind {
	case None:
		ll := a.free(w)
		if a.step > 0 && !a.reached { // they came at once, and were taken up one by one
			ll = max(ll, a.paced(w)-1)
		}
		return ll
	case RateLimit:
		if x.limit > 1 {
			return a.say(w, mechanism.Admitted{Step: a.saving.step, Burst: a.saving.burst})
		}
		return a.inStep(w)
	case Shedding: // how long those take that were let in is another matter, of processors, or of any other
		return max(a.inStep(w), a.alike(w), a.whatever(w)-1)
	case SharedPool, PrivatePool, ConnectionCap:
		if x.variant == repeated {
			return a.visited(w, x.limit, x.visits)
		}
		if x.variant == portion {
			return a.say(w, mechanism.Portion{N: x.limit, Share: x.share})
		}
		ll := a.pooled(w, x.limit)
		if x.variant == uneven {
			for _, n := range []int{2, 4, 8} {
				if each := (x.limit + n/2) / n; each > 1 {
					ll = max(ll, a.among(w, n, each)-1)
				}
			}
		}
		return ll
	case Serial:
		ll := a.pooled(w, x.limit)
		if x.limit == 1 { // or all are answered as the last is done
			return max(ll, a.together(w))
		}
		return max(ll, a.among(w, x.limit, 1))
	case CPU:
		if a.queued {
			return max(a.inStep(w), a.computes(w))
		}
		return max(a.alike(w), a.computes(w))
	}
	return a.whatever(w)
}

// free is a wave that nothing stopped.
func (a *assessment) free(w *wave) float64 { return a.say(w, mechanism.Unlimited{}) }

// pooled is a wave served by a pool of n.
func (a *assessment) pooled(w *wave, n int) float64 {
	if n >= w.count() {
		return a.free(w)
	}
	return a.say(w, mechanism.Places{N: n})
}

// among is a wave whose connections went to n workers that serve so many each.
func (a *assessment) among(w *wave, n, each int) float64 {
	random := a.say(w, mechanism.Workers{N: n, Each: each, Random: true})
	if each > 1 { // in turn they are much like one pool
		return random
	}
	return max(random, a.say(w, mechanism.Workers{N: n, Each: each}))
}

// paced is a wave that was answered one by one: let in so, or worked on.
func (a *assessment) paced(w *wave) float64 {
	if a.step == 0 {
		return a.free(w)
	}
	return max(a.say(w, mechanism.Admitted{Step: a.step, Burst: 1}), a.say(w, mechanism.Finished{Step: a.step}))
}

// inStep is a wave whose answers come at the pace: a limiter lets them in so, or
// a processor works on one after the other. A wave does not tell these apart, so
// both hypotheses explain it equally well.
func (a *assessment) inStep(w *wave) float64 {
	paced := a.paced(w)
	if a.limiter.Admitted == nil && a.step > 0 && w.delayed(a.step) {
		return paced // what delays some waves delays every one that is as large
	}
	return max(a.free(w), paced-1)
}

// alike is a wave all of whose requests are slowed by as much, since they share
// processors.
func (a *assessment) alike(w *wave) float64 {
	level := a.line.at(w.count())
	return max(a.say(w, mechanism.Stretched{Times: level}), a.say(w, mechanism.Delayed{By: (level - 1) * a.noise.mean}))
}
