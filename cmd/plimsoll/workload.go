package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/plimsoll-dev/plimsoll/workload"
)

// workloadCmd groups what can be done with workload documents.
type workloadCmd struct {
	List   workloadListCmd   `cmd:"" help:"List the built-in workloads."`
	Show   workloadShowCmd   `cmd:"" help:"Print a workload document as it is written."`
	Check  workloadCheckCmd  `cmd:"" help:"Check workload documents, and say what they ask for."`
	Import workloadImportCmd `cmd:"" help:"Make a workload document of traces or an access log."`
}

type workloadListCmd struct{}

// Help shows how to go on from the list.
func (workloadListCmd) Help() string {
	return `RESIDENCE is how long an average request lives and CPU WORK what it computes, both without queueing and without the engine's own costs.

Example:

    plimsoll workload list`
}

// Run writes the table.
func (workloadListCmd) Run(s streams) error {
	docs, err := loadAll(workload.Builtins())
	if err != nil {
		return err
	}
	if err := workload.WriteList(s.out, docs); err != nil {
		return err
	}
	if docs, err = loadAll(workload.Suite()); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "\nThe suite of claims, %q:\n", workload.SuiteName)
	return workload.WriteSuite(s.out, docs)
}

func loadAll(names []string) ([]*workload.Document, error) {
	var docs []*workload.Document
	for _, name := range names {
		doc, err := workload.Load(name)
		if err != nil {
			return nil, err
		}
		docs = append(docs, doc)
	}
	return docs, nil
}

type workloadShowCmd struct {
	Name string `arg:"" help:"A built-in workload, or the path of a file."`
}

// Help shows how to begin a document of one's own.
func (workloadShowCmd) Help() string {
	return `The output is a document itself. To begin one of your own:

    plimsoll workload show black-friday > mine.yaml`
}

// Run writes the document.
func (c workloadShowCmd) Run(s streams) error {
	doc, err := workload.Load(c.Name)
	if err != nil {
		return err
	}
	_, err = s.out.Write(doc.Source)
	return err
}

type workloadCheckCmd struct {
	Files []string `arg:"" name:"file" help:"Paths of files, or names of built-in workloads; - reads standard input."`
}

// Help shows the ways to name a document.
func (workloadCheckCmd) Help() string {
	return `Prints OK with warnings and a summary for each document. The first error of a document is printed with its place and what to write instead, and the exit code is 2.

Examples:

    plimsoll workload check black-friday
    plimsoll workload show document-qa | plimsoll workload check -`
}

// Run checks every document, also after one that has an error.
func (c workloadCheckCmd) Run(ctx context.Context, s streams) error {
	var files []string
	for _, name := range c.Files {
		if name == workload.SuiteName {
			files = append(files, workload.Suite()...)
		} else {
			files = append(files, name)
		}
	}
	var failed []error
	for _, name := range files {
		doc, err := readDocument(ctx, s, name)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			failed = append(failed, err)
			continue
		}
		if err := workload.WriteCheck(s.out, doc); err != nil {
			return err
		}
	}
	return errors.Join(failed...)
}

// readDocument reads a document by its name, or from standard input. Waiting for
// standard input ends with ctx, though the read itself cannot be ended.
func readDocument(ctx context.Context, s streams, name string) (*workload.Document, error) {
	if name != "-" {
		return workload.Load(name)
	}
	type result struct {
		doc *workload.Document
		err error
	}
	done := make(chan result, 1)
	go func() {
		doc, err := workload.Read("standard input", s.in)
		done <- result{doc, err}
	}()
	select {
	case r := <-done:
		return r.doc, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
