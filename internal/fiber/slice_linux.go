package fiber

import (
	"github.com/plimsoll-dev/plimsoll/internal/reactor"
	"github.com/plimsoll-dev/plimsoll/internal/trace"
	"github.com/plimsoll-dev/plimsoll/model"
)

// A slice is the running one of a fiber. Times are put down to the innermost
// step.
type slice struct {
	ready int64
	began int64
	mark  int64 // up to which the time is put down

	at      step // where the fiber is
	in      int64
	longest step
	most    int64
	stalled int64
	strand  trace.Strand // the last that was run
}

// A step is where a request is. The zero step is the handler itself.
type step struct {
	op   string
	verb model.Verb
}

// begin begins a slice, of a fiber that was ready since then, in the step in
// which the last one ended.
func (s *slice) begin(ready, now int64) {
	s.ready, s.began, s.mark = ready, now, now
	s.in, s.most, s.stalled = 0, 0, 0
	s.longest = step{}
}

// advance puts the time up to now down to the step.
func (s *slice) advance(now int64) {
	d := now - s.mark
	s.mark = now
	s.in += d
	if s.in > s.most {
		s.most, s.longest = s.in, s.at
	}
	if s.at.verb != model.Await && s.at.verb != 0 {
		s.stalled += d
	}
}

// A Token is where [Fiber.Leave] goes back to.
type Token struct {
	at step
}

// Enter says that the fiber is in a step from here on: what of the slice is
// spent until Leave is that step's.
func (f *Fiber) Enter(op string, verb model.Verb) Token {
	t := Token{f.slice.at}
	f.slice.advance(reactor.Clock())
	f.slice.at, f.slice.in = step{op, verb}, 0
	return t
}

// Leave ends the step that Enter began.
func (f *Fiber) Leave(t Token) {
	f.slice.advance(reactor.Clock())
	f.slice.at, f.slice.in = t.at, 0
}

// endSlice hands the slice to the carrier. The fiber is about to leave it, and
// may be another's as soon as it has.
func (f *Fiber) endSlice() {
	s := &f.slice
	s.advance(reactor.Clock())
	f.carrier.last = Slice{
		Ready: s.ready, Began: s.began, Ended: s.mark,
		Op: s.longest.op, Verb: s.longest.verb, OpNanos: s.most, Stalled: s.stalled, Strand: s.strand,
	}
}
