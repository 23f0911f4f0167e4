// Package eventtest reads files of the Trace Event Format as a viewer does, and
// tells what a viewer could not make sense of. Tests call it.
package eventtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
)

// An Event is an event of the file.
type Event struct {
	Name string         `json:"name"`
	Cat  string         `json:"cat"`
	PH   string         `json:"ph"`
	TS   *float64       `json:"ts"` // microseconds
	PID  *int           `json:"pid"`
	TID  *int           `json:"tid"`
	ID   string         `json:"id"`
	BP   string         `json:"bp"`
	S    string         `json:"s"`
	Args map[string]any `json:"args"`
}

// A File is what a viewer shows.
type File struct {
	Events    []Event
	Processes map[int]string // names
	Labels    map[int]string // of processes
	Threads   map[[2]int]string
	Slices    []Slice // on threads, and asynchronous
	Instants  []Event
	Arrows    int
}

// A Slice is a begin with its end.
type Slice struct {
	Name, Cat string
	PID, TID  int
	ID        string // of an asynchronous slice
	From, To  float64
	Depth     int // 0: in no other
	Parent    string
	Args      map[string]any
}

type key struct {
	pid, tid int
	cat, id  string
}

// Check reads a file. The error says everything that is wrong with it: an event
// without what its phase needs, one that goes back in time on its track, a begin
// without an end or the other way round, slices that do not nest, arrows that
// lead nowhere or back in time, a track without a name.
func Check(b []byte) (*File, error) {
	var file struct {
		DisplayTimeUnit string  `json:"displayTimeUnit"`
		TraceEvents     []Event `json:"traceEvents"`
	}
	if err := json.Unmarshal(b, &file); err != nil {
		return nil, err
	}
	c := &checker{
		File:  &File{Events: file.TraceEvents, Processes: map[int]string{}, Labels: map[int]string{}, Threads: map[[2]int]string{}},
		stack: map[key][]Slice{}, last: map[key]float64{}, flows: map[string]*ends{},
	}
	if file.DisplayTimeUnit != "ms" && file.DisplayTimeUnit != "ns" {
		c.wrong(-1, "displayTimeUnit is %q", file.DisplayTimeUnit)
	}
	for i, e := range file.TraceEvents {
		c.event(i, e)
	}
	for k, open := range c.stack {
		if len(open) > 0 {
			c.wrong(-1, "%d slices of %+v have no end, the outermost is %q", len(open), k, open[0].Name)
		}
	}
	for id, a := range c.flows {
		switch {
		case len(a.begins) != 1 || len(a.ends) != 1:
			c.wrong(-1, "arrow %s begins %d times and ends %d times", id, len(a.begins), len(a.ends))
		case *a.begins[0].TS > *a.ends[0].TS:
			c.wrong(-1, "arrow %s goes back in time, from %v to %v", id, *a.begins[0].TS, *a.ends[0].TS)
		case a.begins[0].Cat != a.ends[0].Cat || a.begins[0].Name != a.ends[0].Name:
			c.wrong(-1, "arrow %s begins as %q and ends as %q", id, a.begins[0].Name, a.ends[0].Name) // to a viewer these are two
		default:
			c.Arrows++
		}
	}
	return c.File, errors.Join(c.errs...)
}

// ends are where an arrow begins and ends.
type ends struct{ begins, ends []Event }

type checker struct {
	*File
	stack map[key][]Slice
	last  map[key]float64
	flows map[string]*ends
	errs  []error
}

func (c *checker) wrong(event int, format string, a ...any) {
	if len(c.errs) < 20 {
		c.errs = append(c.errs, fmt.Errorf("event %d: %s", event, fmt.Sprintf(format, a...)))
	}
}

func (c *checker) event(i int, e Event) {
	if e.PID == nil || e.TID == nil {
		c.wrong(i, "%q has no process or thread", e.Name)
		return
	}
	if e.PH == "M" {
		c.metadata(i, e)
		return
	}
	if e.TS == nil || math.IsNaN(*e.TS) || *e.TS < 0 {
		c.wrong(i, "%q has no time", e.Name)
		return
	}
	if c.Processes[*e.PID] == "" {
		c.wrong(i, "process %d has no name", *e.PID)
	}
	on := key{pid: *e.PID, tid: *e.TID}
	switch e.PH {
	case "B", "E", "s", "f":
		if c.Threads[[2]int{*e.PID, *e.TID}] == "" {
			c.wrong(i, "thread %d has no name", *e.TID)
		}
		if e.PH == "s" || e.PH == "f" {
			c.flow(i, e, on)
			return
		}
	case "b", "e":
		if e.ID == "" || e.Cat == "" || e.Name == "" {
			c.wrong(i, "an asynchronous event has category %q, id %q, name %q", e.Cat, e.ID, e.Name)
		}
		on = key{pid: *e.PID, cat: e.Cat, id: e.ID}
	case "i":
		if e.Name == "" || e.S != "p" && e.S != "t" && e.S != "g" {
			c.wrong(i, "an instant has name %q and scope %q", e.Name, e.S)
		}
		c.Instants = append(c.Instants, e)
		return
	default:
		c.wrong(i, "phase %q", e.PH)
		return
	}
	if *e.TS < c.last[on] {
		c.wrong(i, "%q at %v is before its predecessor at %v", e.Name, *e.TS, c.last[on])
	}
	c.last[on] = *e.TS
	if e.PH == "B" || e.PH == "b" {
		c.open(i, e, on)
	} else {
		c.close(i, e, on)
	}
}

func (c *checker) open(i int, e Event, on key) {
	if e.Name == "" {
		c.wrong(i, "a slice has no name")
	}
	s := Slice{Name: e.Name, Cat: e.Cat, PID: *e.PID, TID: *e.TID, ID: on.id, From: *e.TS, Depth: len(c.stack[on]), Args: e.Args}
	if s.Depth > 0 {
		s.Parent = c.stack[on][s.Depth-1].Name
	}
	c.stack[on] = append(c.stack[on], s)
}

func (c *checker) close(i int, e Event, on key) {
	open := c.stack[on]
	if len(open) == 0 {
		c.wrong(i, "an end without a begin on %+v", on)
		return
	}
	s := open[len(open)-1]
	if e.PH == "e" && e.Name != s.Name {
		c.wrong(i, "%q ends where %q is open", e.Name, s.Name)
	}
	s.To = *e.TS
	c.stack[on] = open[:len(open)-1]
	c.Slices = append(c.Slices, s)
}

// flow checks that an end of an arrow is on a slice that is open.
func (c *checker) flow(i int, e Event, on key) {
	if e.ID == "" || e.Cat == "" || e.Name == "" || e.PH == "f" && e.BP != "e" {
		c.wrong(i, "an arrow has category %q, id %q, name %q, bp %q", e.Cat, e.ID, e.Name, e.BP)
	}
	if len(c.stack[on]) == 0 || *e.TS < c.last[on] {
		c.wrong(i, "arrow %s ends on no slice", e.ID)
	}
	if c.flows[e.ID] == nil {
		c.flows[e.ID] = &ends{}
	}
	if a := c.flows[e.ID]; e.PH == "s" {
		a.begins = append(a.begins, e)
	} else {
		a.ends = append(a.ends, e)
	}
}

func (c *checker) metadata(i int, e Event) {
	text, _ := e.Args["name"].(string)
	switch e.Name {
	case "process_name":
		c.Processes[*e.PID] = text
	case "process_labels":
		c.Labels[*e.PID], _ = e.Args["labels"].(string)
	case "thread_name":
		at := [2]int{*e.PID, *e.TID}
		if c.Threads[at] != "" {
			c.wrong(i, "two tracks are %v", at)
		}
		if *e.PID == *e.TID {
			c.wrong(i, "a track has its process's number %d", *e.TID)
		}
		c.Threads[at] = text
	case "process_sort_index", "thread_sort_index":
		if _, ok := e.Args["sort_index"].(float64); !ok {
			c.wrong(i, "%s has arguments %v", e.Name, e.Args)
		}
	default:
		c.wrong(i, "metadata %q", e.Name)
	}
}
