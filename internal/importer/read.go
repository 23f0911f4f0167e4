package importer

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/plimsoll-dev/plimsoll/internal/importer/jaeger"
	"github.com/plimsoll-dev/plimsoll/internal/importer/otlp"
	"github.com/plimsoll-dev/plimsoll/internal/importer/span"
)

var errEmpty = errors.New("the file is empty: there is nothing to import")

const traceForms = "give a file of OTLP (JSON, JSON lines or protobuf) or of Jaeger's JSON"

// ReadSpans reads every span of a file, in whichever form it is: OTLP as JSON (also one
// document a line) or protobuf, or Jaeger's JSON; each also compressed by gzip.
func ReadSpans(r io.Reader, each func(*span.Span)) error {
	b, err := open(r)
	if err != nil {
		return err
	}
	first, err := firstByte(b)
	if err != nil {
		return err
	}
	switch first {
	case '{':
		return spansJSON(b, each)
	case '[':
		return fmt.Errorf("the file is a JSON array, as Zipkin writes them\n  %s", traceForms)
	case 0x0a, 0:
		return otlp.Proto(b, each)
	}
	return fmt.Errorf("the file begins with %q, which no trace file does\n  %s", first, traceForms)
}

// open unpacks gzip, and refuses what it knows to be packed otherwise.
func open(r io.Reader) (*bufio.Reader, error) {
	b := bufio.NewReaderSize(r, 64<<10)
	magic, err := b.Peek(4)
	switch {
	case len(magic) == 0 && err == io.EOF:
		return nil, errEmpty
	case len(magic) == 0:
		return nil, err
	case bytes.Equal(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		return nil, errors.New("the file is compressed by zstd\n  unpack it first: zstd -d FILE")
	case !bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
		return b, nil
	}
	z, err := gzip.NewReader(b)
	if err != nil {
		return nil, fmt.Errorf("unpack gzip: %w", err)
	}
	b = bufio.NewReaderSize(z, 64<<10)
	if _, err := b.Peek(1); err == io.EOF {
		return nil, errEmpty
	} else if err != nil {
		return nil, fmt.Errorf("unpack gzip: %w", err)
	}
	return b, nil
}

// firstByte tells JSON from protobuf without taking anything of it. A message begins with
// 0x0a, which is also white space, so that white space counts as JSON's only
// where a brace follows.
func firstByte(b *bufio.Reader) (byte, error) {
	head, _ := b.Peek(512)
	text := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	switch {
	case len(text) > 0 && (text[0] == '{' || text[0] == '['):
		_, err := b.Discard(len(head) - len(text))
		return text[0], err
	case len(text) == 0 && len(head) < 512:
		return 0, errEmpty
	}
	return head[0], nil
}

// spansJSON reads documents one after another, and of each an element of its array
// at a time.
func spansJSON(r io.Reader, each func(*span.Span)) error {
	d := json.NewDecoder(r)
	known := false
	for {
		start := d.InputOffset()
		found, err := documentJSON(d, each)
		known = known || found
		switch {
		case err == io.EOF && !known:
			return fmt.Errorf("the JSON has neither resourceSpans (OTLP) nor data (Jaeger)\n  %s", traceForms)
		case err == io.EOF:
			return nil
		case errors.Is(err, io.ErrUnexpectedEOF):
			return fmt.Errorf("the JSON that begins at byte %d does not end: the file is truncated", start)
		case err != nil:
			return fmt.Errorf("at byte %d: %w", d.InputOffset(), err)
		}
	}
}

// documentJSON reads one document, and reports whether it is one of traces. At
// the end of the file its error is io.EOF, inside a document io.ErrUnexpectedEOF.
func documentJSON(d *json.Decoder, each func(*span.Span)) (known bool, err error) {
	t, err := d.Token()
	if err != nil {
		return false, err
	}
	if t != json.Delim('{') {
		return false, fmt.Errorf("a document begins with %v, not with {", t)
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return known, inside(err)
		}
		var read func([]byte, func(*span.Span)) error
		switch key {
		case "resourceSpans", "resource_spans":
			read = otlp.ResourceSpansJSON
		case "data":
			read = jaeger.Trace
		}
		if read == nil {
			var skipped json.RawMessage
			if err := d.Decode(&skipped); err != nil {
				return known, inside(err)
			}
			continue
		}
		known = true
		if err := arrayJSON(d, key, read, each); err != nil {
			return known, err
		}
	}
	_, err = d.Token()
	return known, inside(err)
}

func arrayJSON(d *json.Decoder, key json.Token, read func([]byte, func(*span.Span)) error, each func(*span.Span)) error {
	t, err := d.Token()
	if err != nil {
		return inside(err)
	}
	if t == nil {
		return nil // null: none
	}
	if t != json.Delim('[') {
		return fmt.Errorf("%s is not an array", key)
	}
	for d.More() {
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return inside(err)
		}
		if err := read(raw, each); err != nil {
			return err
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
