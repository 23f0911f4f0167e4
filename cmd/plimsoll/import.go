package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/plimsoll-dev/plimsoll/internal/importer"
	"github.com/plimsoll-dev/plimsoll/model"
)

type workloadImportCmd struct {
	OTLP        string `name:"otlp" required:"" xor:"input" placeholder:"FILE" help:"Traces: OTLP as JSON, JSON lines or protobuf, or Jaeger's JSON; the form is detected. - reads standard input."`
	AccessLog   string `required:"" xor:"input" placeholder:"FILE" help:"An access log in the common or combined format or as JSON lines. - reads standard input."`
	Service     string `placeholder:"NAME" help:"Whose requests to model; otherwise the service that most requests enter by."`
	ClientSpans string `default:"await" enum:"await,call" help:"What a client span is: await (the service gives way) or call (a synchronous driver)."`
	Output      string `short:"o" type:"path" placeholder:"FILE" help:"Where to write the document; otherwise it is printed."`
}

// Help says what comes out.
func (workloadImportCmd) Help() string {
	return `Reads what production recorded, and writes a workload document in which comments say where each figure came from, and what could not be mapped.

Examples:

    plimsoll workload import --otlp traces.json -o orders.yaml
    plimsoll workload import --otlp traces.pb.gz --service orders --client-spans call > orders.yaml
    plimsoll workload import --access-log access.log | plimsoll workload check -`
}

// Run reads, maps, and writes the document.
func (c workloadImportCmd) Run(s streams) error {
	o := importer.Options{Service: c.Service, Waits: model.Await}
	if c.ClientSpans == model.Call.String() {
		o.Waits = model.Call
	}
	name, read := c.OTLP, importTraces
	if c.AccessLog != "" {
		name, read = c.AccessLog, importAccessLog
		if c.Service != "" {
			return usageErr(errors.New("--service chooses among the services of traces, and an access log is one service's\n  remove --service"))
		}
	}
	in, source := s.in, "standard input"
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return fmt.Errorf("import: %w", err)
		}
		defer f.Close()
		in, source = f, filepath.Base(name)
	}
	res, err := read(source, in, o)
	if at := (*importer.Error)(nil); errors.As(err, &at) && at.Line > 0 {
		return fmt.Errorf("import: %s:%w", source, err)
	}
	if err != nil {
		return fmt.Errorf("import %s: %w", source, err)
	}
	doc, err := res.Document()
	if err != nil {
		return fmt.Errorf("import %s: %w", source, err)
	}
	if c.Output == "" {
		_, err = s.out.Write(doc)
		return err
	}
	if err := os.WriteFile(c.Output, doc, 0o644); err != nil {
		return fmt.Errorf("import: %w", err)
	}
	for _, u := range res.Unmapped {
		fmt.Fprintf(s.err, "not mapped: %d × %s\n", u.N, u.What)
	}
	return nil
}

func importTraces(source string, r io.Reader, o importer.Options) (*importer.Result, error) {
	t := importer.NewTraces(source)
	if err := importer.ReadSpans(r, t.Add); err != nil {
		return nil, err
	}
	return t.Workload(o)
}

func importAccessLog(source string, r io.Reader, o importer.Options) (*importer.Result, error) {
	l, err := importer.ReadAccessLog(source, r)
	if err != nil {
		return nil, err
	}
	return l.Workload(o)
}
