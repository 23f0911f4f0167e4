package importer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/plimsoll-dev/plimsoll/internal/importer/span"
)

// An Error is what is wrong with a file, and where.
type Error struct {
	Line, Column int    // from 1, in bytes; 0: of the file as a whole
	Text         string // what is wrong
	Hint         string // what to do instead; "": the text says it
}

// Error returns the place, what is wrong, and on a second line the hint.
func (e *Error) Error() string {
	s := e.Text
	if e.Line > 0 {
		s = fmt.Sprintf("%d:%d: %s", e.Line, e.Column, e.Text)
	}
	if e.Hint != "" {
		s += "\n  " + e.Hint
	}
	return s
}

// lines knows on which line an offset is of what was read through it. It forgets
// what is behind, so that its memory is that of one element of a document; and it
// reads no element that is larger than any is, which would fill the memory.
type lines struct {
	r      io.Reader
	most   int64 // bytes of an element
	read   int64
	since  int64   // the offset that was forgotten up to
	before int     // lines that were forgotten
	last   int64   // offset behind the end of the last of them
	ends   []int64 // offsets behind the others' ends
}

// Read reads on and notes where lines end.
func (l *lines) Read(p []byte) (int, error) {
	if l.read-l.since > l.most {
		line, column := l.at(l.since)
		return 0, &Error{line, column, fmt.Sprintf("what begins here has more than %d bytes; no resourceSpans or trace is that large", l.most), traceForms}
	}
	n, err := l.r.Read(p)
	for at := 0; ; {
		i := bytes.IndexByte(p[at:n], '\n')
		if i < 0 {
			break
		}
		at += i + 1
		l.ends = append(l.ends, l.read+int64(at))
	}
	l.read += int64(n)
	return n, err
}

// forget drops what lies before an offset.
func (l *lines) forget(offset int64) {
	l.since = max(l.since, offset)
	n := 0
	for n < len(l.ends) && l.ends[n] <= offset {
		n++
	}
	if n > 0 {
		l.before, l.last = l.before+n, l.ends[n-1]
		l.ends = l.ends[:copy(l.ends, l.ends[n:])]
	}
}

// at returns the line and the column of an offset that was not forgotten.
func (l *lines) at(offset int64) (line, column int) {
	line, start := l.before+1, l.last
	for _, end := range l.ends {
		if end > offset {
			break
		}
		line, start = line+1, end
	}
	return line, int(offset-start) + 1
}

// offsetIn is where in an element's bytes an error is, as well as can be known.
func offsetIn(raw []byte, err error) int64 {
	var of *json.UnmarshalTypeError
	var field *span.FieldError
	switch {
	case errors.As(err, &of):
		return max(0, of.Offset-1)
	case errors.As(err, &field):
		// Of a field with that name and text the first is the one.
		text := regexp.QuoteMeta(strings.TrimSuffix(field.Text, "…"))
		at, _ := regexp.Compile(`"(?:` + field.Name + `)"\s*:\s*("?` + text + `)`)
		if at == nil {
			return 0
		}
		if m := at.FindSubmatchIndex(raw); m != nil {
			return int64(m[2])
		}
	}
	return 0
}

// said says what is wrong with an element of a document.
func said(err error) string {
	var field *span.FieldError
	if errors.As(err, &field) {
		return field.Error()
	}
	var of *json.UnmarshalTypeError
	if errors.As(err, &of) {
		want := "something else"
		switch kind := of.Type.Kind().String(); kind {
		case "slice":
			want = "an array"
		case "struct", "map":
			want = "an object"
		case "string":
			want = "a string"
		case "int64", "uint8", "int":
			want = "a number"
		case "bool":
			want = "true or false"
		}
		return fmt.Sprintf("%s is a JSON %s, and has to be %s", of.Field, of.Value, want)
	}
	return err.Error()
}
