// Package record is the one format that every measurement of Plimsoll is kept
// in: JSON, one row a line, described field by field in docs/record.md.
//
// A [Writer] appends rows; the first is a [Meta]. [Read] visits them in the
// order in which they were written, also while the writer is still at work, and
// after it was killed. Latencies travel as [Hist], which every HdrHistogram tool
// can read. A new kind of row is a struct that embeds [Head], its Kind method,
// a line in the registry below and a section in docs/record.md.
package record

import "time"

// Format names the version of the format. It changes when a reader of the old
// one would misunderstand the new; rows and fields are added without it.
const Format = "plimsoll.record/1"

// A Row is one line of a record: one of the structs of this package, or a
// pointer to one.
type Row interface {
	// Kind is the row's "kind" field.
	Kind() string
	// Time is when the row was true, since the run's start, on the one
	// monotonic clock of the run.
	Time() time.Duration
}

// Head is what every row has besides its kind.
type Head struct {
	T int64 `json:"t"` // nanoseconds since the run's start
}

// Time returns T.
func (h Head) Time() time.Duration { return time.Duration(h.T) }

// registry makes an empty row of each kind that this version knows.
var registry = map[string]func() Row{
	"meta":       func() Row { return new(Meta) },
	"trial":      func() Row { return new(Trial) },
	"second":     func() Row { return new(Second) },
	"histogram":  func() Row { return new(Histogram) },
	"gauge":      func() Row { return new(Gauge) },
	"step":       func() Row { return new(Step) },
	"request":    func() Row { return new(Request) },
	"experiment": func() Row { return new(Experiment) },
	"event":      func() Row { return new(Event) },
	"trace":      func() Row { return new(Trace) },
	"span":       func() Row { return new(Span) },
	"costs":      func() Row { return new(Costs) },
	"prediction": func() Row { return new(Prediction) },
	"warning":    func() Row { return new(Warning) },
	"verdict":    func() Row { return new(Verdict) },
}
