package importer

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// A sequence is what one request did, one thing after another: a gap of its own
// time before each token and one after the last, so that there is one gap more
// than tokens.
type sequence struct {
	tokens []token
	gaps   []time.Duration
}

// A token is a wait, or several sequences at once.
type token struct {
	label    int32
	took     time.Duration
	branches []sequence // in the order of their signatures; nil for a wait
}

// An item is something with a beginning and an end inside a sequence: a wait, or
// an internal span with a sequence of its own.
type item struct {
	start, end time.Duration
	wait       bool
	label      int32
	inner      sequence
}

func (it item) took() time.Duration { return it.end - it.start }

// own reports whether an item is nothing but its span's own time.
func (it item) own() bool { return !it.wait && len(it.inner.tokens) == 0 }

// maxStrands is more than a document can have of branches.
const maxStrands = 1000

// A strand is a sequence while it is put together.
type strand struct {
	sequence
	end     time.Duration
	pending time.Duration // of the gap that has not ended
}

// add goes on with an item. Where it touches the one before, that one's time counts.
func (s *strand) add(it item) {
	rest := max(0, it.end-max(it.start, s.end))
	switch {
	case it.wait:
		s.token(token{label: it.label, took: rest})
	case it.own():
		s.pending += rest
	default:
		for i, t := range it.inner.tokens {
			s.pending += it.inner.gaps[i]
			s.token(t)
		}
		s.pending += it.inner.gaps[len(it.inner.tokens)]
	}
	s.end = max(s.end, it.end)
}

func (s *strand) token(t token) {
	s.tokens, s.gaps, s.pending = append(s.tokens, t), append(s.gaps, s.pending), 0
}

// close ends the last gap.
func (s *strand) close() sequence {
	return sequence{tokens: s.tokens, gaps: append(s.gaps, s.pending)}
}

// overlap reports whether b began before a had ended. Clocks of milliseconds, and
// spans that are ended after the next one is begun, make neighbours touch: a twentieth of
// the shorter one is no concurrency.
func overlap(aEnd, aTook time.Duration, b item) bool {
	return b.start < aEnd-min(aTook, b.took())/20
}

// arrange puts items between from and to in order. They must lie inside.
func arrange(from, to time.Duration, items []item) sequence {
	slices.SortStableFunc(items, func(a, b item) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(b.end, a.end))
	})
	s := strand{end: from}
	for len(items) > 0 {
		end, n := items[0].end, 1
		for longest := items[0].took(); n < len(items) && overlap(end, longest, items[n]); n++ {
			end, longest = max(end, items[n].end), max(longest, items[n].took())
		}
		s.pending += max(0, items[0].start-s.end)
		s.end = max(s.end, items[0].start)
		s.cluster(items[:n])
		items = items[n:]
	}
	s.pending += max(0, to-s.end)
	return s.close()
}

// cluster adds items that overlap. Each goes on where an earlier one ended, or else is
// a strand beside the others, whose first gap is what its starter did since it began the
// strand before.
func (s *strand) cluster(items []item) {
	var strands []*strand
	began := items[0].start
	end := items[0].end
	for _, it := range items {
		var on *strand
		for _, other := range strands {
			if !overlap(other.end, it.took(), it) && (on == nil || other.end > on.end) {
				on = other
			}
		}
		switch {
		case on != nil:
		case len(strands) == maxStrands: // the document will not have all of them
			on = slices.MinFunc(strands, func(a, b *strand) int { return cmp.Compare(a.end, b.end) })
		default:
			on = &strand{end: it.start, pending: it.start - began}
			began = it.start
			strands = append(strands, on)
		}
		on.pending += max(0, it.start-on.end)
		on.add(it)
		end = max(end, it.end)
	}
	waits := 0
	var branches []sequence
	for _, b := range strands {
		if len(b.tokens) > 0 {
			waits++
		}
		branches = append(branches, b.close())
	}
	switch {
	case waits == 0:
		s.pending += end - items[0].start
	case len(strands) == 1:
		for _, it := range items {
			s.pending += max(0, it.start-s.end)
			s.add(it)
		}
	default:
		slices.SortStableFunc(branches, func(a, b sequence) int { return strings.Compare(signature(a), signature(b)) })
		s.token(token{took: end - items[0].start, branches: branches})
	}
	s.end = end
}
