package probe

import (
	"math"

	"github.com/plimsoll-dev/plimsoll/probe/internal/mechanism"
)

// What threads share a processor by: Go's scheduler takes it away after 10 ms
// (runtime/proc.go, forcePreemptNS) and asks who waits longest next; CPython's
// lock is given up after 5 ms (sys.getswitchinterval), and who gets it is open.
// A kernel's slices are of a few ms.
const (
	goSlice   = 0.010
	lockSlice = 0.005
	// Of many slices it makes no difference how long they are: of a dozen, one is
	// less than a tenth of a request, which is what a wave is known to. It bounds how
	// long the simulation takes.
	mostSlices = 12
	// A canary needs several, since it gives the processor back as it is accepted,
	// read, handed on and answered. How many is a choice: two for each.
	canarySlices = 8
)

// computes is a wave that so many processors computed in slices; it is nothing
// where a request only waits, or needs no more than a slice.
func (a *assessment) computes(w *wave) float64 {
	n := int(math.Round(a.line.onset))
	if math.Abs(a.line.rise*a.line.onset-1) > 0.35 || n >= w.count() {
		return math.Inf(-1) // of what a request takes, a part is waiting
	}
	ll := math.Inf(-1)
	for _, byLot := range []bool{false, true} {
		slice := goSlice
		if byLot {
			slice = lockSlice
		}
		if a.noise.mean > 1.5*slice {
			ll = max(ll, a.say(w, mechanism.Slices{N: n, Slice: max(slice, a.noise.mean/mostSlices), ByLot: byLot}))
		}
	}
	return ll - math.Ln2
}

// contested reports whether a canary was asked for beside requests that keep all
// processors busy.
func (a *assessment) contested(s *sample) bool {
	if a.queued {
		return a.step >= 0.1*a.noise.mean // else the processor is idle beside requests that wait
	}
	return a.line.at(s.held+1) > 1.2
}

// met returns the log-likelihood of what the canaries of a wave met.
func (a *assessment) met(w *wave, x *hypothesis) (ll float64) {
	var waits, others, last, first float64 // at processors that are busy
	for i := range a.samples {
		s := &a.samples[i]
		if s.experiment != w.ID {
			continue
		}
		if x.kind == CPU && x.variant == usual && s.fate != denied && a.contested(s) {
			switch {
			case s.fate != waited:
				others++
				continue
			case s.last && w.count() > 1:
				last++
			case w.count() > 1:
				first++
			}
			waits++
			continue
		}
		ll += math.Log(a.fates(s, x)[s.fate])
		if x.kind == Serial && x.limit == 1 && s.fate == waited && w.count() > 1 {
			ll += a.afterAll(w, s)
		}
	}
	// How likely it is that a canary waits for a heavy request to end depends on
	// what it computes itself, and on who is next. It is the same for all canaries
	// of a wave, and may be anything where requests take little longer than a
	// canary's slices: a beta-binomial distribution. That one that waits for any
	// waits for all is as open.
	long := max(1, a.noise.mean/(canarySlices*lockSlice+2*a.h.canary().Seconds()))
	return ll + beta(waits+1, others+long) - beta(1, long) + others*math.Log(0.5) + beta(last+1, first+1)
}

// afterAll returns what it counts, as a logarithm, for one loop whether a canary
// that waited was answered when all of a wave had been. It came after them; only
// on a connection that the loop had before may it have been read with the first,
// and then that it was is nothing against a loop. It is a penalty, and no
// probability: of a canary on such a connection both cases add up to 1.9.
func (a *assessment) afterAll(w *wave, s *sample) float64 {
	switch {
	case s.last:
		return math.Log(0.9)
	case a.atOnce[w.ID]:
		return math.Log(0.05)
	case s.kept:
		return 0
	}
	return math.Log(0.1)
}

// beta is the logarithm of the beta function.
func beta(a, b float64) float64 {
	x, _ := math.Lgamma(a)
	y, _ := math.Lgamma(b)
	z, _ := math.Lgamma(a + b)
	return x + y - z
}

// together is a wave that a loop answered all at once, as the last was done.
func (a *assessment) together(w *wave) float64 {
	return a.say(w, mechanism.Together{}) - 0.5
}

// loopsAtOnce are the waves that one loop could only have answered all at once,
// as the last of them was done.
func (a *assessment) loopsAtOnce() map[int]bool {
	at := map[int]bool{}
	for i := range a.waves {
		w := &a.waves[i]
		at[w.ID] = w.count() > 1 && a.together(w) > a.pooled(w, 1)
	}
	return at
}
