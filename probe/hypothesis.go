package probe

import (
	"math"

	"github.com/plimsoll-dev/plimsoll/record"
)

// A Kind is what may stop a service, as seen from outside.
type Kind string

// The kinds of walls that can be told from outside.
const (
	SharedPool    Kind = "shared-pool"    // every route waits behind N slow requests: threads, or worker processes
	Serial        Kind = "serial"         // a slow request stops all others of its event loop
	PrivatePool   Kind = "private-pool"   // only the slow route waits: a connection pool, a semaphore, an executor
	ConnectionCap Kind = "connection-cap" // N connections are let in
	Shedding      Kind = "shedding"       // past N at once, requests are turned away
	RateLimit     Kind = "rate-limit"     // so many requests a second, however long they take
	CPU           Kind = "cpu"            // processors that all requests share
	None          Kind = "none"           // nothing, up to what was tried
	Unknown       Kind = "unknown"        // none of these explains what was seen, or several do
)

// A variant is a way in which a kind of wall may be built.
type variant int

const (
	usual      variant = iota
	uneven             // several workers with their own connections share the places
	perConnect         // each connection has a place, as long as it is open
	apart              // the canary does not need what heavy requests do
)

// kinds are the hypotheses, each with the logarithm of how much less likely it
// is than others before anything was seen. Between hypotheses that explain
// everything equally well, the simpler one is to win.
var kinds = []struct {
	kind    Kind
	variant variant
	prior   float64
}{
	{None, usual, 0}, {SharedPool, usual, 0}, {SharedPool, uneven, -1.5}, {SharedPool, perConnect, -2},
	{Serial, usual, 0}, {PrivatePool, usual, 0}, {ConnectionCap, usual, -1},
	{Shedding, usual, -0.5}, {RateLimit, usual, -1}, {CPU, usual, -1}, {CPU, apart, -2}, {Unknown, usual, -1.5},
}

// mishap is the probability that an experiment went wrong in a way that nobody
// noticed. It bounds what one experiment can say against a hypothesis; only
// repetition says more.
const mishap = 0.03

// A hypothesis is a kind of wall of the size that explains most.
type hypothesis struct {
	kind      Kind
	variant   variant
	limit     int // 0: none that makes sense
	low, high int // the sizes that are nearly as good
	score     float64
	weight    float64 // share of the probability
}

// An assessment is what follows from a history.
type assessment struct {
	h       *History
	noise   noise
	waves   []wave
	samples []sample
	most    int       // concurrency that was tried
	kept    []*growth // what it had in work when it was kept busy
	grown   int       // experiment in which the service was last seen to grow; what was seen before does not count
	pools   *sizes
	ranked  []hypothesis // the likeliest first
	bucket  bucket
	line    slope
	step    float64 // seconds between answers, if they are paced
	reached bool    // as many requests as were tried would come to wait for that pace
	queued  bool    // late answers come one after the other, rather than all alike
}

// A wave is one experiment with requests in flight at once.
type wave struct {
	*Observation
	*shape
	typical float64 // seconds that a request takes alone
	h       *History
}

func assess(h *History) *assessment {
	a := &assessment{h: h, noise: noiseOf(h.serial())}
	if len(h.serial()) == 0 {
		return a
	}
	a.grown = a.lastGrowth()
	for _, o := range h.made(record.ExperimentWave) {
		if o.ID < a.grown {
			continue
		}
		w := wave{o, shapeOf(o.Heavy), a.noise.mean, h}
		if w.count() > 0 || w.refused > 0 {
			a.waves = append(a.waves, w)
			a.most = max(a.most, w.Count)
		}
	}
	a.noise = noiseOf(append(h.serial(), a.unhindered()...))
	for _, s := range h.beside() {
		if s.experiment > a.grown {
			a.samples = append(a.samples, s)
		}
	}
	for _, o := range h.made(record.ExperimentSustain) {
		if g := a.busy(o); g != nil && turnedAway(o) == 0 && o.ID > a.grown {
			a.kept = append(a.kept, g)
		}
	}
	a.pools = sizesOf(a)
	a.line = slopeOf(a)
	a.step = a.pace()
	a.reached, a.queued = a.bound(), a.inTurn()
	a.bucket = bucketOf(a)
	a.rank()
	return a
}

// unhindered returns how long requests took in waves that were small beside the
// largest, and served as fast as single requests: they say what a service time
// is as well as those do, and are many more.
func (a *assessment) unhindered() (xs []float64) {
	for i := range a.waves {
		w := &a.waves[i]
		took := times(w.Observation)
		if 2*w.Count > a.most || w.refused+w.failed+w.lost > 0 {
			continue
		}
		doubt := math.Hypot(a.noise.spread/math.Sqrt(float64(len(took))), a.noise.doubt)
		if math.Abs(math.Log(mean(took)/a.noise.mean)) < 0.05+2*doubt {
			xs = append(xs, took...)
		}
	}
	return xs
}

// scale is how much of a wave's likelihood counts: its requests were disturbed
// together, and are no more than so many independent witnesses.
func scale(n int) float64 { return min(1, 30/float64(max(n, 1))) }

// explain returns the log-likelihood of the times in a wave under a
// hypothesis.
func (a *assessment) explain(w *wave, x *hypothesis) float64 {
	switch x.kind {
	case None:
		ll := w.pool(math.MaxInt, a.noise)
		if a.step > 0 && !a.reached { // they came at once, and were taken up one by one
			ll = max(ll, w.paced(a.step, a.noise)-1)
		}
		return ll
	case RateLimit:
		return a.inStep(w)
	case Shedding: // how long those take that were let in is another matter, of processors, or of any other
		return max(a.inStep(w), w.shared(a.line.at(w.count()), a.noise), w.anything(a.noise)-1)
	case SharedPool, PrivatePool, ConnectionCap:
		if x.variant == uneven {
			return max(w.pool(x.limit, a.noise), w.processes(x.limit, a.noise))
		}
		return w.pool(x.limit, a.noise)
	case Serial:
		ll := w.pool(x.limit, a.noise)
		if x.limit == 1 { // or all are answered as the last is done
			return max(ll, w.shared(float64(w.count()), a.noise)-1)
		}
		return max(ll, w.loops(x.limit, a.noise))
	case CPU:
		return max(w.shared(a.line.at(w.count()), a.noise), a.inStep(w))
	}
	return w.anything(a.noise)
}

// fates returns the probabilities of what becomes of a canary: [free],
// [slowed], [waited], [denied].
func (a *assessment) fates(s *sample, x *hypothesis) [4]float64 {
	quick := [4]float64{0.94, 0.04, 0.01, 0.01}
	stuck := [4]float64{0.02, 0.04, 0.93, 0.01}
	switch x.kind {
	case SharedPool:
		switch {
		case x.variant == perConnect && s.kept:
		case x.variant == uneven && s.held >= (x.limit+1)/2 && s.held < x.limit*3/2:
			return [4]float64{0.48, 0.04, 0.47, 0.01}
		case s.held >= x.limit:
			return stuck
		}
	case ConnectionCap:
		if !s.kept && s.held >= x.limit {
			return stuck
		}
	case Serial:
		blocked := 1 - math.Pow(1-1/float64(x.limit), float64(s.held))
		blocked = min(max(blocked, 0.02), 0.96)
		return [4]float64{(1 - blocked) * 0.96, 0.03, blocked * 0.96, 0.01}
	case CPU:
		if x.variant == apart || a.queued { // beside requests that wait, the processor is idle
			return quick
		}
		if a.line.at(s.held+1) > 1.2 {
			return [4]float64{0.3, 0.45, 0.24, 0.01}
		}
		return [4]float64{0.8, 0.16, 0.03, 0.01}
	case Shedding, RateLimit:
		if a.denies() && s.held >= a.room()*9/10 { // of all routes together, not of this one
			return [4]float64{0.47, 0.04, 0.01, 0.48}
		}
	case Unknown:
		return [4]float64{0.25, 0.25, 0.25, 0.25}
	}
	return quick
}

// rank weighs the hypotheses against each other.
func (a *assessment) rank() {
	for _, k := range kinds {
		x := hypothesis{kind: k.kind, variant: k.variant, score: k.prior}
		if a.size(&x) {
			x.score -= a.occam(&x)
			a.ranked = append(a.ranked, x)
		}
	}
	if len(a.ranked) == 0 {
		return
	}
	for i := range a.waves {
		w := &a.waves[i]
		a.witness(func(x *hypothesis) float64 { return scale(w.count())*a.explain(w, x) + a.refusals(w, x) })
		a.witness(func(x *hypothesis) float64 {
			ll := 0.0
			for k := range a.samples {
				if s := &a.samples[k]; s.experiment == w.ID {
					ll += math.Log(a.fates(s, x)[s.fate])
				}
			}
			return ll
		})
	}
	for _, o := range a.h.made(record.ExperimentBaseline) {
		if n := turnedAway(o); n > 0 {
			a.witness(func(x *hypothesis) float64 {
				if x.kind == RateLimit {
					return counted(len(o.Heavy)-n, a.bucket.admitted[o.ID])
				}
				ll := float64(n) * math.Log(0.05) // one at a time, and yet refused
				if x.kind == Shedding {
					ll = tooSoon(o, x.limit)
				}
				return ll
			})
		}
	}
	for _, g := range a.kept {
		a.witness(func(x *hypothesis) float64 { return g.bears(a, x) })
	}
	for _, o := range a.h.made(record.ExperimentSustain) {
		a.witness(func(x *hypothesis) float64 { return a.besideAnswers(o, x) })
	}
	for _, o := range a.h.made(record.ExperimentIdle) {
		a.witness(func(x *hypothesis) float64 { return idle(o, x) })
	}
	waves, noises := a.varied()
	for i := range waves {
		w := &waves[i]
		a.witness(func(x *hypothesis) float64 { return scale(w.count()) * a.explainVaried(w, noises[i], x) })
	}
	for _, s := range a.strained() {
		a.witness(s.busyCPU)
		a.witness(s.fullPool)
		a.witness(func(x *hypothesis) float64 { return s.lateLoop(a, x) })
	}
	a.witness(a.threads)
	a.normalise()
}

// occam is what a hypothesis pays for having a size to choose.
func (a *assessment) occam(x *hypothesis) float64 {
	size := math.Log(float64(a.most+1)) / 2
	if x.kind == RateLimit && a.bucket.admitted != nil {
		return size // of the burst
	}
	if x.limit == 0 || x.kind == None {
		return 0
	}
	if x.kind == Serial && x.limit > 16 {
		return 1 + size // there are seldom more loops than CPUs
	}
	return size
}

// witness adds what one experiment says to each hypothesis's score.
func (a *assessment) witness(say func(*hypothesis) float64) {
	said := make([]float64, len(a.ranked))
	best := math.Inf(-1)
	for i := range a.ranked {
		said[i] = say(&a.ranked[i])
		best = max(best, said[i])
	}
	for i := range a.ranked {
		a.ranked[i].score += math.Log((1-mishap)*math.Exp(said[i]-best) + mishap)
	}
}
