package lab

import (
	"context"
	"errors"
	"fmt"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
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
		if err := Compare(ctx, o); err != nil {
			return fmt.Errorf("claim %s: %w", doc.Name, err)
		}
		return nil
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
