package importer

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/plimsoll-dev/plimsoll/internal/importer/jaeger"
	"github.com/plimsoll-dev/plimsoll/internal/importer/otlp"
	"github.com/plimsoll-dev/plimsoll/internal/importer/span"
)

// largest bounds an element of a JSON document, in bytes, as package otlp does that
// of the protobuf form.
const largest = 256 << 20

const (
	traceForms = "give a file of OTLP (JSON, JSON lines or protobuf) or of Jaeger's JSON"
	copyAgain  = "copy or export it again"
)

var errEmpty = &Error{Text: "the file is empty: there is nothing to import", Hint: "look whether its exporter, or the copy, has ended without an error"}

// ReadSpans reads every span of a file, in whichever form it is: OTLP as JSON (also one
// document a line, or as the APIs of Jaeger and Tempo answer) or protobuf, or Jaeger's
// JSON; each also compressed by gzip. What is wrong with the file is an [*Error].
func ReadSpans(r io.Reader, each func(*span.Span)) error {
	b, err := open(r)
	if err != nil {
		return err
	}
	first, skip, err := firstByte(b)
	if err != nil {
		return err
	}
	switch first {
	case '{':
		return spansJSON(b, skip, largest, each)
	case '[':
		return &Error{Line: 1, Column: 1, Text: "the file is a JSON array, as Zipkin writes them", Hint: traceForms}
	case 0x0a, 0:
		return otlp.Proto(b, each)
	}
	return &Error{Line: 1, Column: 1, Text: fmt.Sprintf("the file begins with %q, which no trace file does", first), Hint: traceForms}
}

// packers are how files begin that something else than gzip has packed, or written.
var packers = []struct{ magic, text, hint string }{
	{"\x28\xb5\x2f\xfd", "the file is compressed by zstd", "unpack it first: zstd -d FILE"},
	{"BZh", "the file is compressed by bzip2", "unpack it first: bzip2 -d FILE"},
	{"\xfd7zX", "the file is compressed by xz", "unpack it first: xz -d FILE"},
	{"PK\x03\x04", "the file is a zip archive", "unpack it first: unzip FILE"},
	{"\xff\xfe", "the file is UTF-16", "convert it first: iconv -f utf-16 -t utf-8 FILE"},
	{"\xfe\xff", "the file is UTF-16", "convert it first: iconv -f utf-16 -t utf-8 FILE"},
}

// open unpacks gzip, and refuses what it knows to be packed otherwise.
func open(r io.Reader) (*bufio.Reader, error) {
	b := bufio.NewReaderSize(r, 64<<10)
	magic, err := b.Peek(4)
	if len(magic) == 0 {
		if err == io.EOF {
			err = errEmpty
		}
		return nil, err
	}
	for _, p := range packers {
		if strings.HasPrefix(string(magic), p.magic) {
			return nil, &Error{Text: p.text, Hint: p.hint}
		}
	}
	if !bytes.HasPrefix(magic, []byte{0x1f, 0x8b}) {
		return b, nil
	}
	z, err := gzip.NewReader(b)
	if err != nil {
		return nil, gzipError(err)
	}
	b = bufio.NewReaderSize(unpacked{z}, 64<<10)
	if _, err := b.Peek(1); err == io.EOF {
		return nil, errEmpty
	} else if err != nil {
		return nil, err
	}
	return b, nil
}

// unpacked is what gzip unpacks, with errors that say that it is gzip's.
type unpacked struct{ z *gzip.Reader }

// Read reads what was packed.
func (u unpacked) Read(p []byte) (int, error) {
	n, err := u.z.Read(p)
	return n, gzipError(err)
}

func gzipError(err error) error {
	var corrupt flate.CorruptInputError
	switch {
	case err == io.ErrUnexpectedEOF:
		return &Error{Text: "the gzip file ends in the middle: it is truncated", Hint: copyAgain}
	case errors.As(err, &corrupt) || errors.Is(err, gzip.ErrChecksum) || errors.Is(err, gzip.ErrHeader):
		return &Error{Text: "the gzip file is damaged", Hint: copyAgain}
	}
	return err
}

// firstByte tells JSON from protobuf without taking anything of it, and how much
// white space is before it. A message begins with 0x0a, which is also white space, so
// that white space counts as JSON's only where a brace follows.
func firstByte(b *bufio.Reader) (first byte, skip int, err error) {
	head, err := b.Peek(512)
	text := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	switch {
	case len(text) > 0 && (text[0] == '{' || text[0] == '['):
		return text[0], len(head) - len(text), nil
	case err != nil && err != io.EOF:
		return 0, 0, err
	case len(text) == 0 && len(head) < 512:
		return 0, 0, errEmpty
	}
	return head[0], 0, nil
}

// spansJSON reads documents one after another, and of each an element of its array
// at a time, which has so many bytes at most.
func spansJSON(r io.Reader, skip int, most int64, each func(*span.Span)) error {
	j := &reader{lines: lines{r: r, most: most}, base: int64(skip)}
	if _, err := io.CopyN(io.Discard, &j.lines, j.base); err != nil {
		return err
	}
	j.d = json.NewDecoder(&j.lines)
	known := false
	for {
		j.lines.forget(j.offset())
		found, err := j.document(each)
		known = known || found
		var place *Error
		switch {
		case err == io.EOF && !known:
			return &Error{Text: "the JSON has neither resourceSpans (OTLP) nor data (Jaeger)", Hint: traceForms}
		case err == io.EOF:
			return nil
		case errors.Is(err, io.ErrUnexpectedEOF):
			line, column := j.lines.at(j.lines.read)
			return &Error{line, column, "the file ends inside a JSON document: the file is truncated", copyAgain}
		case errors.As(err, &place):
			return err
		case err != nil:
			return j.syntax(err)
		}
	}
}

// A reader reads JSON and knows where it is.
type reader struct {
	lines lines
	d     *json.Decoder
	base  int64 // bytes before the decoder's first
}

func (j *reader) offset() int64 { return j.base + j.d.InputOffset() }

// syntax is the place of what is no JSON.
func (j *reader) syntax(err error) error {
	at := j.offset()
	var of *json.SyntaxError
	if errors.As(err, &of) && of.Offset != j.d.InputOffset() { // the decoder's own offset leaves tokens out
		rest, _ := io.ReadAll(j.d.Buffered())
		var value json.RawMessage
		if errors.As(json.Unmarshal(rest, &value), &of) {
			at += of.Offset - 1
		}
	}
	line, column := j.lines.at(at)
	return &Error{line, column, err.Error(), "it is no JSON from there on; " + copyAgain}
}

// document reads one document, and reports whether it is one of traces. At
// the end of the file its error is io.EOF, inside a document io.ErrUnexpectedEOF.
func (j *reader) document(each func(*span.Span)) (known bool, err error) {
	d := j.d
	t, err := d.Token()
	if err != nil {
		return false, err
	}
	if t != json.Delim('{') {
		line, column := j.lines.at(j.offset() - 1)
		return false, &Error{line, column, fmt.Sprintf("a document begins with %v, not with {", t), traceForms}
	}
	return j.members(each, true)
}

// members reads an object that has begun to its end. OTLP's JSON may be inside another
// object, the outer one, as Jaeger's API version 3 (result) and Tempo's (trace) have it.
func (j *reader) members(each func(*span.Span), outer bool) (known bool, err error) {
	d := j.d
	for d.More() {
		j.lines.forget(j.offset())
		key, err := d.Token()
		if err != nil {
			return known, inside(err)
		}
		var read func([]byte, func(*span.Span)) error
		within := false
		switch key {
		case "resourceSpans", "resource_spans", "batches": // the last one is Tempo's older name
			read = otlp.ResourceSpansJSON
		case "data":
			read = jaeger.Trace
		case "result", "trace":
			within = outer
		}
		if within {
			found, err := j.inner(each)
			known = known || found
			if err != nil {
				return known, err
			}
			continue
		}
		if read == nil {
			var skipped json.RawMessage
			if err := d.Decode(&skipped); err != nil {
				return known, inside(err)
			}
			continue
		}
		known = true
		if err := j.array(key, read, each); err != nil {
			return known, err
		}
	}
	_, err = d.Token()
	return known, inside(err)
}

// inner reads what may be an object with traces, and skips anything else.
func (j *reader) inner(each func(*span.Span)) (known bool, err error) {
	d := j.d
	t, err := d.Token()
	if err != nil {
		return false, inside(err)
	}
	if t == json.Delim('{') {
		return j.members(each, false)
	}
	for t == json.Delim('[') && d.More() {
		j.lines.forget(j.offset())
		var skipped json.RawMessage
		if err := d.Decode(&skipped); err != nil {
			return false, inside(err)
		}
	}
	if t == json.Delim('[') {
		_, err = d.Token()
	}
	return false, inside(err)
}

func (j *reader) array(key json.Token, read func([]byte, func(*span.Span)) error, each func(*span.Span)) error {
	d := j.d
	t, err := d.Token()
	if err != nil {
		return inside(err)
	}
	if t == nil {
		return nil // null: none
	}
	if t != json.Delim('[') {
		line, column := j.lines.at(j.offset() - 1)
		return &Error{line, column, fmt.Sprintf("%s is not an array", key), traceForms}
	}
	for d.More() {
		j.lines.forget(j.offset())
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return inside(err)
		}
		if err := read(raw, each); err != nil {
			line, column := j.lines.at(j.offset() - int64(len(raw)) + offsetIn(raw, err))
			return &Error{Line: line, Column: column, Text: said(err)}
		}
	}
	_, err = d.Token()
	return inside(err)
}

// inside is the error of a document that has begun.
func inside(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
