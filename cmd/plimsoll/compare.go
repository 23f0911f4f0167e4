package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/internal/lab"
	"github.com/plimsoll-dev/plimsoll/internal/report"
	"github.com/plimsoll-dev/plimsoll/internal/report/page"
	"github.com/plimsoll-dev/plimsoll/internal/report/traceevent"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
	"github.com/plimsoll-dev/plimsoll/workload"
)

type compareCmd struct {
	Workload string   `arg:"" help:"Name of a built-in workload, path of a document, or claims for the suite of claims."`
	Engine   []string `short:"e" sep:"none" placeholder:"ENGINE" help:"Engine to run it under, as thread:max=500,spare=50; repeat for each. Default: those of the workload."`
	Quick    bool     `help:"Half the trials, wider intervals."`
	Predict  bool     `help:"Also calibrate this machine and simulate every engine, and print the predicted load lines beside the measured ones; forty seconds more."`
	Record   string   `type:"path" placeholder:"FILE" help:"Where the record goes. Default: a file named after the workload and the time."`
	JSON     string   `name:"json" placeholder:"FILE" help:"Write the verdict as JSON; - for standard output, with nothing else there."`
	HTML     string   `name:"html" type:"path" placeholder:"FILE" help:"Write the report as one HTML page: charts, evidence and environment."`
	Markdown string   `type:"path" placeholder:"FILE" help:"Write what became of claims as Markdown."`
	Trace    string   `type:"path" placeholder:"FILE" help:"Also record half a second at each engine's load line, and write what its threads, loops and carriers did; for ui.perfetto.dev or chrome://tracing."`
}

func (compareCmd) Help() string {
	return `Runs the workload for real: a server under each engine, under open-loop load on loopback, driven up to where it breaks and past it. Prints each engine's load line, wall and cost, and leaves a record.

Examples:
  plimsoll compare black-friday
  plimsoll compare black-friday -e thread:max=200 -e thread:max=400 --quick
  plimsoll compare ./my-service.yaml --json verdict.json --html report.html
  plimsoll compare black-friday -e thread -e vthread --predict
  plimsoll compare claims --markdown claims.md
  plimsoll compare claims/busy-polling`
}

func (c *compareCmd) Run(ctx context.Context, s streams) error {
	docs, err := c.documents(ctx, s)
	if err != nil {
		return usageErr(err)
	}
	files := outputs{json: c.JSON, html: c.HTML, markdown: c.Markdown, trace: c.Trace, record: c.Record}
	run, err := c.measurement(docs, files)
	if err == nil {
		err = files.check()
	}
	if err != nil {
		return usageErr(err)
	}
	name := docs[0].Workload.Name
	if len(docs) > 1 {
		name = workload.SuiteName
	}
	w, path, err := createRecord(c.Record, name, time.Now())
	if err != nil {
		return usageErr(err)
	}
	p := newProgress(s.err)
	for _, doc := range docs {
		for _, warning := range doc.Warnings {
			p.line("warning: " + warning.String())
		}
	}
	runErr := run(ctx, lab.Options{Quick: c.Quick, Predict: c.Predict, Trace: c.Trace != "", Record: w, Tool: version(), Args: os.Args[1:], Progress: p.show})
	p.end()
	return conclude(runErr, w, path, files, s, "")
}

// documents are what is to be run: one workload, or the suite's.
func (c *compareCmd) documents(ctx context.Context, s streams) ([]*workload.Document, error) {
	names := []string{c.Workload}
	if c.Workload == workload.SuiteName {
		names = workload.Suite()
	}
	var docs []*workload.Document
	for _, name := range names {
		doc, err := readDocument(ctx, s, name)
		if err != nil {
			return nil, err
		}
		docs = append(docs, doc)
	}
	return docs, nil
}

// measurement is a comparison, or for documents with a claim the runs that the
// claim needs.
func (c *compareCmd) measurement(docs []*workload.Document, files outputs) (func(context.Context, lab.Options) error, error) {
	claims := docs[0].Workload.Claim != ""
	switch {
	case claims && len(c.Engine) > 0:
		return nil, errors.New("a claim is about the engines of its document; leave out -e")
	case claims && files.trace != "":
		return nil, errors.New("claims leave no trace; leave out --trace, or compare one of your own workloads")
	case claims && c.Predict:
		return nil, errors.New("claims are not predicted; leave out --predict, or compare one of your own workloads")
	case c.Predict && docs[0].Workload.NoSearch:
		return nil, errors.New("this workload has no load line to predict (search: false); leave out --predict")
	case claims:
		return func(ctx context.Context, o lab.Options) error { return lab.Claims(ctx, docs, o) }, nil
	case files.markdown != "":
		return nil, errors.New("only claims are written as Markdown; use --html")
	}
	engines, err := c.engines(docs[0].Workload)
	for _, e := range engines {
		err = errors.Join(err, e.Runnable())
	}
	return func(ctx context.Context, o lab.Options) error {
		o.Document, o.Engines = docs[0], engines
		return lab.Compare(ctx, o)
	}, err
}

func (c *compareCmd) engines(w *model.Workload) ([]model.EngineConfig, error) {
	if len(c.Engine) == 0 {
		return w.Engines, nil
	}
	var engines []model.EngineConfig
	for _, text := range c.Engine {
		e, err := model.ParseEngine(text)
		if err != nil {
			return nil, err
		}
		engines = append(engines, e)
	}
	return engines, nil
}

// compareReader derives the verdict of a comparison.
type compareReader struct {
	run    analysis.Run
	rows   page.Rows
	traces traceevent.Traces
}

func (c *compareReader) add(row record.Row) error {
	c.rows.Add(row)
	c.traces.Add(row)
	return c.run.Add(row, parseWorkload)
}

func (c *compareReader) result(info record.Info) result {
	c.run.Hash = info.Hash
	c.run.End()
	return &compared{analysis.Derive(&c.run), &c.run, &c.rows, &c.traces}
}

func parseWorkload(name string, source []byte) (*model.Workload, error) {
	w, _, err := workload.Parse(name, source)
	return w, err
}

// compared is the result of a comparison.
type compared struct {
	verdict *analysis.Verdict
	run     *analysis.Run
	rows    *page.Rows
	traces  *traceevent.Traces
}

func (c *compared) table(w io.Writer) error { return report.Compare(w, c.verdict) }
func (c *compared) digest() any             { return c.verdict }
func (c *compared) page(w io.Writer) error  { return page.Compare(w, c.verdict, c.run, c.rows) }
func (c *compared) trace(w io.Writer) error { return c.traces.Write(w) }

// outcome is void if one engine's measurement is, and a failure if an
// expectation is not met.
func (c *compared) outcome() error {
	var void, missed []string
	for _, e := range c.verdict.Engines {
		if e.Void {
			void = append(void, e.Name+": "+strings.Join(e.VoidReasons, "; "))
		}
	}
	for _, x := range c.verdict.Expectations {
		switch x.Outcome {
		case analysis.Missed:
			missed = append(missed, fmt.Sprintf("{%s}: %s", x.Text, report.Measured(x)))
		case analysis.Undone:
			void = append(void, fmt.Sprintf("{%s}: %s", x.Text, x.Reason))
		}
	}
	switch {
	case len(missed) > 0:
		return expectationErr(fmt.Errorf("an expectation was missed:\n  %s", strings.Join(missed, "\n  ")))
	case len(void) > 0:
		return voidErr(fmt.Errorf("the measurement is void:\n  %s", strings.Join(void, "\n  ")))
	}
	return nil
}
