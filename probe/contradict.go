package probe

import (
	"math"
	"time"

	"github.com/plimsoll-dev/plimsoll/record"
)

// contradicted is the share of what was seen that speaks against a hypothesis
// itself, of waves and of canaries, whatever its rivals are: that it explains
// more than they do does not make it right, if none of them is.
func (a *assessment) contradicted(x *hypothesis) (waves, canaries float64) {
	n, off := 0, 0
	sized := sized(x) != nil && x.kind != Shedding
	for i := range a.waves {
		w := &a.waves[i]
		if w.count() == 0 || sized && w.Count <= x.inWork() {
			continue
		}
		n++
		if a.explain(w, x) < a.whatever(w) || sized && x.variant != portion && w.count() >= 3*x.limit && a.differs(float64(w.little(a.noise)), x.limit, w.count()) {
			off++
		}
	}
	for _, g := range a.kept {
		if sized && g.count > x.inWork() {
			n++
			if a.differs(g.last, x.inWork(), int(g.last*g.seconds/a.noise.mean/4)) {
				off++
			}
		}
	}
	against, kept, keptAgainst := 0, 0, 0
	for i := range a.samples {
		s := &a.samples[i]
		if s.kept {
			kept++
		}
		if a.fates(s, x)[s.fate] < 0.1 {
			against++
			if s.kept {
				keptAgainst++
			}
		}
	}
	if x.kind == Serial && kept >= 3 && keptAgainst == kept { // a loop has all connections, and few are asked so
		return float64(off) / float64(max(1, n)), 1
	}
	asked := len(a.samples)
	for _, o := range a.h.made(record.ExperimentSustain) {
		if said := a.besideAnswers(o, x); said != 0 {
			asked += o.Experiment.Canaries
			if said < math.Log(0.15) { // it fills slowly, and no wave showed how full it is in the end
				against += max(asked/4, o.Experiment.Canaries)
			}
		}
	}
	if against < 3 {
		against = 0
	}
	return float64(off) / float64(max(1, n)), float64(against) / float64(max(1, asked))
}

// excluded reports whether one wave alone speaks so much against a hypothesis that
// the others cannot make up for it: to follow no mechanism at all explains it by
// ten in logarithm better, and no other wave of as many requests is explained.
// Disturbed waves are seldom as far off, and are made again.
func (a *assessment) excluded(x *hypothesis) bool {
	best := map[int]float64{}
	for i := range a.waves {
		w := &a.waves[i]
		if w.count() == 0 {
			continue
		}
		more := a.explain(w, x) - a.whatever(w)
		if known, ok := best[w.Count]; !ok || more > known {
			best[w.Count] = more
		}
	}
	for _, more := range best {
		if more < -10 {
			return true
		}
	}
	return false
}

// outdone reports whether another hypothesis explains what canaries met by ten
// in logarithm better: then it is the times of waves that decided, of which one
// that is long by accident tells as much as a whole round.
func (a *assessment) outdone(x *hypothesis) bool {
	met := func(y *hypothesis) (sum float64) {
		for i := range a.waves {
			sum += a.met(&a.waves[i], y)
		}
		return sum
	}
	own := met(x)
	for i := range a.ranked {
		if met(&a.ranked[i]) > own+10 {
			return true
		}
	}
	return false
}

// tardy reports whether, in waves of at least twice as many, of the requests for
// which a pool has places at once half came late all the same: no pool is like that,
// but threads that share fewer processors are.
func (a *assessment) tardy(x *hypothesis) bool {
	if x.variant != usual || x.kind != SharedPool && x.kind != PrivatePool {
		return false
	}
	waves, places, onTime := 0, 0, 0
	for i := range a.waves {
		w := &a.waves[i]
		if time.Duration(w.Spacing) != spacing || w.count() < 2*x.limit {
			continue
		}
		waves++
		for k := range x.limit {
			if places++; w.done[k]-w.sent[k] < 1.5*a.noise.mean {
				onTime++
			}
		}
	}
	return waves >= 2 && 2*onTime <= places
}

// differs reports whether a size that was measured on the mean of n requests is
// another than was found, beyond what chance and workers of unequal length of
// queue make of it.
func (a *assessment) differs(measured float64, size, n int) bool {
	chance := math.Hypot(a.noise.doubt, a.noise.spread/math.Sqrt(float64(max(1, n))))
	return math.Abs(math.Log(max(measured, 0.1)/float64(size))) > 0.2+2*chance+1/float64(size)
}

// lags reports whether requests of the largest waves took longer on average than
// chance explains, where their times vary too much to say which of them did.
func (a *assessment) lags() bool {
	var took []float64
	for i := range a.waves {
		if w := &a.waves[i]; w.Count == a.most {
			took = append(took, times(w.Observation)...)
		}
	}
	if a.noise.steady() || len(took) == 0 {
		return false
	}
	chance := math.Hypot(a.noise.doubt, a.noise.spread/math.Sqrt(float64(len(took))))
	return math.Log(mean(took)/a.noise.mean) > 0.05+3*chance
}
