package load

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/plimsoll-dev/plimsoll/record"
)

// A Replay makes the [Summary] of a run from the rows of its record, which
// [Record] wrote. The zero value is ready. Give it every row in order; rows of
// kinds that it does not need are skipped.
type Replay struct {
	Meta   *record.Meta
	Config Config // what was asked for, as far as the record has it: paths are without their secrets

	total    totals
	hists    []*record.Histogram // of the second whose own row comes next
	samples  []Sample            // likewise
	routes   map[string]int      // index by name
	seconds  int                 // whose own row was there
	start    int64               // of the schedule, ns after the record's
	address  string
	warnings []Warning
	ended    ending
	complete bool
}

// ending is what the last event says.
type ending struct {
	End     End           `json:"end"`
	Offered time.Duration `json:"offered_ns"`
	Elapsed time.Duration `json:"elapsed_ns"`
}

// Add takes the next row. Errors are about what is not a record of this
// package; [record.Read] names the line of what is no row at all.
func (r *Replay) Add(row record.Row) error {
	switch row := row.(type) {
	case *record.Meta:
		return r.meta(row)
	case *record.Gauge:
		if row.Source == record.SourceLoad {
			r.samples = append(r.samples, r.sample(row))
		}
	case *record.Histogram:
		r.hists = append(r.hists, row)
	case *record.Second:
		return r.second(row)
	case *record.Warning:
		r.warnings = append(r.warnings, Warning{row.Code, row.Text})
	case *record.Event:
		return r.event(row)
	case *record.Trial:
		r.complete = row.Purpose == record.PurposeLoad
	}
	return nil
}

func (r *Replay) meta(m *record.Meta) (err error) {
	if r.Config, err = configOf(m.Options); err != nil {
		return err
	}
	r.Meta, r.total, r.routes = m, newTotals(len(r.Config.Routes)), map[string]int{}
	for i, route := range r.Config.Routes {
		r.routes[route.Name] = i
	}
	return nil
}

func (r *Replay) event(e *record.Event) error {
	switch e.Name {
	case eventStarted:
		r.start = e.T
		r.address, _ = e.Attrs["address"].(string)
	case eventEnded:
		b, err := json.Marshal(e.Attrs)
		if err == nil {
			err = json.Unmarshal(b, &r.ended)
		}
		if err != nil {
			return fmt.Errorf("load: event %q in the record: %w", e.Name, err)
		}
	}
	return nil
}

func (r *Replay) sample(g *record.Gauge) Sample {
	v := func(name string) int { return int(g.Values[name]) }
	return Sample{
		At: time.Duration(g.T - r.start), InFlight: v("in_flight"), Waiting: v("waiting"), Open: v("open"), Connecting: v("connecting"),
		Late: time.Duration(math.Round(g.Values["late_us"] * float64(time.Microsecond))),
	}
}

// second adds a second up as the run did.
func (r *Replay) second(row *record.Second) error {
	s := Second{Index: row.Second, Routes: make([]Counts, len(r.routes)), Opened: row.Opened, Samples: r.samples, Delay: record.NewHist()}
	for name, n := range row.Routes {
		i, err := r.route(name)
		if err != nil {
			return err
		}
		s.Routes[i] = countsOf(&n)
		s.Counts.Add(&s.Routes[i])
	}
	for _, p := range r.hists {
		if p.Second != row.Second || p.Metric != record.MetricDelay && !slices.Contains(metricNames[:], p.Metric) {
			continue // a newer version's
		}
		h, err := p.Hist()
		if err != nil {
			return err
		}
		if p.Metric == record.MetricDelay {
			s.Delay.Merge(h)
			continue
		}
		i, err := r.route(p.Route)
		if err != nil {
			return err
		}
		code, outcome := parseStatus(p.Status)
		s.Hists = append(s.Hists, Hist{i, outcome, code, Metric(slices.Index(metricNames[:], p.Metric)), h})
	}
	r.total.add(&s)
	r.seconds = row.Second + 1
	r.hists, r.samples = r.hists[:0], r.samples[:0]
	return nil
}

func (r *Replay) route(name string) (int, error) {
	i, ok := r.routes[name]
	if !ok {
		return 0, fmt.Errorf("load: the record has requests of route %q, which its options do not name", name)
	}
	return i, nil
}

func countsOf(row *record.SecondCounts) Counts {
	c := Counts{Arrivals: row.Arrivals, Sent: row.Sent, Within: row.Within, Late: row.Late, Retried: row.Retried, BytesIn: row.BytesIn}
	for name, n := range row.Outcomes {
		c.Outcomes[parseOutcome(name)] += n
	}
	return c
}

// parseOutcome reads an outcome's key. One that a newer version has is Other.
func parseOutcome(name string) Outcome {
	if i := slices.Index(outcomeNames[:], name); i >= 0 {
		return Outcome(i)
	}
	return Other
}

// parseStatus is the reverse of [Hist.Status].
func parseStatus(text string) (code int, o Outcome) {
	if code, err := strconv.Atoi(text); err == nil {
		return code, outcomeOf(code)
	}
	return 0, parseOutcome(text)
}

// Summary returns the run, or of an incomplete record the seconds that are
// complete in it, with a warning that says so.
func (r *Replay) Summary() Summary {
	s := r.total.summary(&r.Config)
	s.Address, s.Start = r.address, r.Meta.Started.Add(time.Duration(r.start))
	s.Warnings = slices.Clone(r.warnings)
	for _, w := range r.warnings {
		if w.Code == clientFailed {
			s.Errors = append(s.Errors, w.Text)
		}
	}
	if r.complete {
		s.End, s.Offered, s.Elapsed = r.ended.End, r.ended.Offered, r.ended.Elapsed
		return s
	}
	s.End, s.Elapsed = Incomplete, time.Duration(r.seconds)*time.Second
	s.Offered = min(s.Elapsed, r.Config.Length())
	for _, w := range s.doubts(&r.Config) {
		if !slices.ContainsFunc(s.Warnings, func(x Warning) bool { return x.Code == w.Code }) {
			s.Warnings = append(s.Warnings, w)
		}
	}
	s.Warnings = append(s.Warnings, Warning{"incomplete", fmt.Sprintf(
		"the record is incomplete: its run goes on, or was killed. This is what was due in the first %v of %v", s.Offered, r.Config.Length())})
	return s
}
