// Package otlp reads spans from files of the OpenTelemetry protocol: its JSON
// form (one document, or one a line as the collector's file exporter writes
// them) and its protobuf form (one message, or several with their lengths
// before them). Both are read one ResourceSpans at a time, so that memory is
// bounded by the largest of them and not by the file.
//
// Sources: the OTLP specification 1.9, "JSON Protobuf Encoding"; the messages of
// go.opentelemetry.io/proto/otlp; the README of the collector's fileexporter.
package otlp

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/importer/span"
)

// ResourceSpansJSON reads one element of the array resourceSpans.
func ResourceSpansJSON(raw []byte, each func(*span.Span)) error {
	var rs resourceSpans
	if err := json.Unmarshal(raw, &rs); err != nil {
		return fmt.Errorf("otlp: %w", err)
	}
	service := ""
	for _, a := range rs.Resource.Attributes {
		if a.Key == "service.name" {
			service = a.Value.text()
		}
	}
	for _, scopes := range [][]scopeSpans{rs.ScopeSpans, rs.ScopeSpansProto, rs.LibrarySpans} {
		for _, scope := range scopes {
			for i := range scope.Spans {
				s, err := scope.Spans[i].span(service)
				if err != nil {
					return err
				}
				each(s)
			}
		}
	}
	return nil
}

type resourceSpans struct {
	Resource struct {
		Attributes []attribute `json:"attributes"`
	} `json:"resource"`
	ScopeSpans      []scopeSpans `json:"scopeSpans"`
	ScopeSpansProto []scopeSpans `json:"scope_spans"`
	LibrarySpans    []scopeSpans `json:"instrumentationLibrarySpans"` // before OTLP 0.19
}

type scopeSpans struct {
	Spans []jsonSpan `json:"spans"`
}

type jsonSpan struct {
	TraceID    string            `json:"traceId"`
	SpanID     string            `json:"spanId"`
	Parent     string            `json:"parentSpanId"`
	Name       string            `json:"name"`
	Kind       kind              `json:"kind"`
	Start      nanoseconds       `json:"startTimeUnixNano"`
	End        nanoseconds       `json:"endTimeUnixNano"`
	Attributes []attribute       `json:"attributes"`
	Links      []json.RawMessage `json:"links"`
	Status     struct {
		Code statusCode `json:"code"`
	} `json:"status"`
}

func (j *jsonSpan) span(service string) (*span.Span, error) {
	s := &span.Span{
		Service: service, Name: j.Name, Kind: span.Kind(j.Kind), Links: len(j.Links), Failed: j.Status.Code == 2,
		Start: time.Duration(j.Start), End: time.Duration(j.End), Attrs: span.Attrs{},
	}
	for _, id := range []struct {
		name, text string
		to         []byte
	}{{"traceId", j.TraceID, s.Trace[:]}, {"spanId", j.SpanID, s.ID[:]}, {"parentSpanId", j.Parent, s.Parent[:]}} {
		if !identifier(id.to, id.text) {
			return nil, &span.FieldError{Name: id.name, Text: shorten(id.text), Span: j.Name, Want: fmt.Sprintf("%s; write %d hexadecimal digits", id.name, 2*len(id.to))}
		}
	}
	for _, a := range j.Attributes {
		s.Attrs.Set(a.Key, a.Value.text())
	}
	return s, nil
}

// identifier reads the hexadecimal form that OTLP asks for, or the base64 that
// protobuf's own JSON encoders write.
func identifier(to []byte, s string) bool {
	if s == "" {
		return true
	}
	if hex.DecodedLen(len(s)) == len(to) {
		if b, err := hex.DecodeString(s); err == nil {
			copy(to, b)
			return true
		}
	}
	if b, err := base64.StdEncoding.DecodeString(s); err == nil && len(b) == len(to) {
		copy(to, b)
		return true
	}
	return false
}

func shorten(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}

type attribute struct {
	Key   string `json:"key"`
	Value value  `json:"value"`
}

// A value is an AnyValue; arrays, maps and bytes are not read.
type value struct {
	String *string         `json:"stringValue"`
	Int    json.RawMessage `json:"intValue"`
	Bool   *bool           `json:"boolValue"`
}

func (v value) text() string {
	switch {
	case v.String != nil:
		return *v.String
	case v.Int != nil:
		return strings.Trim(string(v.Int), `"`)
	case v.Bool != nil:
		return strconv.FormatBool(*v.Bool)
	}
	return ""
}

// nanoseconds is a 64-bit integer, a string in protobuf's JSON; numbers are
// accepted, too.
type nanoseconds int64

// UnmarshalJSON reads either form; what a time cannot be is none.
func (n *nanoseconds) UnmarshalJSON(b []byte) error {
	s := strings.Trim(string(b), `"`)
	if s == "" || s == "null" {
		return nil
	}
	v, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		f, bad := strconv.ParseFloat(s, 64)
		if bad != nil || f < 0 || f >= 1<<63 {
			return notNanoseconds(s)
		}
		v = int64(f)
	}
	if v < 0 {
		return notNanoseconds(s)
	}
	*n = nanoseconds(v)
	return nil
}

func notNanoseconds(s string) error {
	return &span.FieldError{Name: "startTimeUnixNano|endTimeUnixNano", Text: shorten(s), Want: "time; write nanoseconds since 1970"}
}

// An enumeration is a number in OTLP, and a name in protobuf's own JSON.
func enumeration(field string, b []byte, names ...string) (int, error) {
	s := strings.Trim(string(b), `"`)
	if v, err := strconv.Atoi(s); err == nil {
		if v < 0 || v >= len(names) {
			return 0, nil // of a later version of the protocol
		}
		return v, nil
	}
	for i, name := range names {
		if s == name {
			return i, nil
		}
	}
	if s == "null" {
		return 0, nil
	}
	return 0, &span.FieldError{Name: field, Text: shorten(s), Want: field + "; write a number, or one of " + strings.Join(names, ", ")}
}

type kind uint8

// UnmarshalJSON reads a number or a name.
func (k *kind) UnmarshalJSON(b []byte) error {
	v, err := enumeration("kind", b, "SPAN_KIND_UNSPECIFIED", "SPAN_KIND_INTERNAL", "SPAN_KIND_SERVER", "SPAN_KIND_CLIENT", "SPAN_KIND_PRODUCER", "SPAN_KIND_CONSUMER")
	*k = kind(v)
	return err
}

type statusCode uint8

// UnmarshalJSON reads a number or a name.
func (c *statusCode) UnmarshalJSON(b []byte) error {
	v, err := enumeration("code", b, "STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR")
	*c = statusCode(v)
	return err
}
