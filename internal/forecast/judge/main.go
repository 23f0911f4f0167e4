package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/plimsoll-dev/plimsoll/internal/accuracy"
	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
	"github.com/plimsoll-dev/plimsoll/workload"
)

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}

func run(args []string, out, said io.Writer) error {
	flags := flag.NewFlagSet("judge", flag.ContinueOnError)
	flags.SetOutput(said)
	flags.Usage = func() {
		fmt.Fprintln(flags.Output(), "judge [-document FILE] RECORD...\n\nReads records of `plimsoll compare --predict`.")
		flags.PrintDefaults()
	}
	document := flags.String("document", "", "Markdown `file` whose marked section is written anew")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() == 0 {
		return errors.New("no record; write: judge RECORD, of `plimsoll compare WORKLOAD --predict --record RECORD`")
	}
	var all []accuracy.Predicted
	for _, path := range flags.Args() {
		p, err := read(path)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		all = append(all, p)
	}
	var text bytes.Buffer
	if err := accuracy.WritePredictions(&text, all); err != nil {
		return err
	}
	if _, err := out.Write(text.Bytes()); err != nil || *document == "" {
		return err
	}
	old, err := os.ReadFile(*document)
	if err != nil {
		return err
	}
	changed, err := accuracy.Section(string(old), accuracy.BeginPredictions, text.String())
	if err != nil {
		return fmt.Errorf("%s: %w", *document, err)
	}
	return os.WriteFile(*document, []byte(changed), 0o644)
}

// read derives the verdict from a record.
func read(path string) (p accuracy.Predicted, err error) {
	f, err := os.Open(path)
	if err != nil {
		return p, err
	}
	defer f.Close()
	var r analysis.Run
	info, err := record.Read(f, func(row record.Row) error {
		if c, ok := row.(*record.Costs); ok {
			p.Costs = c
		}
		return r.Add(row, func(name string, source []byte) (*model.Workload, error) {
			w, _, err := workload.Parse(name, source)
			return w, err
		})
	})
	if err != nil {
		return p, err
	}
	if r.Meta == nil || p.Costs == nil {
		return p, errors.New("nothing was predicted in this run; make it with `plimsoll compare WORKLOAD --predict`")
	}
	r.Hash = info.Hash
	p.Host, p.Verdict = r.Meta.Host, analysis.Derive(&r)
	return p, nil
}
