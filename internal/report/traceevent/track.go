package traceevent

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/plimsoll-dev/plimsoll/record"
)

// A strand is what runs one thing after another.
type strand struct {
	request uint64
	branch  int
}

func strandOf(s *record.Span) strand { return strand{s.Request, s.Branch} }

// What a span of the record is.
const (
	isRequest = "request"
	isHandler = "handler"
	isBranch  = "branch"
	isStep    = "step"
	isRun     = "run"
	isPin     = "pin"
	isStall   = "stall"
	isReject  = "reject"
)

// sorted are the spans of a trace by what they are part of.
type sorted struct {
	byTrack  map[int][]*record.Span    // runs, pins and stalls
	byStrand map[strand][]*record.Span // in the order in which they ended
	strands  []strand                  // in the order in which they are met first
	rejects  []*record.Span
	paths    map[uint64]string // by request
	next     map[*record.Span]*record.Span
}

func (t *traced) sort() *sorted {
	s := &sorted{byTrack: map[int][]*record.Span{}, byStrand: map[strand][]*record.Span{}, paths: map[uint64]string{}, next: map[*record.Span]*record.Span{}}
	for _, x := range t.spans {
		if x.End < x.T || x.Track < 0 || x.Track > len(t.Tracks) {
			continue // not a span that anybody has recorded
		}
		if x.What == isReject {
			s.rejects = append(s.rejects, x)
			continue
		}
		if x.Track != 0 {
			s.byTrack[x.Track] = append(s.byTrack[x.Track], x)
		}
		if x.Request == 0 {
			continue
		}
		k := strandOf(x)
		if s.byStrand[k] == nil {
			s.strands = append(s.strands, k)
		}
		s.byStrand[k] = append(s.byStrand[k], x)
		if x.What == isHandler {
			s.paths[x.Request] = x.Op
		}
	}
	for _, all := range s.byStrand {
		var last *record.Span
		for _, x := range ordered(all) {
			if x.What != isRun {
				continue
			}
			if last != nil && last.Track != x.Track && last.End <= x.T {
				s.next[last] = x
			}
			last = x
		}
	}
	return s
}

// ordered returns spans in the order in which they began.
func ordered(all []*record.Span) []*record.Span {
	return slices.SortedStableFunc(slices.Values(all), func(a, b *record.Span) int { return cmp.Compare(a.T, b.T) })
}

// title is what a request is called: the path, so that requests for the same
// have the same colour.
func (s *sorted) title(request uint64) string {
	switch path, known := s.paths[request]; {
	case known:
		return path
	case request != 0:
		return "request"
	}
	return "connection"
}

// trackSlices are what happened on a track: each run, in it the part of every
// step that falls into it.
func (t *traced) trackSlices(s *sorted, track int, arrows map[*record.Span]arrow) []slice {
	var all []slice
	for _, x := range s.byTrack[track] {
		switch x.What {
		case isRun:
			run := slice{name: s.title(x.Request), cat: runs[t.Tracks[track-1].Type], from: x.T, to: x.End, in: arrows[x].in, out: arrows[x].out}
			identify(&run, x)
			if x.Waited > 0 {
				run.arg("waited_ms", millis(x.Waited))
			}
			if !t.cut(&run) {
				continue
			}
			all = append(all, run)
			all = append(all, t.stepsOf(s, x)...)
		case isPin, isStall:
			in := slice{name: stopName(x), cat: x.What, from: x.T, to: x.End, rank: rankInner}
			if t.cut(&in) {
				all = append(all, in)
			}
		}
	}
	return all
}

// stepsOf are the parts of a strand's steps that fall into one of its runs.
func (t *traced) stepsOf(s *sorted, run *record.Span) []slice {
	var all []slice
	steps := s.byStrand[strandOf(run)]
	for i, x := range steps {
		if x.What != isStep || x.End < run.T || x.T > run.End {
			continue
		}
		part := slice{name: stepName(x), cat: x.Verb, from: max(x.T, run.T), to: min(x.End, run.End), rank: rankSteps + len(steps) - i}
		if part.from == part.to && x.T != x.End { // it only touches
			continue
		}
		if t.cut(&part) {
			all = append(all, part)
		}
		wait := slice{name: "wait for " + x.Op, cat: "wait", from: max(x.T, run.T), to: min(x.T+x.Waited, run.End), rank: rankWaits}
		if x.Waited > 0 && wait.from < wait.to && t.cut(&wait) {
			all = append(all, wait)
		}
	}
	return all
}

// runs are the categories of what tracks do.
var runs = map[string]string{"thread": "run", "loop": "turn", "carrier": "mount", "worker": "run"}

// identify says whose a slice is.
func identify(s *slice, x *record.Span) {
	if x.Request != 0 {
		s.arg("request", x.Request)
	}
	if x.Branch != 0 {
		s.arg("branch", x.Branch)
	}
}

func millis(ns int64) float64 { return float64(ns) / 1e6 }

// trackName is what a track is called.
func trackName(t record.Track) string {
	if t.Name != "" && t.Name != t.Type {
		return fmt.Sprintf("%s %d", t.Name, t.Number)
	}
	return fmt.Sprintf("%s %d", t.Type, t.Number)
}

// kindOrder is the order in which tracks are shown.
var kindOrder = []string{"loop", "carrier", "worker", "thread"}

// trackOrder returns the positions of the tracks in that order.
func (t *traced) trackOrder() []int {
	order := make([]int, len(t.Tracks))
	for i := range order {
		order[i] = i + 1
	}
	slices.SortStableFunc(order, func(a, b int) int {
		x, y := t.Tracks[a-1], t.Tracks[b-1]
		return cmp.Or(cmp.Compare(slices.Index(kindOrder, x.Type), slices.Index(kindOrder, y.Type)), cmp.Compare(x.Name, y.Name), cmp.Compare(x.Number, y.Number))
	})
	return order
}
