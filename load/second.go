package load

import (
	"strconv"
	"time"

	"github.com/plimsoll-dev/plimsoll/record"
)

// A Second is everything about the requests that were due in one second of a
// run. It is handed out when the last of them has ended: after at most
// [Config.Timeout]. What it points to is reused when the sink returns.
type Second struct {
	Index int   // it covers [Index, Index+1) s since the start
	Clock int64 // CLOCK_MONOTONIC at its beginning, ns
	Counts
	Routes []Counts // by index of the route
	Opened uint64   // connections opened in it

	// Samples are taken every 50 ms in it.
	Samples []Sample

	// Delay is the client's own: how long after its intended time each arrival
	// was taken up; in a closed loop, how late each sample was taken.
	Delay *record.Hist

	Hists []Hist // those that are not empty
}

// A Start is the beginning of a run's schedule, after connections were
// pre-opened.
type Start struct {
	At      time.Time // with a monotonic reading
	Clock   int64     // the same on CLOCK_MONOTONIC, ns
	Address string    // what the target was resolved to
}

// A Sample is the client's state at one moment.
type Sample struct {
	At         time.Duration // since the start, as read from the clock
	InFlight   int           // requests due and not ended
	Waiting    int           // of them, for a connection
	Open       int           // connections
	Connecting int           // connections being opened
	Late       time.Duration // how much later than planned the sample was taken
}

// A Hist is the distribution of one metric over requests of one route that
// ended alike.
type Hist struct {
	Route   int // index
	Outcome Outcome
	Code    int // HTTP status, where Outcome is OK or Status; x00 stands for several, see [Run]
	Metric  Metric
	*record.Hist
}

// Status returns the status code, or the outcome where there is none: the key
// in records.
func (h Hist) Status() string {
	if h.Code != 0 {
		return strconv.Itoa(h.Code)
	}
	return h.Outcome.String()
}

// A Tick is what Config.Stop decides on.
type Tick struct {
	At       time.Duration // since the start
	Counts                 // so far
	InFlight int
}

// tally collects one second while its requests are in flight.
type tally struct {
	index   int
	opened  uint64
	samples []Sample
	delay   *record.Hist
	routes  []routeTally
}

type routeTally struct {
	Counts
	cells []*cell
}

// cell holds the histograms of one route and ending.
type cell struct {
	outcome Outcome
	code    int
	hists   [NumMetrics]*record.Hist // nil until used
}

// maxCells bounds a route's cells. A server that answers with more different
// statuses than that gets its rarer ones counted by class.
const maxCells = 24

func newTally(routes int) *tally {
	return &tally{delay: record.NewHist(), routes: make([]routeTally, routes)}
}

// cell returns the route's histograms for an ending.
func (r *routeTally) cell(o Outcome, code int) *cell {
	for _, c := range r.cells {
		if c.code == code && c.outcome == o {
			return c
		}
	}
	// 429 stays: it is the only one of its class that is no answer.
	if class := code / 100 * 100; len(r.cells) >= maxCells && code != class && code != 429 {
		return r.cell(o, class)
	}
	c := &cell{outcome: o, code: code}
	r.cells = append(r.cells, c)
	return c
}

func (c *cell) record(m Metric, d time.Duration) {
	if c.hists[m] == nil {
		c.hists[m] = record.NewHist()
	}
	c.hists[m].Record(d)
}

// second returns the tally in the form it is handed out.
func (t *tally) second(start int64) Second {
	s := Second{Index: t.index, Clock: start + int64(t.index)*int64(time.Second), Opened: t.opened, Samples: t.samples, Delay: t.delay}
	for i := range t.routes {
		r := &t.routes[i]
		s.Counts.Add(&r.Counts)
		s.Routes = append(s.Routes, r.Counts)
		for _, c := range r.cells {
			for m, h := range c.hists {
				if h != nil && h.Count() > 0 {
					s.Hists = append(s.Hists, Hist{i, c.outcome, c.code, Metric(m), h})
				}
			}
		}
	}
	return s
}

// reset empties the tally and keeps its memory.
func (t *tally) reset() {
	t.opened, t.samples = 0, t.samples[:0]
	t.delay.Reset()
	for i := range t.routes {
		r := &t.routes[i]
		r.Counts = Counts{}
		for _, c := range r.cells {
			for _, h := range c.hists {
				if h != nil && h.Count() > 0 {
					h.Reset()
				}
			}
		}
	}
}
