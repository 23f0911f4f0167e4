package load

import (
	"time"

	"github.com/plimsoll-dev/plimsoll/record"
)

// collector takes finished seconds off the sending thread: it adds them up, shows
// them to the sink, and gives their memory back. It runs on its own goroutine.
type collector struct {
	in    chan *tally
	free  chan *tally
	sink  func(Second)
	start int64
	done  chan struct{}

	// What follows is the collector's own until done is closed.
	counts  Counts
	routes  []Counts
	opened  uint64
	hists   []Hist
	delay   *record.Hist
	samples series
}

// behind is how many finished seconds wait for a slow sink before it holds up
// the run, which then shows as [Second.Delay].
const behind = 8

func newCollector(routes int, sink func(Second)) *collector {
	return &collector{
		in: make(chan *tally, behind), free: make(chan *tally, behind), done: make(chan struct{}),
		sink: sink, routes: make([]Counts, routes), delay: record.NewHist(), samples: series{keep: 1},
	}
}

func (c *collector) run() {
	defer close(c.done)
	for t := range c.in {
		s := t.second(c.start)
		c.add(&s)
		if c.sink != nil {
			c.sink(s)
		}
		t.reset()
		select {
		case c.free <- t:
		default:
		}
	}
}

func (c *collector) add(s *Second) {
	c.counts.Add(&s.Counts)
	for i := range s.Routes {
		c.routes[i].Add(&s.Routes[i])
	}
	c.opened += s.Opened
	c.delay.Merge(s.Delay)
	for _, x := range s.Samples {
		c.samples.add(x)
	}
	for _, h := range s.Hists {
		c.total(h).Merge(h.Hist)
	}
}

func (c *collector) total(h Hist) *record.Hist {
	for i := range c.hists {
		t := &c.hists[i]
		if t.Route == h.Route && t.Outcome == h.Outcome && t.Code == h.Code && t.Metric == h.Metric {
			return t.Hist
		}
	}
	h.Hist = record.NewHist()
	c.hists = append(c.hists, h)
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
func (c *collector) merged(m Metric, match func(Hist) bool) *record.Hist {
	sum := record.NewHist()
	for _, h := range c.hists {
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
