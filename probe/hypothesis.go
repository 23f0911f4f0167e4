package probe

import (
	"math"
	"slices"

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
	{Shedding, usual, -0.5}, {RateLimit, usual, -1}, {CPU, usual, -1}, {CPU, apart, -1.5}, {Unknown, usual, -1.5},
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
	most    int // concurrency that was tried
	pools   *sizes
	ranked  []hypothesis // the likeliest first
	bucket  bucket
	line    slope
	step    float64 // seconds between answers, if they are paced
}

// A wave is one experiment with requests in flight at once.
type wave struct {
	*Observation
	*shape
	typical float64 // seconds that a request takes alone
}

func assess(h *History) *assessment {
	a := &assessment{h: h, noise: noiseOf(h.serial())}
	if len(h.serial()) == 0 {
		return a
	}
	for _, o := range h.made(record.ExperimentWave) {
		w := wave{o, shapeOf(o.Heavy), a.noise.mean}
		if w.count() > 0 || w.refused > 0 {
			a.waves = append(a.waves, w)
			a.most = max(a.most, w.Count)
		}
	}
	a.noise = noiseOf(append(h.serial(), a.unhindered()...))
	a.samples = h.beside()
	a.pools = sizesOf(a)
	a.line = slopeOf(a)
	a.step = a.pace()
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

// unevenly returns the log-likelihood of n places that are not one pool: each
// belongs to a worker with connections of its own, and some workers have none
// while others have several. Then fewer are answered on time than there are
// places, and never more.
func (w *wave) unevenly(noise noise) func(n int) float64 {
	lanes, on := w.lanes(w.Heavy, noise), w.onTime(1.5, noise)
	return func(n int) float64 {
		if n < on {
			return math.Inf(-1)
		}
		// Of n workers that connections come to at random, so many have one at
		// least (occupancy of boxes, Feller, vol. 1, ch. IV).
		empty := math.Pow(1-1/float64(n), float64(w.count()))
		expect := float64(n) * (1 - empty)
		spread := math.Sqrt(float64(n)*empty*(1-empty)) + 0.25
		z := (float64(on) - expect) / spread
		return lanes + max(-z*z/2, -8) - math.Log(spread+0.5)
	}
}

// scale is how much of a wave's likelihood counts: its requests were disturbed
// together, and are no more than so many independent witnesses.
func scale(n int) float64 { return min(1, 30/float64(max(n, 1))) }

// explain returns the log-likelihood of the times in a wave under a
// hypothesis.
func (a *assessment) explain(w *wave, x *hypothesis) float64 {
	switch x.kind {
	case None, Shedding, RateLimit:
		ll := w.pool(math.MaxInt, a.noise)
		if x.kind == RateLimit && a.step > 0 {
			ll = max(ll, w.paced(a.step, a.noise)-1)
		}
		return ll
	case SharedPool, PrivatePool, ConnectionCap:
		return max(w.pool(x.limit, a.noise), w.unevenly(a.noise)(x.limit))
	case Serial:
		ll := w.pool(x.limit, a.noise)
		if x.limit == 1 { // or all are answered as the last is done
			return max(ll, w.shared(float64(w.count()), a.noise)-1)
		}
		return max(ll, w.unevenly(a.noise)(x.limit))
	case CPU:
		return max(w.shared(a.line.at(w.count()), a.noise), w.paced(a.step, a.noise)-1)
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
		if x.variant == apart {
			return quick
		}
		if a.line.at(s.held+1) > 1.2 {
			return [4]float64{0.3, 0.45, 0.24, 0.01}
		}
		return [4]float64{0.8, 0.16, 0.03, 0.01}
	case Shedding, RateLimit:
		if a.room() > 0 && s.held >= a.room()*9/10 { // of all routes together, or of this one
			return [4]float64{0.47, 0.04, 0.01, 0.48}
		}
	case Unknown:
		return [4]float64{0.25, 0.25, 0.25, 0.25}
	}
	return quick
}

// refusals returns the log-likelihood of how many requests of a wave were
// turned away.
func (a *assessment) refusals(w *wave, x *hypothesis) float64 {
	expect := w.Count
	switch x.kind {
	case Shedding:
		expect = w.within(x.limit)
	case RateLimit:
		if a.bucket.admitted != nil {
			expect = a.bucket.admitted[w.ID]
		}
	case SharedPool, PrivatePool, Serial, ConnectionCap:
		if room := a.room(); room > x.limit+1+x.limit/10 { // it has a queue, and the queue an end
			expect = w.within(room)
		}
	case Unknown:
		return math.Log(0.2)
	}
	return counted(w.Count-w.refused, expect)
}

// within is how many requests a service would have taken that has at most room
// for so many, with the requests ending when they did.
func (w *wave) within(room int) int {
	var ends []int64
	taken := 0
	for i := range w.Heavy {
		r := &w.Heavy[i]
		ends = slices.DeleteFunc(ends, func(t int64) bool { return t <= begun(r) })
		if len(ends) < room {
			taken++
			if refusal(r) { // another was taken in its place, and took about as long
				ends = append(ends, begun(r)+int64(w.typical*1e9))
			} else {
				ends = append(ends, r.Done)
			}
		}
	}
	return taken
}

// counted is the log-probability of counting n where so many are expected.
func counted(n, expect int) float64 {
	switch off := math.Abs(float64(n - expect)); {
	case off == 0:
		return math.Log(0.9)
	case off <= max(1, 0.02*float64(expect)):
		return math.Log(0.05)
	case off <= max(2, 0.1*float64(expect)):
		return math.Log(0.01)
	}
	return math.Log(0.001)
}

// room is how many requests of a wave the service took, at most, before it
// turned others away; 0: it turned none away.
func (a *assessment) room() int {
	room := 0
	for i := range a.waves {
		if w := &a.waves[i]; w.refused > 0 {
			room = max(room, w.Count-w.refused)
		}
	}
	return room
}

// rank weighs the hypotheses against each other.
func (a *assessment) rank() {
	for _, k := range kinds {
		x := hypothesis{kind: k.kind, variant: k.variant, score: k.prior}
		if a.size(&x) {
			x.score -= occam(&x, a.most)
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
				return float64(n) * math.Log(0.05) // one at a time, and yet refused
			})
		}
	}
	for _, o := range a.h.made(record.ExperimentIdle) {
		a.witness(func(x *hypothesis) float64 { return idle(o, x) })
	}
	a.normalise()
}

func turnedAway(o *Observation) (n int) {
	for i := range o.Heavy {
		if refusal(&o.Heavy[i]) {
			n++
		}
	}
	return n
}

// idle returns the log-likelihood of what became of canaries beside connections
// that ask for nothing.
func idle(o *Observation, x *hypothesis) float64 {
	if len(o.Canaries) < o.Experiment.Canaries {
		return 0
	}
	out := 0
	asked := o.Canaries[len(o.Canaries)-o.Experiment.Canaries:]
	for i := range asked {
		if !answered(&asked[i]) {
			out++
		}
	}
	stuck := 0.03
	switch {
	case x.kind == Unknown:
		stuck = 0.5
	case x.kind == ConnectionCap:
		stuck = 0.95
	case x.kind == SharedPool && x.variant == perConnect && o.Served:
		stuck = 0.95
	case x.kind == SharedPool && x.variant == perConnect:
		stuck = 0.3 // most have the kernel wait for the first bytes, or do not need to
	case x.kind == SharedPool:
		stuck = 0.3 // workers that wait for a request's first bytes
	}
	if 2*out >= len(asked) {
		return math.Log(stuck)
	}
	return math.Log(1 - stuck)
}

// occam is what a hypothesis pays for having a size to choose.
func occam(x *hypothesis, most int) float64 {
	if x.limit == 0 || x.kind == None {
		return 0
	}
	if x.kind == Serial && x.limit > 16 {
		return 1 + math.Log(float64(most+1))/2 // there are seldom more loops than CPUs
	}
	return math.Log(float64(most+1)) / 2
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
