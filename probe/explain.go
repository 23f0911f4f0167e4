package probe

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
			return a.say(w, wayAdmitted, a.saving.burst, a.saving.step, admitted(a.saving.step, a.saving.burst))
		}
		return a.inStep(w)
	case Shedding: // how long those take that were let in is another matter, of processors, or of any other
		return max(a.inStep(w), a.alike(w), a.whatever(w)-1)
	case SharedPool, PrivatePool, ConnectionCap:
		if x.variant == repeated {
			return a.again(w, x.limit, x.visits)
		}
		if x.variant == portion {
			return a.say(w, wayAmid, x.limit, x.share, amid(x.limit, x.share))
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

// A way is a mechanism that is simulated, or what else a time was measured by.
type way int

const (
	wayNone way = iota
	wayFree
	wayPlaces
	wayRandom
	wayTurns
	wayTogether
	wayAdmitted
	wayFinished
	wayLonger
	wayLater
	wayInSlices
	wayByLot
	wayTail
	wayAgain
	wayAmid
)

// say returns what a wave says of a mechanism with a number and a pace.
func (a *assessment) say(w *wave, of way, n int, pace float64, m mechanism) float64 {
	if w.count() == 0 {
		return 0
	}
	return a.predicts(w, a.h.simulate(memory{experiment: w.ID, n: n, noise: a.noise, way: of, pace: pace}, func() curve { return a.simulated(w, m) }))
}

// free is a wave that nothing stopped.
func (a *assessment) free(w *wave) float64 { return a.say(w, wayFree, 0, 0, unlimited) }

// pooled is a wave served by a pool of n.
func (a *assessment) pooled(w *wave, n int) float64 {
	if n >= w.count() {
		return a.free(w)
	}
	return a.say(w, wayPlaces, n, 0, places(n))
}

// among is a wave whose connections went to n workers that serve so many each.
func (a *assessment) among(w *wave, n, each int) float64 {
	at := float64(each)
	random := a.say(w, wayRandom, n, at, workers(n, each, true))
	if each > 1 { // in turn they are much like one pool
		return random
	}
	return max(random, a.say(w, wayTurns, n, at, workers(n, each, false)))
}

// paced is a wave that was answered one by one: let in so, or worked on.
func (a *assessment) paced(w *wave) float64 {
	if a.step == 0 {
		return a.free(w)
	}
	return max(a.say(w, wayAdmitted, 1, a.step, admitted(a.step, 1)), a.say(w, wayFinished, 1, a.step, finished(a.step)))
}

// inStep is a wave whose answers come at the pace: a limiter lets them in so, or
// a processor works on one after the other. A wave does not tell these apart, so
// both hypotheses explain it equally well.
func (a *assessment) inStep(w *wave) float64 {
	paced := a.paced(w)
	if a.bucket.admitted == nil && a.step > 0 && w.delayed(a.step) {
		return paced // what delays some waves delays every one that is as large
	}
	return max(a.free(w), paced-1)
}

// alike is a wave all of whose requests are slowed by as much, since they share
// processors.
func (a *assessment) alike(w *wave) float64 {
	level := a.line.at(w.count())
	return max(a.say(w, wayLonger, 0, level, slower(level, a.noise.mean, true)), a.say(w, wayLater, 0, level, slower(level, a.noise.mean, false)))
}
