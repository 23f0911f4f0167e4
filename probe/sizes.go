package probe

import (
	"cmp"
	"math"
	"slices"
)

// sizes is how well each size of a pool explains the waves.
type sizes struct {
	n                []int     // candidates, ascending
	one              []float64 // log-likelihood of the waves for each as one pool, by every single time
	mean             []float64 // and by their means
	order            []float64 // and of all requests as served in turn, where their times vary; nil: that is not known
	loops, processes []float64 // as workers with connections of their own
}

// sizesOf tries every size where there are few, and else those about what
// Little's law and the count of answers on time suggest.
func sizesOf(a *assessment) *sizes {
	s := new(sizes)
	add := func(n, within int) {
		for k := max(1, n-within); k <= min(n+within, a.most); k++ {
			s.n = append(s.n, k)
		}
	}
	if a.most <= 48 {
		add(1, 47)
	} else {
		for n := 1; n <= a.most; n += 1 + n/8 {
			add(n, 0)
		}
		for i := range a.waves {
			w := &a.waves[i]
			if 3*w.count() < 2*a.most {
				continue
			}
			for _, limit := range []float64{1.2, 1.5, 1.8} {
				add(w.onTime(limit, a.noise), 2)
			}
			l := w.little(a.noise)
			for k := 0.92; k < 1.09; k += 0.02 {
				add(int(k*float64(l)), 0)
			}
		}
		for i := range a.samples {
			add(a.samples[i].held, 1)
		}
	}
	if l := a.typical(); !a.noise.steady() && l > 0 {
		within := 0.1 + 3*a.noise.doubt
		for n := int(float64(l) * math.Exp(-within)); float64(n) < float64(l)*math.Exp(within); n += 1 + l/64 {
			add(max(n, 1), 0)
		}
	}
	slices.Sort(s.n)
	s.n = slices.Compact(s.n)
	pool := func(w *wave, n int) float64 {
		return a.h.recall(memory{experiment: w.ID, n: n, noise: a.noise}, func() float64 { return w.pool(n, a.noise) })
	}
	s.one = s.singly(a, influence, pool)
	s.loops = s.singly(a, math.Inf(1), func(w *wave, n int) float64 { return max(pool(w, n), w.loops(n, a.noise)) })
	s.processes = s.singly(a, math.Inf(1), func(w *wave, n int) float64 { return max(pool(w, n), w.processes(n, a.noise)) })
	s.mean = s.average(a)
	if !a.noise.steady() {
		s.order = s.inOrder(a)
	}
	return s
}

// influence is by how much one wave may speak against a size of one pool at most, in
// logarithm: a few places more or fewer are told, and a wave that no size explains
// does not decide among them.
const influence = 20

// singly returns the log-likelihood of every single time in the waves, for each
// size. No wave says more against a size than the bound.
func (s *sizes) singly(a *assessment, bound float64, say func(*wave, int) float64) []float64 {
	sum, lls := make([]float64, len(s.n)), make([]float64, len(s.n))
	for i := range a.waves {
		w := &a.waves[i]
		if w.count() <= s.n[0] {
			continue // it fits under every size
		}
		best, ceiling := math.Inf(-1), math.NaN() // of all sizes that the wave did not fill
		for k, n := range s.n {
			ll := ceiling
			if n < w.count() || math.IsNaN(ceiling) {
				ll = say(w, n)
			}
			if n >= w.count() {
				ceiling = ll
			}
			lls[k], best = ll, max(best, ll)
		}
		for k, ll := range lls {
			sum[k] += max(ll, best-bound)
		}
	}
	return sum
}

// average returns, for each size, the log-likelihood of the mean service time
// that each wave would have had. Where times vary this is what tells sizes
// apart: sorting does not change a mean, but it makes single times narrower than
// they were, and so favours small pools.
//
// The mean of single requests is not known exactly either; that doubt is the
// same for all waves, so it is added once, to what they say together.
func (s *sizes) average(a *assessment) []float64 {
	sum := make([]float64, len(s.n))
	for k, n := range s.n {
		var weights, weighted, squares float64
		for i := range a.waves {
			w := &a.waves[i]
			if w.count() < 2 {
				continue
			}
			m := a.h.recall(memory{experiment: w.ID, n: min(n, w.count()), noise: noise{mean: a.noise.mean}}, func() float64 { return w.average(n, 4*a.noise.mean) })
			z := math.Log(max(m, 1e-9) / a.noise.mean)
			weight := 1 / (a.noise.spread*a.noise.spread/float64(w.count()) + 0.02*0.02)
			weights += weight
			weighted += weight * z
			squares += weight * z * z
		}
		if weights == 0 {
			continue
		}
		z := weighted / weights
		doubt := a.noise.doubt*a.noise.doubt + 0.01*0.01
		sum[k] = -z*z/(2*(1/weights+doubt)) - (squares-weights*z*z)/2
	}
	return sum
}

// memory is what a wave says of a size under a noise. It is asked again as long
// as the probe goes on.
type memory struct {
	experiment, n int
	noise         noise
}

func (h *History) recall(key memory, work func() float64) float64 {
	return recalled(&h.memo, key, work)
}

func recalled[K comparable, V any](known *map[K]V, key K, work func() V) V {
	x, ok := (*known)[key]
	if ok {
		return x
	}
	if *known == nil {
		*known = map[K]V{}
	}
	x = work()
	(*known)[key] = x
	return x
}

// sizePower is how much of the likelihood counts for the size: the times of a wave
// are not independent of each other.
const sizePower = 0.7

// size fills in the size under which a hypothesis explains most, and reports
// whether there is any.
func (a *assessment) size(x *hypothesis) bool {
	switch x.kind {
	case None:
		x.limit = a.most
		return !a.h.turnsAway()
	case Unknown:
		return true
	case CPU:
		return a.line.rise > 0.01 || a.reached
	case RateLimit:
		if a.limiter.Admitted != nil {
			return x.variant == usual // whether canaries are turned away, too, is seen
		}
		a.delays(x)
		return a.reached && !a.h.outran(a.paceOf(x))
	case ConnectionCap:
		if len(a.h.alone(true)) == 0 {
			return false // where no connection is kept open, connections are requests
		}
	case Shedding:
		return a.sheds(x)
	}
	switch x.variant {
	case repeated:
		return a.revisits(x)
	case portion:
		return a.portions(x)
	case fronted:
		if x.front = a.front(); x.front == 0 {
			return false
		}
	}
	type option struct {
		n  int
		ll float64
	}
	var best option
	var all []option
	for k, n := range a.pools.n {
		if n >= a.most && (x.kind == PrivatePool || !a.stuck()) || a.most == 0 {
			break
		}
		if x.variant == fronted && !a.parted(n, x.front) {
			continue
		}
		if x.kind == SharedPool && n == 1 {
			continue // that is serial
		}
		// In a wave that is hardly larger than the pool, the few that waited cannot
		// be told from the slowest of the others.
		if x.kind == PrivatePool && !a.noise.steady() && n > 2 && 20*n > 17*a.most {
			break
		}
		try := hypothesis{kind: x.kind, variant: x.variant, limit: n, front: x.front}
		ll := sizePower * a.pools.one[k]
		switch {
		case x.variant == uneven:
			ll = sizePower * a.pools.processes[k]
		case x.kind == Serial:
			ll = sizePower * a.pools.loops[k]
		case a.pools.order != nil:
			ll = a.pools.order[k]
		case !a.noise.steady():
			ll = a.pools.mean[k]
		}
		if x.kind == Serial && n == 1 {
			ll = sizePower * a.batches()
		}
		for i := range a.samples {
			s := &a.samples[i]
			ll += math.Log(a.fates(s, &try)[s.fate])
		}
		for _, g := range a.kept {
			ll += g.bears(a, &try)
		}
		all = append(all, option{n, ll})
	}
	if len(all) == 0 {
		return false
	}
	best = slices.MaxFunc(all, func(p, q option) int { return cmp.Compare(p.ll, q.ll) })
	x.limit, x.low, x.high = best.n, best.n, best.n
	for _, o := range all {
		if o.ll > best.ll-3 { // a likelihood of a twentieth
			x.low, x.high = min(x.low, o.n), max(x.high, o.n)
		}
	}
	return true
}

// parted reports whether canaries were free beside clearly more requests than
// one wall lets through, as far as its size is known, and fewer than the other:
// only then are there two.
func (a *assessment) parted(inner, outer int) bool {
	least := 1.25*float64(inner)*math.Exp(3*a.noise.doubt) + 1
	return slices.ContainsFunc(a.samples, func(s sample) bool {
		return s.fate == free && float64(s.held) > least && s.held < outer
	})
}

// front returns the number of held requests from which on canaries wait; 0: none
// did.
func (a *assessment) front() (at int) {
	if !a.stuck() {
		return 0
	}
	best := math.Inf(-1)
	for i := range a.samples {
		try := hypothesis{kind: PrivatePool, variant: fronted, front: a.samples[i].held}
		ll := 0.0
		for k := range a.samples {
			s := &a.samples[k]
			ll += math.Log(a.fates(s, &try)[s.fate])
		}
		if ll > best {
			best, at = ll, try.front
		}
	}
	return at
}

// delays finds out whether a limit by time lets some go at once before it delays
// the others: x.limit is how many.
func (a *assessment) delays(x *hypothesis) {
	if a.saving.burst < 2 {
		return
	}
	saving := *x
	saving.limit = a.saving.burst
	steady, saved := 0.0, -a.occam(&saving)
	for i := range a.waves {
		steady += a.explain(&a.waves[i], x)
		saved += a.explain(&a.waves[i], &saving)
	}
	if saved > steady {
		x.limit = saving.limit
	}
}

// sheds finds the number past which requests are turned away. Where that
// happens to single requests, there is room for one or two.
func (a *assessment) sheds(x *hypothesis) bool {
	top := a.room()
	if top == 0 && a.h.turnsAway() {
		top = 2
	}
	best := math.Inf(-1)
	for n := 1; n <= top; n++ {
		switch ll := a.letsIn(n, a.queues); {
		case ll > best+1e-9:
			best = ll
			x.limit, x.low, x.high = n, n, n
		case ll > best-3:
			x.high = n
		}
	}
	return top > 0
}

// batches returns the log-likelihood of one loop, which answers each request as
// it is done, or all of a wave as the last is.
func (a *assessment) batches() (sum float64) {
	for i := range a.waves {
		w := &a.waves[i]
		if w.count() > 1 {
			sum += max(w.pool(1, a.noise), w.shared(float64(w.count()), a.noise)-1)
		}
	}
	return sum
}

// stuck reports whether any canary waited.
func (a *assessment) stuck() bool {
	return slices.ContainsFunc(a.samples, func(s sample) bool { return s.fate == waited })
}

func (a *assessment) normalise() {
	best := math.Inf(-1)
	for i := range a.ranked {
		best = max(best, a.ranked[i].score)
	}
	sum := 0.0
	for i := range a.ranked {
		a.ranked[i].weight = math.Exp(a.ranked[i].score - best)
		sum += a.ranked[i].weight
	}
	for i := range a.ranked {
		a.ranked[i].weight /= sum
	}
	slices.SortStableFunc(a.ranked, func(x, y hypothesis) int { return cmp.Compare(y.weight, x.weight) })
}

// merged returns one hypothesis for each kind, of the likeliest variant, with
// the weight of all of them; the likeliest first.
func (a *assessment) merged() []hypothesis {
	var all []hypothesis
	for _, x := range a.ranked {
		if i := slices.IndexFunc(all, func(y hypothesis) bool { return y.kind == x.kind }); i >= 0 {
			all[i].weight += x.weight
		} else {
			all = append(all, x)
		}
	}
	slices.SortStableFunc(all, func(x, y hypothesis) int { return cmp.Compare(y.weight, x.weight) })
	return all
}
