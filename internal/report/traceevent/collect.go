package traceevent

import (
	"errors"

	"github.com/plimsoll-dev/plimsoll/record"
)

// Traces are the traces of a record. The zero value is empty. It is not safe
// for concurrent use.
type Traces struct {
	meta   *record.Meta
	trials map[int]*record.Trial
	traces []*traced
}

// traced is the trace of one engine.
type traced struct {
	*record.Trace
	trial *record.Trial
	spans []*record.Span
}

// Add takes one row; kinds that no trace shows are skipped.
func (t *Traces) Add(row record.Row) {
	switch row := row.(type) {
	case *record.Meta:
		t.meta = row
	case *record.Trial:
		if t.trials == nil {
			t.trials = map[int]*record.Trial{}
		}
		t.trials[row.ID] = row
	case *record.Trace:
		t.traces = append(t.traces, &traced{Trace: row, trial: t.trials[row.Trial]})
	case *record.Span:
		for _, tr := range t.traces {
			if tr.Trial == row.Trial {
				tr.spans = append(tr.spans, row)
			}
		}
	}
}

// ErrNone is that a record has no trace.
var ErrNone = errors.New("the record has no trace; a run leaves one that is asked for it: plimsoll compare WORKLOAD --trace FILE")

// Spans returns how many spans there are, and how many more there was no room
// for.
func (t *Traces) Spans() (n int, dropped int64) {
	for _, tr := range t.traces {
		n += len(tr.spans)
		dropped += tr.Dropped
	}
	return n, dropped
}
