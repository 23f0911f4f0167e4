package traceevent

import (
	"cmp"
	"slices"

	"github.com/plimsoll-dev/plimsoll/record"
)

// A slice is a stretch of time on a track, or of a request.
type slice struct {
	name, cat string
	from, to  int64 // nanoseconds since the stretch began
	rank      int   // of two with the same times the lower is the outer one
	args      map[string]any
	in, out   int // arrows that end at its beginning, and begin at its end; 0: none
}

// The ranks. Of two steps with the same times the outer one ended last.
const (
	rankOuter = iota
	rankInner
	rankSteps
	rankWaits = 1 << 30
)

// cut takes from a slice what is outside of the stretch; false: nothing is
// left.
func (t *traced) cut(s *slice) bool {
	whole := s.to - s.from
	s.from -= t.T
	s.to -= t.T
	last := t.End - t.T
	if s.to < 0 || s.from > last || whole > 0 && (s.to == 0 || s.from == last) {
		return false
	}
	if s.from >= 0 && s.to <= last {
		return true
	}
	s.from, s.to = max(s.from, 0), min(s.to, last)
	s.arg("cut_from_ms", float64(whole)/1e6)
	return true
}

// arg adds an argument, for the person who clicks on the slice.
func (s *slice) arg(key string, value any) {
	if s.args == nil {
		s.args = map[string]any{}
	}
	s.args[key] = value
}

// nest calls opened and closed for slices that lie in one another, in an order
// in which every slice ends before the one around it. The clocks of what
// recorded them may differ by some nanoseconds: what reaches over the end of the
// slice around it ends there.
func nest(all []slice, opened, closed func(*slice)) {
	slices.SortStableFunc(all, func(a, b slice) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(b.to, a.to), cmp.Compare(a.rank, b.rank))
	})
	var stack []*slice
	pop := func() {
		closed(stack[len(stack)-1])
		stack = stack[:len(stack)-1]
	}
	for i := range all {
		s := &all[i]
		for len(stack) > 0 && stack[len(stack)-1].to <= s.from && !within(s, stack[len(stack)-1]) {
			pop()
		}
		if len(stack) > 0 {
			s.to = min(s.to, stack[len(stack)-1].to)
		}
		opened(s)
		stack = append(stack, s)
	}
	for len(stack) > 0 {
		pop()
	}
}

// within reports whether a slice without length lies in another that has none
// either.
func within(s, outer *slice) bool { return s.from == outer.from && s.to == outer.to }

// stepName is what a step is called.
func stepName(s *record.Span) string {
	switch {
	case s.Op == "", s.Op == s.Verb: // a step that nobody has named is called after its verb
		return s.Verb
	case s.Verb == "":
		return s.Op
	}
	return s.Verb + " " + s.Op
}

// stopName is what a stall or a pin is called: by the step that it is due to, or
// by nothing where none was under way.
func stopName(s *record.Span) string {
	if step := stepName(s); step != "" {
		return s.What + ": " + step
	}
	return s.What
}
