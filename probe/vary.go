package probe

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/plimsoll-dev/plimsoll/record"
)

// The times that may stand for {ms}.
const (
	leastMillis = 1
	mostMillis  = 10_000
)

func (c *Config) checkMillis() error {
	given := c.Shortest != 0 || c.Longest != 0
	switch {
	case given && !c.Heavy.hasMillis():
		return errors.New("--ms is what stands for {ms} in --heavy, which has none; write it where the URL says how long a request is to take, as http://HOST:PORT/wait?ms={ms}")
	case given && (c.Shortest < leastMillis || c.Longest > mostMillis || c.Longest < 2*c.Shortest):
		return fmt.Errorf("--ms=%d..%d: write two times in milliseconds from %d to %d, the second at least twice the first, as %d..%d",
			c.Shortest, c.Longest, leastMillis, mostMillis, DefaultShortest, DefaultLongest)
	}
	return nil
}

// millis is what usually stands for {ms}: so that the shortest is as many times
// shorter as the longest is longer.
func (c *Config) millis() int {
	return int(math.Round(math.Sqrt(float64(c.Shortest) * float64(c.Longest))))
}

// prepare makes ready the messages of both routes.
func (r *runner) prepare() (err error) {
	r.heavies = map[int]*message{}
	all := []int{0}
	if r.cfg.Heavy.hasMillis() {
		all = []int{r.cfg.millis(), r.cfg.Shortest, r.cfg.Longest}
	}
	for _, millis := range all {
		if r.heavies[millis], err = r.cfg.Heavy.prepare(millis); err != nil {
			return err
		}
	}
	r.heavy = r.heavies[all[0]]
	if r.cfg.Canary != nil {
		r.canary, err = r.cfg.Canary.prepare(0)
	}
	return err
}

// service is how long a request of the experiment takes alone, about; 0: not
// known yet.
func (r *runner) service() time.Duration {
	for millis, m := range r.heavies {
		if m == r.heavy {
			if d := r.history.serviceAt(millis); d > 0 {
				return d
			}
		}
	}
	return r.history.service()
}

// millis is what stands for {ms} in most experiments; 0: nothing does.
func (h *History) millis() int { return int(h.whole(optionMillis)) }

// Varied reports whether the requests of an experiment were to take longer, or
// shorter, than those of others. They say how what they met depends on that, and
// nothing else.
func (h *History) Varied(o *Observation) bool { return o.Millis != h.millis() }

// serviceAt is the mean time of a request alone in which so many milliseconds
// stand for {ms}; 0: not known.
func (h *History) serviceAt(millis int) time.Duration {
	if millis == h.millis() {
		return h.service()
	}
	return time.Duration(mean(h.serialAt(millis)) * 1e9)
}

func (h *History) serialAt(millis int) (xs []float64) {
	for _, o := range h.madeAt(record.ExperimentBaseline, millis) {
		xs = append(xs, times(o)...)
	}
	return xs
}

// others are the values of {ms} besides the usual one.
func (h *History) others() []int {
	if h.millis() == 0 {
		return nil
	}
	return []int{int(h.whole(optionShortest)), int(h.whole(optionLongest))}
}

// heeds reports whether a request takes longer if it is asked to: known only if
// it was asked for the shortest and the longest time.
func (h *History) heeds() (heeds, known bool) {
	others := h.others()
	if len(others) == 0 {
		return false, false
	}
	shortest, longest := h.serviceAt(others[0]), h.serviceAt(others[1])
	return float64(longest) > 1.3*float64(shortest), shortest > 0 && longest > 0
}

// doesTimeMatter varies how long requests are to take: a pool serves as many at
// a time whatever they take, a limiter lets as many through in a second, and a
// processor is either, by whether it is computing that takes longer.
func doesTimeMatter(a *assessment) (record.Experiment, bool) {
	if a.weight(None) > 0.8 || a.room() > 0 {
		return record.Experiment{}, false
	}
	for _, millis := range a.h.others() {
		if len(a.h.madeAt(record.ExperimentBaseline, millis)) == 0 && a.h.tries(record.ExperimentBaseline, millis) < 2 {
			return record.Experiment{What: record.ExperimentBaseline, Why: fmt.Sprintf("how long does a request take that is to take %d ms?", millis), Count: 6, Millis: millis}, true
		}
	}
	if heeds, _ := a.h.heeds(); !heeds {
		return record.Experiment{}, false
	}
	for range 2 {
		for _, millis := range a.h.others() {
			if len(a.h.madeAt(record.ExperimentWave, millis)) < 2 && a.h.tries(record.ExperimentWave, millis) < 4 {
				return a.vary(millis), true
			}
		}
	}
	return record.Experiment{}, false
}

// tries counts experiments, whether or not they can be relied on.
func (h *History) tries(what string, millis int) (n int) {
	for i := range h.Experiments {
		if o := &h.Experiments[i]; o.What == what && o.Millis == millis {
			n++
		}
	}
	return n
}

// vary returns a wave that the wall should hold up, of requests that take longer
// or shorter than usual.
func (a *assessment) vary(millis int) record.Experiment {
	c := a.most
	if x := a.pool(); x != nil && a.weight(CPU, RateLimit) < 0.3 {
		c = min(max(3*x.inWork(), x.limit+2), a.h.cap())
	}
	service := a.h.serviceAt(millis)
	if level := a.line.at(c); level > 1 { // if it is a processor that they wait for
		c = max(2, min(c, int(float64(c)*2*longWave.Seconds()/(level*service.Seconds()))))
	}
	return record.Experiment{What: record.ExperimentWave, Why: fmt.Sprintf("are as many served at a time if each is to take %d ms?", millis),
		Count: c, Millis: millis, Spacing: int64(spacing), Opened: time.Duration(c)*spacing > service/5}
}

// varied returns the waves of requests that were to take longer or shorter, each
// with the noise of single ones.
func (a *assessment) varied() (all []wave, noises []noise) {
	if heeds, _ := a.h.heeds(); !heeds {
		return nil, nil
	}
	for _, millis := range a.h.others() {
		n := noiseOf(a.h.serialAt(millis))
		for _, o := range a.h.madeAt(record.ExperimentWave, millis) {
			if w := (wave{o, shapeOf(o.Heavy), n.mean, a.h}); w.count() > 0 && o.ID > a.grown {
				all, noises = append(all, w), append(noises, n)
			}
		}
	}
	return all, noises
}

// explainVaried returns the log-likelihood of such a wave under a hypothesis that
// was made of others: pools keep their size, a limiter its pace, and a processor
// its pace or its share, by whether the computing is what takes longer.
func (a *assessment) explainVaried(w *wave, n noise, x *hypothesis) float64 {
	b := *a
	b.noise, b.seen = n, a.h.serialAt(w.Millis)
	own := *x
	own.tempo, x = 0, &own // single ones were measured at another time
	if x.kind != CPU {
		return b.explain(w, x)
	}
	longer := n.mean / a.noise.mean
	computing := b
	computing.step *= longer
	b.line.rise /= longer // it computes as much, and waits longer or shorter
	return max(b.explain(w, x), computing.explain(w, x)) - math.Ln2
}

// atATime is how many requests of a wave were served at once, by its own times.
func (w *wave) atATime(n noise) int {
	if !n.steady() {
		return w.little(n)
	}
	best, top := 1, math.Inf(-1)
	for k := 1; k <= w.count(); k++ {
		if ll := w.pool(k, n); ll > top {
			best, top = k, ll
		}
	}
	return best
}

// dependence says what depends on how long requests take, and what does not.
func dependence(a *assessment) string {
	waves, noises := a.varied()
	usual := a.largest(func(w *wave) bool { return w.count() > 1 })
	if len(waves) == 0 || usual == nil {
		return ""
	}
	x := &a.ranked[0]
	var asked, got []string
	say := func(w *wave, n noise) {
		asked = append(asked, fmt.Sprint(w.Millis))
		switch {
		case sized(x) != nil && w == usual:
			got = append(got, fmt.Sprint(x.inWork()))
		case sized(x) != nil:
			got = append(got, fmt.Sprint(w.atATime(n)))
		default:
			got = append(got, figure(float64(w.count()-1)/(w.done[w.count()-1]-w.done[0])))
		}
	}
	for k, millis := range a.h.others() {
		for i := range waves {
			if w := &waves[i]; w.Millis == millis && w.count() > 1 {
				say(w, noises[i])
				break
			}
		}
		if k == 0 {
			say(usual, a.noise)
		}
	}
	what := "were answered in a second"
	if sized(x) != nil {
		what = "were served at a time"
	}
	return fmt.Sprintf("of requests that are to take %s ms, %s %s", list(asked), list(got), what)
}

// list is several things in words.
func list(all []string) string {
	text := ""
	for i, s := range all {
		switch {
		case i == 0:
		case i == len(all)-1:
			text += " and "
		default:
			text += ", "
		}
		text += s
	}
	return text
}
