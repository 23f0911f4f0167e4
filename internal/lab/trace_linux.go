package lab

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/cps"
	"github.com/plimsoll-dev/plimsoll/internal/account"
	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/internal/trace"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
)

const (
	// traceRoom bounds a trace to what a person can look at, and a browser draw:
	// some 3 MB of the record.
	traceRoom = 20_000
	// traceStretch is long against the time between two requests near any load
	// line, and short against a trial's window, so that recording, at some 100 ns
	// a span, is not what the trial measures.
	traceStretch = 500 * time.Millisecond
)

// The commands of an engine's process, beside stats: "trace 500ms" begins to
// record, "traced" ends it and answers with what was recorded.
const (
	commandTrace  = "trace "
	commandTraced = "traced"
)

// traceCommand answers the commands about traces; false: it is none of them.
func traceCommand(command string) (answer any, ok bool, err error) {
	if text, begin := strings.CutPrefix(command, commandTrace); begin {
		d, err := time.ParseDuration(text)
		if err != nil {
			return nil, true, fmt.Errorf("trace: %w", err)
		}
		trace.Start(account.Now, int64(d), traceRoom)
		return struct{}{}, true, nil
	}
	if command != commandTraced {
		return nil, false, nil
	}
	r := trace.Take()
	if r == nil {
		r = new(trace.Recording)
	}
	r.NameThreads()
	return r, true, nil
}

// tracePaths returns a handler that tells a trace what each request is for. It
// has the styles that h has.
func tracePaths(h http.Handler) http.Handler {
	traced := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() { // also if the engine gives the request up
			if trace.On() {
				tracePath(engine.TaskOf(r.Context()), r)
			}
		}()
		h.ServeHTTP(w, r)
	})
	if h, ok := h.(cps.Handler); ok {
		return tracedCallbacks{traced, h}
	}
	return traced
}

// tracePath records that a task has run the handler.
func tracePath(task any, r *http.Request) {
	if t, ok := task.(interface{ Running() (trace.Strand, int64) }); ok {
		s, began := t.Running()
		trace.Add(trace.Event{What: trace.Handler, Strand: s, Op: r.URL.Path, From: began, To: account.Now()})
	}
}

// tracedCallbacks is tracePaths in continuation-passing style.
type tracedCallbacks struct {
	http.HandlerFunc
	callbacks cps.Handler
}

// ServeCPS implements [cps.Handler].
func (h tracedCallbacks) ServeCPS(t cps.Task, w http.ResponseWriter, r *http.Request, done func()) {
	h.callbacks.ServeCPS(t, w, r, func() {
		if trace.On() {
			tracePath(t, r)
		}
		done()
	})
}

// A recording is what was recorded in a trial.
type recording struct {
	trial *record.Trial
	*trace.Recording
}

// trace returns what has the target record in the middle of a window, to be
// called with every sample of the engine; nil: nobody has asked for a trace.
func (l *lab) trace(t *target, rate float64, lead, window time.Duration) func(engineStats) bool {
	if !l.Trace {
		return nil
	}
	d := min(traceStretch, window/2, time.Duration(0.8*traceRoom/(rate*spans(l.workload))*1e9))
	var idle engineStats // the last sample before the generator began
	var at int64         // when to begin
	return func(e engineStats) bool {
		switch {
		case at == 0 && idle.Clock != 0 && e.Engine.Requests > idle.Engine.Requests:
			at = e.Clock + int64(lead+(window-d)/2-sampleEvery)
		case at == 0:
			idle = e
		case e.Clock >= at:
			at = 1<<63 - 1
			// A process that does not answer fails the next sample as well.
			_ = t.process.ask(commandTrace+d.String(), &struct{}{})
		}
		return false
	}
}

// spans is how many spans a request leaves on average, about: itself, its
// handler, its steps, and that it runs before and after each.
func spans(w *model.Workload) float64 {
	var total, weights float64
	for _, r := range w.Routes {
		total += r.Weight * (3 + 2.5*steps(r.Steps))
		weights += r.Weight
	}
	return total / weights
}

func steps(all []model.Step) (n float64) {
	for _, s := range all {
		if s.Verb != model.Choice {
			n++
		}
		n += steps(s.Steps)
		for _, b := range s.Branches {
			if s.Verb == model.Choice {
				n += b.P * steps(b.Steps)
			} else {
				n += 1 + steps(b.Steps)
			}
		}
	}
	return n
}

// traced takes what was recorded in a trial that has been kept.
func (l *lab) traced(c *contestant, t *target, row *record.Trial, r *run) error {
	if !l.Trace {
		return nil
	}
	rec := &trace.Recording{}
	if err := t.process.ask(commandTraced, rec); err != nil {
		return err
	}
	from := r.done.Clock + int64(row.LeadIn*1e9)
	if rec.From < from || rec.Until > from+int64(row.Seconds*1e9) { // none, or the trial ended early
		return nil
	}
	c.recordings = append(c.recordings, recording{row, rec})
	return nil
}

// writeTraces writes a trace for each engine: of the trial at its load line, or
// else of the last that passed, or else of the last.
func (l *lab) writeTraces() error {
	for _, c := range l.contestants {
		if len(c.recordings) == 0 {
			continue
		}
		line := analysis.TrialAtLine(c.Trials)
		best := slices.MaxFunc(c.recordings, func(a, b recording) int {
			return cmp.Or(cmp.Compare(worth(a.trial, line), worth(b.trial, line)), cmp.Compare(a.trial.ID, b.trial.ID))
		})
		if err := l.writeTrace(best); err != nil {
			return err
		}
	}
	return nil
}

func worth(t, line *record.Trial) int {
	switch {
	case t == line:
		return 2
	case t.Outcome == record.Passed:
		return 1
	}
	return 0
}

func (l *lab) writeTrace(r recording) error {
	head := &record.Trace{Head: record.Head{T: r.From - l.origin}, Trial: r.trial.ID, Engine: r.trial.Engine, End: r.Until - l.origin, Dropped: r.Dropped, Tracks: []record.Track{}}
	index := map[trace.Track]int{{}: 0}
	for i := range r.Events {
		t := r.Events[i].Track
		if _, known := index[t]; !known {
			head.Tracks = append(head.Tracks, record.Track{Type: t.Kind, Name: t.Name, Number: t.Number})
			index[t] = len(head.Tracks)
		}
	}
	if err := l.write(head); err != nil {
		return err
	}
	if r.Dropped > 0 {
		err := l.write(&record.Warning{Head: l.now(), Trial: head.Trial, Engine: head.Engine, Code: "trace-full",
			Text: fmt.Sprintf("its trace has room for %d spans, and the %d that ended last are missing", traceRoom, r.Dropped)})
		if err != nil {
			return err
		}
	}
	for i := range r.Events {
		e := &r.Events[i]
		row := &record.Span{
			Head: record.Head{T: e.From - l.origin}, Trial: head.Trial, Engine: head.Engine, What: string(e.What),
			Request: e.Strand.Request, Branch: int(e.Strand.Branch), Track: index[e.Track], Op: e.Op,
			Waited: e.Waited, End: e.To - l.origin,
		}
		if e.Verb != 0 {
			row.Verb = e.Verb.String()
		}
		if err := l.write(row); err != nil {
			return err
		}
	}
	return nil
}
