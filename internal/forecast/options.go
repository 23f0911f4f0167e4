package forecast

import (
	"errors"
	"fmt"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/costs"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
	"github.com/plimsoll-dev/plimsoll/workload"
)

// Options say what to simulate.
type Options struct {
	Document *workload.Document
	Engines  []model.EngineConfig
	CPUs     int // that the server has, or each instance of it

	Instances int            // of the service, behind a balancer; 0: one
	Balancer  model.Balancer // "": round-robin
	Retries   int            // that clients make of a request that failed
	Backoff   time.Duration  // with full jitter, before the first of them

	Costs  costs.Choice
	Record *record.Writer // where every row goes; the caller closes it
	Tool   string         // program and version, for the record
	Args   []string       // of the command line, for the record
	// Progress is told of every trial when it has ended; nil: nobody is.
	Progress func(*record.Trial)
}

// ErrNoEngine is returned where there is nothing to simulate.
var ErrNoEngine = errors.New("forecast: no engine was named, and the workload names none; add -e thread:max=200, for example")

// AtRate returns the document of a workload that is looked at, at one rate for a
// whole number of seconds, and of which nothing else is asked.
func AtRate(doc *workload.Document, rate float64, window time.Duration) (*workload.Document, error) {
	w := *doc.Workload
	w.NoSearch, w.Rates = true, []model.RateTrial{{Rate: rate, For: window}}
	w.Expect, w.Claim, w.Control = nil, "", nil
	return again(doc, &w)
}

// Seeded returns a document with another seed.
func Seeded(doc *workload.Document, seed uint64) (*workload.Document, error) {
	w := *doc.Workload
	w.Seed = seed
	return again(doc, &w)
}

// again makes a changed workload into the document that a record can hold.
func again(doc *workload.Document, w *model.Workload) (*workload.Document, error) {
	source := workload.Format(w)
	parsed, _, err := workload.Parse(doc.Name, source)
	if err != nil {
		return nil, fmt.Errorf("forecast: the document with these changes: %w", err)
	}
	// Warnings point into the document as it was written.
	return &workload.Document{Name: doc.Name, Source: source, Workload: parsed, Warnings: doc.Warnings}, nil
}
