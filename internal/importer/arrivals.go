package importer

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/workload"
)

const (
	maxTicks   = 200_000 // seconds told apart; a longer log is counted by two, four, ... seconds
	maxStages  = 12
	mostStages = 1000 // of a log that is longer than a day each; past them it has none
	fewTicks   = 30   // pairs of seconds that say nothing about dispersion
	fewPerTick = 0.2  // requests a second below which every process looks like Poisson's
)

// figures rounds to three digits: the rate of a log may be one request a day.
func figures(v float64) float64 {
	v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'g', 3, 64), 64)
	return v
}

// ticks counts requests by time.
type ticks struct {
	by    map[int64]int // by seconds since 1970 / width
	width int64         // seconds
}

func newTicks() ticks { return ticks{by: map[int64]int{}, width: 1} }

func (t *ticks) add(second int64) {
	t.by[second/t.width]++
	for len(t.by) > maxTicks {
		t.width *= 2
		wider := map[int64]int{}
		for at, n := range t.by {
			wider[at/2] += n
		}
		t.by = wider
	}
}

// span returns the first tick, and how many there are until the last.
func (t *ticks) span() (first, n int64) {
	if len(t.by) == 0 {
		return 0, 0
	}
	keys := slices.Sorted(maps.Keys(t.by))
	return keys[0], keys[len(keys)-1] - keys[0] + 1
}

// dispersion estimates the index of dispersion of counts (Cox and Lewis, The
// Statistical Analysis of Series of Events, 1966): variance over mean of the requests in a
// second, 1 for Poisson arrivals, b for batches of b, 0 for equal gaps. It is taken from the
// differences between neighbouring seconds, so that a day's rise and fall does
// not count. ok is false where there is too little to say.
func (t *ticks) dispersion() (v float64, ok bool) {
	if t.width > 1 {
		return 0, false
	}
	var squares, sum float64
	pairs := 0
	first, seconds := t.span()
	last := first + seconds - 1
	pair := func(at int64) {
		if at > first && at+1 < last { // the log has only a part of its first and its last second
			a, b := t.by[at], t.by[at+1]
			squares += float64((b - a) * (b - a))
			sum += float64(b + a)
			pairs++
		}
	}
	for at := range t.by {
		pair(at)
		if t.by[at-1] == 0 { // or else that second makes the pair
			pair(at - 1)
		}
	}
	if pairs < fewTicks || sum/2 < fewPerTick*float64(seconds) || sum == 0 {
		return 0, false
	}
	return squares / sum, true
}

// arrivals names the process that the log's requests look like.
func (t *ticks) arrivals() (model.Arrivals, string) {
	v, ok := t.dispersion()
	said := fmt.Sprintf("The index of dispersion of requests in a second is %.2g: ", v)
	switch {
	case !ok:
		return model.Arrivals{Kind: model.Poisson}, "The log has too few seconds with requests to tell a pattern; many independent clients are assumed."
	case v < 0.3:
		return model.Arrivals{Kind: model.Constant}, said + "far more even than independent clients (1)."
	case v < 3:
		return model.Arrivals{Kind: model.Poisson}, said + "like independent clients (1)."
	}
	burst := int(min(10_000, math.Round(v)))
	return model.Arrivals{Kind: model.Bursts, Burst: burst}, said + fmt.Sprintf("as uneven as independent batches of %d (independent clients: 1).", burst)
}

// stages are the rates of the log in equal stretches of whole ticks.
func (t *ticks) stages() (out []model.Stage) {
	first, n := t.span()
	if n < 2 {
		return nil
	}
	pieces := min(n, maxStages)
	for longest := int64(workload.MaxTime / time.Second); n*t.width/pieces >= longest; {
		pieces *= 2
	}
	if pieces > mostStages {
		return nil
	}
	counts := make([]int, pieces)
	for at, k := range t.by {
		counts[(at-first)*pieces/n] += k
	}
	for i, k := range counts {
		i := int64(i)
		// Of the ticks at with at*pieces/n == i.
		width := (n*(i+1)+pieces-1)/pieces - (n*i+pieces-1)/pieces
		length := time.Duration(width*t.width) * time.Second
		out = append(out, model.Stage{For: length, Rate: figures(float64(k) / length.Seconds())})
	}
	return out
}
