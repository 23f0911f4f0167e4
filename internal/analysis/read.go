package analysis

import (
	"fmt"
	"slices"
	"strings"

	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
)

// ParseWorkload turns a document's source into a workload.
type ParseWorkload func(name string, source []byte) (*model.Workload, error)

// Add puts one more row into the run. Rows of other kinds than a verdict needs
// are skipped.
func (r *Run) Add(row record.Row, parse ParseWorkload) error {
	switch row := row.(type) {
	case *record.Meta:
		if row.Command != "compare" && row.Command != "simulate" || row.Workload == nil {
			return fmt.Errorf("analysis: this is a record of `plimsoll %s`, not of a comparison", row.Command)
		}
		w, err := parse(row.Workload.Name, []byte(row.Workload.Source))
		if err != nil {
			return fmt.Errorf("analysis: workload in the record: %w", err)
		}
		r.Meta, r.Workload = row, w
		seen := map[string]int{}
		for _, text := range row.Engines {
			cfg, err := model.ParseEngine(text)
			if err != nil {
				return fmt.Errorf("analysis: engine in the record: %w", err)
			}
			r.Engines = append(r.Engines, &EngineRun{Name: Unique(cfg.String(), seen), Config: cfg,
				latencies: map[int][]*record.Histogram{}, gauges: map[int][]*record.Gauge{}})
		}
	case *record.Trial:
		if e := r.engine(row.Engine); e != nil {
			e.Trials = append(e.Trials, row)
		}
	case *record.Histogram:
		if e := r.engine(row.Engine); e != nil && (row.Metric == record.MetricLatency || row.Metric == record.MetricDelay) && r.bounds(e, row.Trial) {
			e.latencies[row.Trial] = append(e.latencies[row.Trial], row)
		}
	case *record.Gauge:
		if e := r.engine(row.Engine); e != nil && r.bounds(e, row.Trial) {
			e.gauges[row.Trial] = append(e.gauges[row.Trial], row)
		}
	case *record.Prediction:
		if e := r.engine(row.Engine); e != nil {
			e.Prediction = row
		}
	case *record.Warning:
		w := Warning{Code: row.Code, Text: row.Text}
		if e := r.engine(row.Engine); e != nil {
			e.Warnings = append(e.Warnings, w)
		} else {
			r.Warnings = append(r.Warnings, w)
		}
	case *record.Verdict:
		r.Ended = true
	case *record.Event:
		switch row.Name {
		case EventInterrupted:
			r.Partial = true
		case EventFailed:
			r.Failure, _, _ = strings.Cut(row.Text, "\n")
		}
	}
	return nil
}

// End takes note that the record has no more rows. One without a verdict breaks
// off: what wrote it had no time to say that it was interrupted.
func (r *Run) End() {
	if r.Ended || r.Partial {
		return
	}
	r.Partial = true
	r.Warnings = append(r.Warnings, Warning{WarnBreaksOff, "the record breaks off: its run was killed, or has not ended yet"})
}

// WarnBreaksOff is of a record without an end.
const WarnBreaksOff = "breaks-off"

// The names of the events that end a run before its time.
const (
	EventInterrupted = "interrupted"
	EventFailed      = "failed" // in a suite, which goes on
)

func (r *Run) engine(name string) *EngineRun {
	for _, e := range r.Engines {
		if e.Name == name {
			return e
		}
	}
	return nil
}

// bounds reports whether the workload has expectations that can be about a
// trial: only then its histograms and gauges are kept.
func (r *Run) bounds(e *EngineRun, trial int) bool {
	if len(r.Workload.Expect) == 0 {
		return false
	}
	i := slices.IndexFunc(e.Trials, func(t *record.Trial) bool { return t.ID == trial })
	return i >= 0 && (e.Trials[i].Purpose == record.PurposeRate || e.Trials[i].Purpose == record.PurposeSearch)
}

// Unique gives the repetition of a name a number, as an A/A comparison needs.
func Unique(name string, seen map[string]int) string {
	seen[name]++
	if n := seen[name]; n > 1 {
		return fmt.Sprintf("%s (%d)", name, n)
	}
	return name
}
