package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/plimsoll-dev/plimsoll/internal/report"
	"github.com/plimsoll-dev/plimsoll/probe"
	"github.com/plimsoll-dev/plimsoll/record"
)

type reportCmd struct {
	File string `arg:"" type:"path" help:"A record."`
	JSON string `name:"json" placeholder:"FILE" help:"Write the result as JSON; - for standard output, with nothing else there."`
	HTML string `name:"html" type:"path" placeholder:"FILE" help:"Write the report as one HTML page; of a comparison, of claims, of a plan, or of a probe."`

	Markdown string `type:"path" placeholder:"FILE" help:"Write what became of claims as Markdown."`
	Fit      string `type:"path" placeholder:"FILE" help:"Write what a probe learned as a workload document."`
	Trace    string `type:"path" placeholder:"FILE" help:"Write what threads, loops and carriers did, for ui.perfetto.dev or chrome://tracing; of a comparison that was asked for it."`
}

func (reportCmd) Help() string {
	return `Derives the result from the record alone, and prints the same table that the run printed. A record that is still being written, or whose run was interrupted, gives what is known so far.

Examples:
  plimsoll report plimsoll-black-friday-20260102-150405.jsonl
  plimsoll report run.jsonl --html report.html
  plimsoll report run.jsonl --json - | jq '.engines[].load_line'`
}

func (c *reportCmd) Run(s streams) error {
	to := outputs{json: c.JSON, html: c.HTML, markdown: c.Markdown, trace: c.Trace, fit: c.Fit, record: c.File}
	if err := to.distinct(); err != nil {
		return usageErr(fmt.Errorf("report: %w", err))
	}
	r, err := readRecord(c.File)
	if err != nil {
		return usageErr(fmt.Errorf("report: %w", err))
	}
	if err := show(r, to, s.out); err != nil {
		return err
	}
	return r.outcome()
}

// A result is what a run came to.
type result interface {
	table(io.Writer) error // for a person
	digest() any           // for programs, as JSON
	outcome() error        // an [exitError], or nil where all is as expected
}

// A reader derives a result from a record's rows.
type reader interface {
	add(record.Row) error
	result(record.Info) result
}

// readers are by the command that writes the record.
var readers = map[string]func() reader{
	"compare":  func() reader { return new(compareReader) },
	"simulate": func() reader { return new(compareReader) },
	"load":     func() reader { return new(loadReader) },
	"plan":     func() reader { return new(planReader) },
	"probe":    func() reader { return new(probeReader) },
}

// readRecord derives the result of a record, as a command does that has written
// one: so both say the same.
func readRecord(path string) (result, error) {
	var r reader
	info, err := record.Open(path, func(row record.Row) error {
		if m, ok := row.(*record.Meta); ok && r == nil { // the first row
			begin := readers[m.Command]
			if m.Claim != "" {
				begin = func() reader { return new(claimsReader) }
			}
			if begin == nil {
				return fmt.Errorf("%s is a record of %q; this program reads those of %s",
					path, "plimsoll "+m.Command, strings.Join(slices.Sorted(maps.Keys(readers)), " and "))
			}
			r = begin()
		}
		return r.add(row)
	})
	if err != nil {
		return nil, err
	}
	if r == nil {
		return nil, fmt.Errorf("%s: the record has not begun: it has no whole line, because its run is about to write one, or was killed before", path)
	}
	return r.result(info), nil
}

// conclude ends a run that wrote w, the record at path. What it shows comes from
// that file alone, as `report` would show it; note is a line about how it was
// come by. A run that was interrupted is shown as far as it went.
func conclude(runErr error, w *record.Writer, path string, to outputs, s streams, note string) error {
	err := runErr
	if closeErr := w.Close(); !errors.Is(runErr, closeErr) { // it is one where the record ended the run
		err = errors.Join(runErr, closeErr)
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	r, err := readRecord(path)
	if err != nil {
		return errors.Join(runErr, err)
	}
	if err := show(r, to, s.out); err != nil {
		return errors.Join(runErr, err)
	}
	fmt.Fprintf(s.err, "\n%srecord: %s\n", note, path)
	if runErr != nil {
		return runErr
	}
	return r.outcome()
}

// A paged result can also be written as an HTML page.
type paged interface{ page(io.Writer) error }

// outputs are the files that a result is asked for in, and the record, which is
// written or read by itself; "" is none.
type outputs struct{ json, html, markdown, trace, fit, record string }

// distinct tells that two are one file, of which the later one would be left: a
// page, say, in the place of what was measured.
func (o outputs) distinct() error {
	all := []struct{ option, path string }{{"the record", o.record}, {"--json", o.json}, {"--html", o.html}, {"--markdown", o.markdown}, {"--trace", o.trace}, {"--fit", o.fit}}
	for i, a := range all {
		for _, b := range all[:i] {
			if a.path != "" && a.path != "-" && sameFile(a.path, b.path) {
				return fmt.Errorf("%s and %s are the same file, %s; name another one", b.option, a.option, a.path)
			}
		}
	}
	return nil
}

// sameFile reports whether two paths lead to one file that holds what is written
// to it, or would lead there.
func sameFile(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	if errX == nil && errY == nil {
		return x.Mode().IsRegular() && os.SameFile(x, y)
	}
	if errX == nil || errY == nil {
		return false
	}
	a, errX = filepath.Abs(a)
	b, errY = filepath.Abs(b)
	return errX == nil && errY == nil && a == b
}

// check tells before a long measurement, not after it, that a file cannot be
// written.
func (o outputs) check() error {
	if err := o.distinct(); err != nil {
		return err
	}
	for _, path := range []string{o.json, o.html, o.markdown, o.trace, o.fit} {
		if path == "" || path == "-" {
			continue
		}
		_, err := os.Stat(path)
		isNew := errors.Is(err, fs.ErrNotExist)
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o644)
		if err != nil {
			return fmt.Errorf("write result: %w", err)
		}
		f.Close()
		if isNew {
			os.Remove(path)
		}
	}
	return nil
}

// show prints the table, and writes files; JSON for "-" goes in the table's
// place.
func show(r result, to outputs, out io.Writer) error {
	var pageErr error
	if to.html != "" {
		if err := writePage(r, to.html); err != nil {
			pageErr = usageErr(fmt.Errorf("write page: %w", err))
		}
	}
	if to.markdown != "" {
		if err := writeMarkdown(r, to.markdown); err != nil {
			pageErr = usageErr(fmt.Errorf("write Markdown: %w", err))
		}
	}
	var traceErr error
	if to.trace != "" {
		if err := writeTrace(r, to.trace); err != nil {
			traceErr = usageErr(fmt.Errorf("write trace: %w", err))
		}
	}
	var fitErr error
	if to.fit != "" {
		if err := writeFit(r, to.fit); err != nil {
			fitErr = usageErr(fmt.Errorf("--fit: %w", err))
		}
	}
	return errors.Join(pageErr, traceErr, fitErr, showTable(r, to, out))
}

func showTable(r result, to outputs, out io.Writer) error {
	if to.json != "" {
		b, err := json.MarshalIndent(r.digest(), "", "  ")
		if err != nil {
			return fmt.Errorf("write result: %w", err)
		}
		b = append(b, '\n')
		if to.json == "-" {
			_, err = out.Write(b)
			return err
		}
		if err := os.WriteFile(to.json, b, 0o644); err != nil {
			return usageErr(fmt.Errorf("write result: %w", err))
		}
	}
	return r.table(out)
}

func writePage(r result, file string) error {
	p, ok := r.(paged)
	if !ok {
		return errors.New("only records of `plimsoll compare`, `plimsoll simulate`, `plimsoll plan` and `plimsoll probe` have an HTML page; leave out --html for its table, or use --json")
	}
	var b bytes.Buffer
	if err := p.page(&b); err != nil {
		return err
	}
	return os.WriteFile(file, b.Bytes(), 0o644)
}

func writeFit(r result, file string) error {
	p, ok := r.(*probed)
	if !ok {
		return errors.New("only what a probe learned is written as a workload")
	}
	text, err := probe.Fit(p.history)
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o644)
}

func writeMarkdown(r result, file string) error {
	c, ok := r.(*claimed)
	if !ok {
		return errors.New("only claims are written as Markdown")
	}
	var b bytes.Buffer
	if err := report.ClaimsMarkdown(&b, c.verdict); err != nil {
		return err
	}
	return os.WriteFile(file, b.Bytes(), 0o644)
}
