package probe

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/plimsoll-dev/plimsoll/probe/internal/mechanism"
	"github.com/plimsoll-dev/plimsoll/probe/internal/ratelimit"
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
	ofAll              // canaries count as heavy requests do
	fronted            // in front of it is a larger wall, of all routes
	lingering          // a connection counts for a while after it was closed
	repeated           // requests come to it several times, each time at the end of the queue
	portion            // a place is held for a portion of a request's time
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
	{Serial, usual, 0}, {PrivatePool, usual, 0}, {PrivatePool, fronted, -1.5}, {PrivatePool, repeated, -2}, {PrivatePool, portion, -2}, {ConnectionCap, usual, -1}, {ConnectionCap, lingering, -2.5},
	{Shedding, usual, -0.5}, {RateLimit, usual, -1}, {RateLimit, ofAll, -2}, {CPU, usual, -0.5}, {CPU, apart, -2}, {Unknown, usual, -1.5},
}

// mishap is the probability that an experiment went wrong in a way that nobody
// noticed. It bounds what one experiment can say against a hypothesis; only
// repetition says more.
const mishap = 0.03

// A hypothesis is a kind of wall of the size that explains most.
type hypothesis struct {
	kind      Kind
	variant   variant
	limit     int     // 0: none that makes sense
	front     int     // the size of what is in front of it; 0: nothing is known to be
	visits    int     // in which of [mechanism.Ways] requests come to it, if they do several times
	share     float64 // of its time that a request holds a place; 0: all of it
	low, high int     // the sizes that are nearly as good
	score     float64
	tempo     float64 // logarithm of how much slower requests are in all waves than alone
	weight    float64 // share of the probability
}

// An assessment is what follows from a history.
type assessment struct {
	h        *History
	noise    noise
	waves    []wave
	samples  []sample
	most     int       // concurrency that was tried
	kept     []*growth // what it had in work when it was kept busy
	grown    int       // experiment in which the service was last seen to grow; what was seen before does not count
	pools    *sizes
	ranked   []hypothesis // the likeliest first
	limiter  ratelimit.Limiter
	line     slope
	seen     []float64    // how long requests took with nothing in the way, seconds
	step     float64      // seconds between answers, if they are paced
	saving   saving       // the same, if some went before that
	reached  bool         // as many requests as were tried would come to wait for that pace
	queued   bool         // late answers come one after the other, rather than all alike
	atOnce   map[int]bool // waves that one loop could only have answered all at once
	tempo    float64      // of the hypothesis that is asked for
	patience float64      // seconds after which requests are turned away; 0: they are at once
	queues   float64      // of those, for which they wait for a place meanwhile
}

// A wave is one experiment with requests in flight at once.
type wave struct {
	*Observation
	*shape
	typical float64 // seconds that a request takes alone
	h       *History
}

func assess(h *History) *assessment {
	h = h.bare()
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
			if o.Pause == 0 || time.Duration(o.Spacing) == spacing { // else they were not there at once
				a.most = max(a.most, w.Count)
			}
		}
	}
	a.seen = append(h.serial(), a.unhindered()...)
	a.noise = noiseOf(a.seen)
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
	a.saving = a.saves()
	a.reached, a.queued = a.bound(), a.inTurn()
	a.atOnce = a.loopsAtOnce()
	a.patience, a.limiter = a.impatience(), limiterOf(a)
	a.queues = a.queueing()
	a.rank()
	return a
}

// unhindered returns how long requests took in waves that were small beside the
// largest, and served as fast as single requests: they say what a service time
// is as well as those do, and are many more. Each wave is compared with all that
// is known from smaller ones, and the first that is slower ends it: otherwise a
// few single requests that were slow by chance would let in waves that waited.
func (a *assessment) unhindered() []float64 {
	waves := slices.SortedStableFunc(func(yield func(*wave) bool) {
		for i := range a.waves {
			if w := &a.waves[i]; 2*w.Count <= a.most && w.refused+w.failed+w.lost == 0 && !yield(w) {
				return
			}
		}
	}, func(v, w *wave) int { return cmp.Compare(v.Count, w.Count) })
	var xs []float64
	known := a.h.serial()
	for _, w := range waves {
		took := times(w.Observation)
		n, m := float64(len(took)), float64(len(known))
		if math.Abs(math.Log(mean(took)/mean(known))) > 0.02+2*a.noise.spread*math.Sqrt(1/n+1/m) {
			if w.Count > 4 {
				break
			}
			continue // so few may be off by chance
		}
		xs = append(xs, took...)
		known = append(known, took...)
	}
	return xs
}

// fates returns the probabilities of what becomes of a canary: [free],
// [slowed], [waited], [denied]. Of one beside busy processors [assessment.met]
// judges all but the last by what the other canaries of its wave met.
func (a *assessment) fates(s *sample, x *hypothesis) [4]float64 {
	quick := [4]float64{0.94, 0.04, 0.01, 0.01}
	stuck := [4]float64{0.02, 0.04, 0.93, 0.01}
	switch x.kind {
	case SharedPool:
		switch {
		case a.denies() && s.held >= a.room()*9/10: // its queue is full
			return [4]float64{0.02, 0.04, 0.47, 0.47}
		case x.variant == perConnect && s.kept:
		case x.variant == uneven && s.held >= (x.limit+1)/2 && s.held < x.limit*3/2:
			return [4]float64{0.48, 0.04, 0.47, 0.01}
		case s.held >= x.limit:
			return stuck
		}
	case PrivatePool:
		if x.variant == fronted && s.held >= x.front {
			return stuck
		}
	case ConnectionCap:
		switch {
		case s.kept:
		case s.held >= x.limit:
			return stuck
		case x.variant == lingering && s.held+s.before >= x.limit:
			return [4]float64{0.1, 0.4, 0.49, 0.01}
		}
	case Serial:
		blocked := 1 - math.Pow(1-1/float64(x.limit), float64(s.held))
		blocked = min(max(blocked, 0.02), 0.96)
		return [4]float64{(1 - blocked) * 0.96, 0.03, blocked * 0.96, 0.01}
	case CPU:
		switch {
		case x.variant == apart:
			return quick
		case a.queued && a.step < 0.1*a.noise.mean: // beside requests that wait, the processor is idle
			return quick
		case a.contested(s):
			return [4]float64{0.25, 0.25, 0.49, 0.01} // for [assessment.contradicted]: none of the first three speaks against it
		}
		return [4]float64{0.8, 0.16, 0.03, 0.01}
	case Shedding, RateLimit:
		if x.kind == Shedding && a.patience > 0 && s.held >= x.limit && (a.denies() || a.stuck()) { // they queue as well
			return [4]float64{0.15, 0.05, 0.4, 0.4}
		}
		if x.variant == ofAll && a.room() == 0 && a.step*float64(s.held) > 0.3*a.noise.mean {
			return [4]float64{0.30, 0.30, 0.39, 0.01}
		}
		if a.denies() && (s.held >= a.room()*9/10 || x.kind == RateLimit && a.limiter.Everyone) { // of all routes together, not of this one
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
			tempo, cost := a.tempoOf(&x)
			x.tempo = tempo
			x.score -= a.occam(&x) + cost
			a.ranked = append(a.ranked, x)
		}
	}
	if len(a.ranked) == 0 {
		return
	}
	for i := range a.waves {
		w := &a.waves[i]
		a.witness(func(x *hypothesis) float64 { return a.explain(w, x) + a.refusals(w, x) })
		a.witness(func(x *hypothesis) float64 { return a.met(w, x) })
	}
	for _, o := range a.h.made(record.ExperimentBaseline) {
		if n := turnedAway(o); n > 0 {
			a.witness(func(x *hypothesis) float64 {
				if x.kind == RateLimit {
					return o.turned(a.limiter.Admitted[o.ID])
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
		if o.Experiment.Canaries == 0 {
			a.witness(func(x *hypothesis) float64 { return a.cheaply(o, x) })
			continue
		}
		a.witness(func(x *hypothesis) float64 { return besideIdle(o, x) })
	}
	waves, noises := a.varied()
	for i := range waves {
		w := &waves[i]
		a.witness(func(x *hypothesis) float64 { return a.explainVaried(w, noises[i], x) })
	}
	for _, s := range a.strained() {
		a.witness(s.busyCPU)
		a.witness(s.fullPool)
		a.witness(func(x *hypothesis) float64 { return s.lateLoop(a, x) })
	}
	a.witness(a.threads)
	a.normalise()
}

// pacePrior is what a pace pays for being any: as one of a hundred that can be
// told apart, where a size pays as one of all.
var pacePrior = math.Log(100) / 2

// occam is what a hypothesis pays for having a size to choose.
func (a *assessment) occam(x *hypothesis) float64 {
	size := math.Log(float64(a.most+1)) / 2
	switch x.kind {
	case RateLimit:
		if a.limiter.Admitted != nil {
			return size // of the burst
		}
		// A pace of thousands a second is seldom set, and that of many a processor. Of
		// 91 servers (docs/accuracy.md) the one that was said to be limited to more
		// than 1,000/s had a cap on connections; 2,000 is a choice.
		rate := 1 / (2000 * a.step)
		if x.limit > 1 {
			return size + max(size, pacePrior) + math.Log1p(rate*rate) // of the burst, and of the pace after it
		}
		return max(size, pacePrior) + math.Log1p(rate*rate)
	case CPU:
		return max(size, pacePrior) + a.overtime()
	}
	if x.limit == 0 || x.kind == None {
		return 0
	}
	if x.variant == fronted || x.variant == portion {
		return 2 * size
	}
	if x.variant == repeated {
		return size + math.Log(float64(mechanism.Ways))
	}
	if x.kind == Serial && x.limit > 8 {
		return size + float64(x.limit)/8 // there are seldom more loops than CPUs
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
