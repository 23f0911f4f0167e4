package load

import (
	"time"

	"github.com/plimsoll-dev/plimsoll/record"
)

// totals adds up the seconds of a run, while it goes on or from its record.
type totals struct {
	counts  Counts
	routes  []Counts
	opened  uint64
	hists   []Hist
	delay   *record.Hist
	samples series
}

func newTotals(routes int) totals {
	return totals{routes: make([]Counts, routes), delay: record.NewHist(), samples: series{keep: 1}}
}

func (t *totals) add(s *Second) {
	t.counts.Add(&s.Counts)
	for i := range s.Routes {
		t.routes[i].Add(&s.Routes[i])
	}
	t.opened += s.Opened
	t.delay.Merge(s.Delay)
	for _, x := range s.Samples {
		t.samples.add(x)
	}
	for _, h := range s.Hists {
		t.total(h).Merge(h.Hist)
	}
}

func (t *totals) total(h Hist) *record.Hist {
	for i := range t.hists {
		x := &t.hists[i]
		if x.Route == h.Route && x.Outcome == h.Outcome && x.Code == h.Code && x.Metric == h.Metric {
			return x.Hist
		}
	}
	h.Hist = record.NewHist()
	t.hists = append(t.hists, h)
	return h.Hist
}

// series is samples over a run of any length in bounded memory: when it is
// full, every other one goes, and from then on it keeps half as many.
type series struct {
	kept []Sample
	keep int // one of so many
	seen int
}

const seriesLimit = 8192 // at 20 a second, the first 410 s are complete

func (s *series) add(x Sample) {
	if s.seen%s.keep == 0 {
		if len(s.kept) == seriesLimit {
			for i := range seriesLimit / 2 {
				s.kept[i] = s.kept[2*i]
			}
			s.kept = s.kept[:seriesLimit/2]
			s.keep *= 2
		}
		if s.seen%s.keep == 0 {
			s.kept = append(s.kept, x)
		}
	}
	s.seen++
}

// merged adds up the totals that match.
func (t *totals) merged(m Metric, match func(Hist) bool) *record.Hist {
	sum := record.NewHist()
	for _, h := range t.hists {
		if h.Metric == m && match(h) {
			sum.Merge(h.Hist)
		}
	}
	return sum
}

// perSecond is n over a time, per second.
func perSecond(n uint64, d time.Duration) float64 {
	if d <= 0 {
		return 0
	}
	return float64(n) / d.Seconds()
}
