// Package jaeger reads spans from the JSON of Jaeger's query API and of its
// user interface's download: {"data": [TRACE, ...]}.
//
// Source: model/json/model.go of github.com/jaegertracing/jaeger.
package jaeger

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/importer/span"
)

type trace struct {
	Spans     []jsonSpan         `json:"spans"`
	Processes map[string]process `json:"processes"`
}

type process struct {
	Service string `json:"serviceName"`
}

type jsonSpan struct {
	TraceID    string      `json:"traceID"`
	SpanID     string      `json:"spanID"`
	Parent     string      `json:"parentSpanID"` // before Jaeger 1.7
	Name       string      `json:"operationName"`
	References []reference `json:"references"`
	Start      int64       `json:"startTime"` // microseconds since 1970
	Duration   int64       `json:"duration"`  // microseconds
	Tags       []tag       `json:"tags"`
	ProcessID  string      `json:"processID"`
	Process    *process    `json:"process"` // instead of processID, as Elasticsearch stores it
}

type reference struct {
	Type    string `json:"refType"`
	TraceID string `json:"traceID"`
	SpanID  string `json:"spanID"`
}

type tag struct {
	Key   string          `json:"key"`
	Value json.RawMessage `json:"value"`
}

func (t tag) text() string {
	var s string
	if json.Unmarshal(t.Value, &s) == nil {
		return s
	}
	return string(t.Value)
}

// Trace reads one element of the array data.
func Trace(raw []byte, each func(*span.Span)) error {
	var t trace
	if err := json.Unmarshal(raw, &t); err != nil {
		return fmt.Errorf("jaeger: %w", err)
	}
	for i := range t.Spans {
		j := &t.Spans[i]
		service := t.Processes[j.ProcessID].Service
		if j.Process != nil {
			service = j.Process.Service
		}
		s, err := j.span(service)
		if err != nil {
			return fmt.Errorf("jaeger: span %q: %w", j.Name, err)
		}
		each(s)
	}
	return nil
}

var kinds = map[string]span.Kind{"server": span.Server, "client": span.Client, "producer": span.Producer, "consumer": span.Consumer}

// longest is the largest time in microseconds that a duration can hold.
const longest = math.MaxInt64 / 2000

func (j *jsonSpan) span(service string) (*span.Span, error) {
	s := &span.Span{Service: service, Name: j.Name, Kind: span.Internal, Attrs: span.Attrs{}}
	if j.Start < 0 || j.Start > longest || j.Duration < 0 || j.Duration > longest {
		return nil, fmt.Errorf("startTime %d and duration %d are not times in microseconds", j.Start, j.Duration)
	}
	s.Start = time.Duration(j.Start) * time.Microsecond
	s.End = s.Start + time.Duration(j.Duration)*time.Microsecond
	if err := identifier("traceID", s.Trace[:], j.TraceID); err != nil {
		return nil, err
	}
	if err := identifier("spanID", s.ID[:], j.SpanID); err != nil {
		return nil, err
	}
	parent := j.Parent
	for _, r := range j.References {
		if parent == "" && r.Type == "CHILD_OF" && r.TraceID == j.TraceID {
			parent = r.SpanID
		} else if r.SpanID != parent {
			s.Links++
		}
	}
	if err := identifier("spanID|parentSpanID", s.Parent[:], parent); err != nil {
		return nil, err
	}
	for _, t := range j.Tags {
		switch v := t.text(); t.Key {
		case "span.kind":
			if k, ok := kinds[strings.ToLower(v)]; ok {
				s.Kind = k
			}
		case "error":
			s.Failed = v == "true"
		default:
			s.Attrs.Set(t.Key, v)
		}
	}
	return s, nil
}

// identifier reads hexadecimal digits; Jaeger has left out leading zeros.
func identifier(field string, to []byte, s string) error {
	if len(s) <= 2*len(to) {
		if b, err := hex.DecodeString(strings.Repeat("0", 2*len(to)-len(s)) + s); err == nil {
			copy(to, b)
			return nil
		}
	}
	return &span.FieldError{Name: field, Text: fmt.Sprintf("%.40s", s), Want: fmt.Sprintf("identifier; write at most %d hexadecimal digits", 2*len(to))}
}
