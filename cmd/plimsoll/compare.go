package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/internal/lab"
	"github.com/plimsoll-dev/plimsoll/internal/report"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
	"github.com/plimsoll-dev/plimsoll/workload"
)

type compareCmd struct {
	Workload string   `arg:"" help:"Name of a built-in workload, or path of a document."`
	Engine   []string `short:"e" sep:"none" placeholder:"ENGINE" help:"Engine to run it under, as thread:max=500,spare=50; repeat for each. Default: those of the workload."`
	Quick    bool     `help:"Half the trials, wider intervals."`
	Record   string   `type:"path" placeholder:"FILE" help:"Where the record goes. Default: a file named after the workload and the time."`
	JSON     string   `name:"json" placeholder:"FILE" help:"Write the verdict as JSON; - for standard output, with nothing else there."`
}

func (compareCmd) Help() string {
	return `Runs the workload for real: a server under each engine, under open-loop load on loopback, driven up to where it breaks and past it. Prints each engine's load line, wall and cost, and leaves a record.

Examples:
  plimsoll compare black-friday
  plimsoll compare black-friday -e thread:max=200 -e thread:max=400 --quick
  plimsoll compare ./my-service.yaml --json verdict.json`
}

func (c *compareCmd) Run(ctx context.Context, s streams) error {
	doc, err := readDocument(ctx, s, c.Workload)
	if err != nil {
		return usageErr(err)
	}
	engines, err := c.engines(doc.Workload)
	if err != nil {
		return usageErr(err)
	}
	path := c.Record
	if path == "" {
		path = fmt.Sprintf("plimsoll-%s-%s.jsonl", doc.Workload.Name, time.Now().Format("20060102-150405"))
	}
	w, err := record.Create(path)
	if err != nil {
		return usageErr(err)
	}
	p := newProgress(s.err)
	for _, warning := range doc.Warnings {
		p.line("warning: " + warning.String())
	}
	runErr := lab.Compare(ctx, lab.Options{
		Document: doc, Engines: engines, Quick: c.Quick, Record: w, Tool: "plimsoll " + version(), Args: os.Args[1:], Progress: p.show,
	})
	p.end()
	if err := errors.Join(runErr, w.Close()); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	// From the file alone, as `report` would.
	v, err := readVerdict(path)
	if err != nil {
		return errors.Join(runErr, err)
	}
	if err := show(v, c.JSON, s.out); err != nil {
		return err
	}
	fmt.Fprintf(s.err, "\nrecord: %s\n", path)
	if runErr != nil {
		return runErr
	}
	return outcome(v)
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

// readVerdict derives the verdict of a record.
func readVerdict(path string) (*analysis.Verdict, error) {
	run := &analysis.Run{}
	info, err := record.Open(path, func(row record.Row) error { return run.Add(row, parseWorkload) })
	if err != nil {
		return nil, err
	}
	if run.Meta == nil {
		return nil, fmt.Errorf("%s: the record has not begun", path)
	}
	run.Hash = info.Hash
	return analysis.Derive(run), nil
}

func parseWorkload(name string, source []byte) (*model.Workload, error) {
	w, _, err := workload.Parse(name, source)
	return w, err
}

// show prints the table, or the verdict as JSON to a file or, for "-", in the
// table's place.
func show(v *analysis.Verdict, jsonFile string, out io.Writer) error {
	if jsonFile != "" {
		b, err := json.MarshalIndent(v, "", "  ")
		if err != nil {
			return fmt.Errorf("write verdict: %w", err)
		}
		b = append(b, '\n')
		if jsonFile == "-" {
			_, err = out.Write(b)
			return err
		}
		if err := os.WriteFile(jsonFile, b, 0o644); err != nil {
			return usageErr(fmt.Errorf("write verdict: %w", err))
		}
	}
	return report.Compare(out, v)
}

// outcome is the exit code of a verdict.
func outcome(v *analysis.Verdict) error {
	var void []string
	for _, e := range v.Engines {
		if e.Void {
			void = append(void, e.Name+": "+strings.Join(e.VoidReasons, "; "))
		}
	}
	if len(void) > 0 {
		return voidErr(fmt.Errorf("the measurement is void:\n  %s", strings.Join(void, "\n  ")))
	}
	return nil
}
