package record

// Trace heads the [Span] rows of one trial: what a server's threads, loops and
// carriers did in a short stretch of it.
type Trace struct {
	Head           // when the stretch began
	Trial   int    `json:"trial"`
	Engine  string `json:"engine"`
	End     int64  `json:"end"`     // of the stretch, nanoseconds since the run's start
	Dropped int64  `json:"dropped"` // spans that there was no room for
	// Tracks are what ran anything, as spans refer to them: by position, from 1.
	Tracks []Track `json:"tracks"`
}

// Kind returns "trace".
func (Trace) Kind() string { return "trace" }

// Track is what runs requests and branches of them, one at a time.
type Track struct {
	Type   string `json:"type"`           // thread, loop, carrier or worker
	Name   string `json:"name,omitempty"` // of the thread, or of the pool it is of
	Number int    `json:"number"`         // the system's of a thread, the engine's of others
}

// Span is something that began and ended while a trace was taken, whole, also
// where it reaches beyond the stretch.
type Span struct {
	Head           // when it began
	Trial   int    `json:"trial"`
	Engine  string `json:"engine"`
	What    string `json:"what"`              // request, handler, branch, step, run, pin, stall or reject
	Request uint64 `json:"request,omitempty"` // numbered by the engine, from 1; 0: of none that is known
	Branch  int    `json:"branch,omitempty"`  // of the request, unique in the trace; 0: the request itself
	Track   int    `json:"track,omitempty"`   // position in the trace's tracks, from 1; 0: on none
	Op      string `json:"op,omitempty"`
	Verb    string `json:"verb,omitempty"`
	Waited  int64  `json:"waited,omitempty"` // nanoseconds, see docs/record.md
	End     int64  `json:"end"`              // nanoseconds since the run's start
}

// Kind returns "span".
func (Span) Kind() string { return "span" }
