package traceevent

import (
	"bufio"
	"encoding/json"
	"fmt"
)

// An event is one of the format: "Trace Event Format", Duca and others, Google.
type event struct {
	Name  string         `json:"name,omitempty"`
	Cat   string         `json:"cat,omitempty"`
	Phase string         `json:"ph"`
	At    micros         `json:"ts"`
	PID   int            `json:"pid"`
	TID   int            `json:"tid"`
	ID    string         `json:"id,omitempty"` // of asynchronous slices and of arrows
	Bind  string         `json:"bp,omitempty"`
	Scope string         `json:"s,omitempty"` // of an instant
	Args  map[string]any `json:"args,omitempty"`
}

// The phases that are used.
const (
	begin      = "B"
	end        = "E"
	asyncBegin = "b"
	asyncEnd   = "e"
	instant    = "i"
	flowBegin  = "s"
	flowEnd    = "f"
	metadata   = "M"
)

// micros are nanoseconds that are written as the format's microseconds.
type micros int64

// MarshalJSON implements [json.Marshaler].
func (m micros) MarshalJSON() ([]byte, error) {
	return fmt.Appendf(nil, "%d.%03d", int64(m)/1000, int64(m)%1000), nil
}

// A writer writes events, one a line.
type writer struct {
	*bufio.Writer
	events, flows int
	err           error
}

func (w *writer) put(e event) {
	line, err := json.Marshal(e)
	if err != nil && w.err == nil {
		w.err = err
	}
	if w.events > 0 {
		_, _ = w.WriteString(",\n") // Flush has the error
	}
	w.events++
	_, _ = w.Write(line)
}

// describe gives a process or thread a property.
func (w *writer) describe(pid, tid int, what, key string, value any) {
	w.put(event{Name: what, Phase: metadata, PID: pid, TID: tid, Args: map[string]any{key: value}})
}
