package record

import "encoding/json"

// The sources of a [Gauge].
const (
	SourceEngine   = "engine"   // the engine's own Stats
	SourceProc     = "proc"     // the system's view of the server process
	SourceUpstream = "upstream" // the stand-in behind the service
	SourceLoad     = "load"     // the generator
	SourceHost     = "host"     // the machine
	SourceMetrics  = "metrics"  // what the service says of itself, for Prometheus
)

// Gauge is a set of values sampled at one moment.
type Gauge struct {
	Head
	Trial  int                `json:"trial,omitempty"` // 0: outside any trial
	Engine string             `json:"engine,omitempty"`
	Source string             `json:"source"`
	Values map[string]float64 `json:"values"`
}

// StallGauge names the gauge of an engine that counts the seconds for which a
// step has stalled an event loop or pinned a carrier so far.
func StallGauge(step string) string { return "stall." + step + "_seconds" }

// Kind returns "gauge".
func (Gauge) Kind() string { return "gauge" }

// Step is the total of one named step of the handlers over a trial.
type Step struct {
	Head
	Trial  int    `json:"trial,omitempty"`
	Engine string `json:"engine,omitempty"`
	Op     string `json:"op"`
	Verb   string `json:"verb"`
	Count  uint64 `json:"count"`
	Nanos  int64  `json:"nanos"` // wall time inside it, inner steps included
}

// Kind returns "step".
func (Step) Kind() string { return "step" }

// Request is one request, where order matters: experiments and traces. Its
// trial is the trial's or the [Experiment]'s number.
// Its times are nanoseconds since the run's start; 0 where it never came to that.
type Request struct {
	Head
	Trial     int    `json:"trial,omitempty"`
	Engine    string `json:"engine,omitempty"`
	Route     string `json:"route"`
	Intended  int64  `json:"intended"`          // when it was due
	Sent      int64  `json:"sent"`              // when its first byte was written
	FirstByte int64  `json:"first_byte"`        // when the response's first byte was read
	Done      int64  `json:"done"`              // when it ended, well or badly
	Status    string `json:"status"`            // as in [Histogram]
	Conn      int    `json:"conn"`              // connection, numbered within the run
	Connect   int64  `json:"connect,omitempty"` // nanoseconds it took to open the connection; 0: it was open
	Kept      bool   `json:"kept,omitempty"`    // the connection had carried a request before
	Wait      int64  `json:"wait,omitempty"`    // nanoseconds after which a refusal asks to try again: Retry-After
	Body      int64  `json:"body,omitempty"`    // bytes of the answer's body
}

// Kind returns "request".
func (Request) Kind() string { return "request" }

// Event is something that happened once.
type Event struct {
	Head
	Trial  int            `json:"trial,omitempty"`
	Engine string         `json:"engine,omitempty"`
	Name   string         `json:"name"` // what, in kebab-case
	Text   string         `json:"text,omitempty"`
	Attrs  map[string]any `json:"attrs,omitempty"`
}

// Kind returns "event".
func (Event) Kind() string { return "event" }

// Warning is a doubt about the measurement that must reach whoever reads it.
type Warning struct {
	Head
	Trial  int    `json:"trial,omitempty"`
	Engine string `json:"engine,omitempty"` // "": about the whole run
	Code   string `json:"code"`             // stable, in kebab-case
	Text   string `json:"text"`
}

// Kind returns "warning".
func (Warning) Kind() string { return "warning" }

// Verdict is what was concluded from the rows before it. Whoever reads the
// record can derive it again; it is there for programs that do not.
type Verdict struct {
	Head
	Engine string          `json:"engine,omitempty"` // "": the verdict on the whole run
	JSON   json.RawMessage `json:"verdict"`
}

// Kind returns "verdict".
func (Verdict) Kind() string { return "verdict" }
