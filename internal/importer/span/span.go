// Package span is the small common form of a span that every trace format is
// read into, and what the semantic conventions of OpenTelemetry, stable and
// older, say of it: the route that a server span serves, and the system that a
// client span waits for.
package span

import "time"

// A Kind is the role of a span, as OpenTelemetry numbers it.
type Kind uint8

// The kinds. A span of no kind is taken as internal, as the specification says.
const (
	Unspecified Kind = iota
	Internal
	Server
	Client
	Producer
	Consumer
)

// Waits reports whether a span of this kind waits for another system.
func (k Kind) Waits() bool { return k == Client || k == Producer }

// A TraceID identifies a trace, and an ID a span within it. Shorter identifiers
// are padded with zeros at their beginning; an ID of zeros is none.
type (
	TraceID [16]byte
	ID      [8]byte
)

// A Span is one timed operation of one service.
type Span struct {
	Trace   TraceID
	ID      ID
	Parent  ID // zeros for a root
	Service string
	Name    string
	Kind    Kind
	Start   time.Duration // since 1970
	End     time.Duration // since 1970; 0 if the span was not ended
	Links   int           // references to other spans than the parent
	Failed  bool
	Attrs   Attrs
}

// Attrs are the attributes of a span that the mapping reads, as text.
type Attrs map[string]string

// Set keeps an attribute if the mapping reads it.
func (a Attrs) Set(key, value string) {
	if read[key] && value != "" {
		a[key] = value
	}
}

// first returns the value of the first of keys that there is.
func (a Attrs) first(keys ...string) string {
	for _, k := range keys {
		if v := a[k]; v != "" {
			return v
		}
	}
	return ""
}
