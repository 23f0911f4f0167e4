package load

import (
	"context"
	"fmt"
	"time"

	"github.com/plimsoll-dev/plimsoll/record"
)

// The events of a run in its record.
const (
	eventStarted = "started"
	eventEnded   = "ended"
)

// theTrial is the number of the only trial of a run.
const theTrial = 1

// Record is [Run] with a record of it: a meta row, each second's rows as soon
// as it is handed out, and at the end a trial row. docs/record.md has them all;
// a [Replay] makes a summary of them again. meta says who asks, and where; what
// is about the run itself is filled in, the options beside those given.
//
// Rows are encoded and written where Run's sink is, not on the sending thread,
// which only a destination that is more than 8 s behind holds up. Errors are
// Run's, and those of the first row. What goes wrong with a later one does not
// end the run; w.Close returns it.
func Record(ctx context.Context, cfg Config, w *record.Writer, meta record.Meta) (Summary, error) {
	full, err := cfg.completed()
	if err != nil {
		return Summary{}, err
	}
	r := &recorder{w: w, cfg: &full, opened: time.Now()}
	if err := r.begin(meta); err != nil {
		return Summary{}, err
	}
	told := cfg.Started
	cfg.Started = func(s Start) {
		r.started(s)
		if told != nil {
			told(s)
		}
	}
	sum, err := Run(ctx, cfg, r.second)
	if err != nil {
		return Summary{}, err
	}
	r.end(&sum)
	return sum, nil
}

// recorder writes a run's rows. It need not look at the errors of single rows:
// the writer keeps the first.
type recorder struct {
	w      *record.Writer
	cfg    *Config
	opened time.Time // t = 0
	start  int64     // of the schedule, ns after t = 0
}

func (r *recorder) write(row record.Row) { _ = r.w.Write(row) }

// begin writes the meta row.
func (r *recorder) begin(meta record.Meta) error {
	seen := map[string]bool{}
	for _, route := range r.cfg.Routes {
		if seen[route.Name] {
			return fmt.Errorf("load: two routes are called %q, and a record has them by name; give each a name of its own", route.Name)
		}
		seen[route.Name] = true
	}
	options, err := r.cfg.options()
	if err != nil {
		return err
	}
	for k, v := range meta.Options {
		options[k] = v
	}
	meta.Format, meta.Command, meta.Started, meta.Seed, meta.Options = record.Format, "load", r.opened, r.cfg.Seed, options
	return r.w.Write(&meta)
}

func (r *recorder) started(s Start) {
	r.start = int64(s.At.Sub(r.opened))
	r.write(&record.Event{
		Head: record.Head{T: r.start}, Trial: theTrial, Name: eventStarted, Text: "the schedule begins",
		Attrs: map[string]any{"address": s.Address},
	})
}

// second writes what belongs to one second, its own row last.
func (r *recorder) second(s Second) {
	head := record.Head{T: r.start + int64(s.Index)*int64(time.Second)}
	for _, x := range s.Samples {
		r.write(&record.Gauge{
			Head: record.Head{T: r.start + int64(x.At)}, Trial: theTrial, Source: record.SourceLoad,
			Values: map[string]float64{
				"in_flight": float64(x.InFlight), "waiting": float64(x.Waiting), "open": float64(x.Open),
				"connecting": float64(x.Connecting), "late_us": float64(x.Late) / float64(time.Microsecond),
			},
		})
	}
	histogram := func(h *record.Hist, row record.Histogram) {
		row.Head, row.Trial, row.Second = head, theTrial, s.Index
		if err := row.Set(h); err == nil { // only a compressor that fails to write to memory fails
			r.write(&row)
		}
	}
	for _, h := range s.Hists {
		histogram(h.Hist, record.Histogram{Route: r.cfg.Routes[h.Route].Name, Status: h.Status(), Metric: h.Metric.String()})
	}
	if s.Delay.Count() > 0 {
		histogram(s.Delay, record.Histogram{Metric: record.MetricDelay})
	}
	row := &record.Second{Head: head, Trial: theTrial, Second: s.Index, Opened: s.Opened, Routes: map[string]record.SecondCounts{}}
	for i := range s.Routes {
		row.Routes[r.cfg.Routes[i].Name] = countsRow(&s.Routes[i])
	}
	r.write(row)
}

func countsRow(c *Counts) record.SecondCounts {
	row := record.SecondCounts{
		Arrivals: c.Arrivals, Sent: c.Sent, Within: c.Within, Late: c.Late, Retried: c.Retried, BytesIn: c.BytesIn,
		Outcomes: map[string]uint64{},
	}
	for o, n := range c.Outcomes {
		if n > 0 {
			row.Outcomes[Outcome(o).String()] = n
		}
	}
	return row
}

// end writes what is known of the whole only, the trial row last.
func (r *recorder) end(s *Summary) {
	head := record.Head{T: int64(time.Since(r.opened))}
	for _, w := range s.Warnings {
		r.write(&record.Warning{Head: head, Trial: theTrial, Code: w.Code, Text: w.Text})
	}
	r.write(&record.Event{
		Head: head, Trial: theTrial, Name: eventEnded, Text: "the run has ended",
		Attrs: map[string]any{"end": s.End, "offered_ns": s.Offered, "elapsed_ns": s.Elapsed},
	})
	row := s.trial(r.cfg)
	row.T = r.start
	r.write(row)
}
