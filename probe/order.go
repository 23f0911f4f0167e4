package probe

import (
	"math"
	"slices"

	"github.com/plimsoll-dev/plimsoll/probe/internal/mechanism"
	"github.com/plimsoll-dev/plimsoll/record"
)

// A sequence is the requests of an experiment in the order in which they were sent, and
// so, of a pool that serves first who came first, in that in which they began.
type sequence struct {
	experiment int
	sent, done []float64 // seconds
}

// sequenceOf returns nil where some requests were not answered, or their connections came
// late: who was before whom is not known then.
func sequenceOf(o *Observation) *sequence {
	l := &sequence{experiment: o.ID}
	for i := range o.Heavy {
		r := &o.Heavy[i]
		if !answered(r) || lateOpened(r) {
			return nil
		}
		l.sent = append(l.sent, float64(begun(r)-o.T)/1e9)
		l.done = append(l.done, float64(r.Done-o.T)/1e9)
	}
	return l
}

// sequences are those of all experiments since the service last grew, and whether it was
// kept busy in one of them. Only then is each request sent by itself, as another
// ends, and so in an order that is known: those of a large wave are sent at once,
// and may come in any.
func (a *assessment) sequences() (all []*sequence, busy bool) {
	for _, o := range a.h.made(record.ExperimentWave) {
		if l := sequenceOf(o); l != nil && o.ID > a.grown {
			all = append(all, l)
		}
	}
	for _, o := range a.h.made(record.ExperimentSustain) {
		if l := sequenceOf(o); l != nil && o.ID > a.grown {
			all = append(all, l)
			busy = true
		}
	}
	return all, busy
}

// disorder is the share of a sequence, at most, that ends before it began under a pool
// that is rather too large: clocks differ, but a pool that serves in no order has a
// third of them do so.
const disorder = 0.005

// inOrder returns, for each size, the log-likelihood of each single request as
// having been served in its turn, for a time of the distribution that those of all
// others have, whether they waited or not; nil: they were not served in turn, or
// that is not known. The mean says the same of every order of service, and knows of
// each size only how much more time it makes; single times say besides which of them
// no request could have taken.
func (s *sizes) inOrder(a *assessment) []float64 {
	lines, busy := a.sequences()
	unit := mean(a.h.serial())
	if !busy || len(s.n) == 0 || unit <= 0 {
		return nil
	}
	under := func(l *sequence, n int) *histogram {
		key := memory{experiment: l.experiment, n: n, noise: noise{mean: unit}}
		return recalled(&a.h.histograms, key, func() *histogram { return histogramOf(mechanism.Places{N: n}.Served(l.sent, l.done), unit) })
	}
	best, most := slices.Max(s.mean), s.n[0]
	for k, n := range s.n {
		if s.mean[k] > best-4 {
			most = n // that the mean allows
		}
	}
	deep := 0 // the most that were kept in flight, in turn
	lines = slices.DeleteFunc(lines, func(l *sequence) bool {
		if float64(under(l, most).early) > disorder*float64(len(l.sent)) {
			return true
		}
		if o := &a.h.Experiments[l.experiment-1]; o.What == record.ExperimentSustain {
			deep = max(deep, o.Count)
		}
		return false
	})
	if deep == 0 {
		return nil
	}
	alone := histogramOf(a.h.serial(), unit)
	exact := make([]float64, len(s.n))
	for k, n := range s.n {
		sum := *alone
		for _, l := range lines {
			sum.join(under(l, n))
		}
		exact[k] = sum.alike()
	}
	if n := s.n[slices.Index(exact, slices.Max(exact))]; 2*deep < 3*n {
		return nil // hardly more were kept in flight than it serves, and few of them waited
	}
	return s.blurred(exact, (0.001+a.h.canary().Seconds()/2)/unit)
}

// blurred is a likelihood of sizes where who waited may have been served a little
// slower than who did not, or had to wait for a moment more, or was on its way while it
// waited: by a hundredth, and by a share of a request's time.
func (s *sizes) blurred(exact []float64, share float64) []float64 {
	doubt := math.Hypot(0.01, share)
	lls := make([]float64, len(exact))
	for k, n := range s.n {
		lls[k] = math.Inf(-1)
		for i, m := range s.n {
			z := math.Log(float64(m)/float64(n)) / doubt
			lls[k] = max(lls[k], exact[i]-z*z/2)
		}
	}
	return lls
}

// typical is the size that large waves suggest by Little's law; 0: there are none.
func (a *assessment) typical() int {
	var sizes []float64
	for i := range a.waves {
		if w := &a.waves[i]; 3*w.count() > 2*a.most {
			sizes = append(sizes, float64(w.little(a.noise)))
		}
	}
	return int(median(sizes))
}
