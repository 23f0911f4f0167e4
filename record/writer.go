package record

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"sync"
)

// ErrClosed is returned by Write after Close.
var ErrClosed = errors.New("record: write after close")

// A Writer appends rows to a record. Each row is one line and one Write of the
// destination, so that a process that is killed leaves whole lines, at worst
// followed by a piece of one. All methods may be called concurrently.
type Writer struct {
	dst  io.Writer
	file *os.File // what Close syncs and closes, or nil

	mu     sync.Mutex // guards what follows, and the order of lines; held while a line is written
	sum    hash.Hash  // over the bytes before the first verdict
	sealed bool       // a verdict was written
	begun  bool       // a meta row was written
	broken error      // the destination failed or was closed; nothing is written after it
	first  error      // the first error of any Write
}

// Create makes a record file, replacing one that is there.
func Create(path string) (*Writer, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, fmt.Errorf("record: create: %w", err)
	}
	w := NewWriter(f)
	w.file = f
	return w, nil
}

// NewWriter returns a writer to dst, which the caller closes after it.
func NewWriter(dst io.Writer) *Writer { return &Writer{dst: dst, sum: sha256.New()} }

// Write appends one row. The first must be a [Meta], and a Meta's Format must be
// this package's. A row that cannot be written as JSON (a gauge that is not a
// number, say) is left out and its error returned. After the destination has
// failed, nothing more is written, and every Write returns that failure.
func (w *Writer) Write(row Row) error {
	line, err := marshal(row)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.broken != nil {
		return w.broken
	}
	if err == nil && !w.begun && row.Kind() != "meta" {
		err = fmt.Errorf("record: write %s: the first row must be meta", row.Kind())
	}
	if err == nil {
		if err = w.append(line); err != nil {
			w.broken = err
		} else {
			w.begun = true
			w.digest(row, line)
		}
	}
	if w.first == nil {
		w.first = err
	}
	return err
}

func (w *Writer) append(line []byte) error {
	n, err := w.dst.Write(line)
	if err == nil && n < len(line) {
		err = io.ErrShortWrite
	}
	if err != nil {
		return fmt.Errorf("record: write: %w", err)
	}
	return nil
}

func (w *Writer) digest(row Row, line []byte) {
	w.sealed = w.sealed || row.Kind() == "verdict"
	if !w.sealed {
		w.sum.Write(line)
	}
}

// Hash identifies what was measured: "sha256:" and the hexadecimal digest of
// every byte written before the first verdict row, newlines included. [Info]
// has the same of a record that is read.
func (w *Writer) Hash() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return digestText(w.sum)
}

func digestText(sum hash.Hash) string { return "sha256:" + hex.EncodeToString(sum.Sum(nil)) }

// Close flushes a file of [Create] to the disk and closes it. It returns the
// first error that any Write returned, so that a run whose rows are written
// from many places needs to look only here.
func (w *Writer) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if errors.Is(w.broken, ErrClosed) {
		return w.first
	}
	if w.file != nil {
		if err := errors.Join(w.file.Sync(), w.file.Close()); err != nil && w.first == nil {
			w.first = fmt.Errorf("record: close: %w", err)
		}
	}
	w.broken = ErrClosed
	return w.first
}

// marshal returns the row as a line: its fields with "kind" before them.
func marshal(row Row) ([]byte, error) {
	if m, ok := metaOf(row); ok && m.Format != Format {
		return nil, fmt.Errorf("record: write meta: format is %q, want %q", m.Format, Format)
	}
	head := `{"kind":"` + row.Kind() + `",`
	var b bytes.Buffer
	b.WriteString(head)
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // a workload's source stays legible
	if err := enc.Encode(row); err != nil {
		return nil, fmt.Errorf("record: write %s: %w", row.Kind(), err)
	}
	line := b.Bytes()
	copy(line[1:], line[:len(head)]) // over the brace that the row's own JSON opens with
	return line[1:], nil
}

func metaOf(row Row) (Meta, bool) {
	switch m := row.(type) {
	case Meta:
		return m, true
	case *Meta:
		return *m, true
	}
	return Meta{}, false
}
