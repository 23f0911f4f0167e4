package lab

import (
	"context"
	"errors"
	"fmt"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/record"
	"github.com/plimsoll-dev/plimsoll/workload"
)

// Claims runs documents one after the other, each under its own engines and
// followed by its control, and writes it all to one record, with one verdict at
// the end. It returns as [Compare] does; the options name no document.
func Claims(ctx context.Context, docs []*workload.Document, o Options) error {
	o.suite = &analysis.Suite{}
	err := eachRun(docs, func(doc *workload.Document, control bool) error {
		o.Document, o.Engines = doc, doc.Workload.Engines
		o.claim, o.control = doc.Name, control
		begun := len(o.suite.Runs)
		err := Compare(ctx, o)
		switch {
		case err == nil:
			return nil
		case ctx.Err() == nil && len(docs) > 1 && len(o.suite.Runs) > begun:
			// What stops one claim need not cost the others.
			return failed(o, err)
		}
		return fmt.Errorf("claim %s: %w", doc.Name, err)
	})
	if len(o.suite.Runs) == 0 {
		return err
	}
	o.suite.Hash = o.Record.Hash()
	row, verr := analysis.SuiteRow(analysis.DeriveSuite(o.suite))
	if verr == nil {
		verr = o.Record.Write(row)
	}
	return errors.Join(err, verr)
}

// failed puts the reason why a run came to nothing into the record.
func failed(o Options, err error) error {
	r := o.suite.Runs[len(o.suite.Runs)-1]
	row := &record.Event{Name: analysis.EventFailed, Text: err.Error()}
	return errors.Join(o.Record.Write(row), r.Add(row, nil))
}

func eachRun(docs []*workload.Document, run func(doc *workload.Document, control bool) error) error {
	for _, doc := range docs {
		if err := run(doc, false); err != nil {
			return err
		}
		if control := doc.ControlDocument(); control != nil {
			if err := run(control, true); err != nil {
				return err
			}
		}
	}
	return nil
}
