package traceevent

import (
	"sort"

	"github.com/plimsoll-dev/plimsoll/record"
)

// strandSlices are a request for itself, or a branch of it.
func (t *traced) strandSlices(s *sorted, k strand) []slice {
	spans := s.byStrand[k]
	var all []slice
	var edges []int64 // where the strand itself began or ended something: it ran there
	add := func(x slice) {
		if t.cut(&x) {
			all = append(all, x)
		}
	}
	for i, x := range spans {
		rank := rankSteps + len(spans) - i
		switch x.What {
		case isRequest:
			root := slice{name: s.title(k.request), cat: isRequest, from: x.T, to: x.End}
			identify(&root, x)
			add(root)
			if x.Waited > 0 {
				add(slice{name: "queued", cat: "wait", from: x.T, to: x.T + x.Waited, rank: rankWaits})
			}
			edges = append(edges, x.T+x.Waited, x.End)
		case isBranch:
			root := slice{name: "branch of " + x.Op, cat: isBranch, from: x.T, to: x.End}
			identify(&root, x)
			add(root)
			edges = append(edges, x.T, x.End)
		case isStep:
			add(slice{name: stepName(x), cat: x.Verb, from: x.T, to: x.End, rank: rank})
			if x.Waited > 0 {
				add(slice{name: "wait for " + x.Op, cat: "wait", from: x.T, to: x.T + x.Waited, rank: rankWaits})
			}
			edges = append(edges, x.T, x.T+x.Waited, x.End)
		}
	}
	sort.Slice(edges, func(i, j int) bool { return edges[i] < edges[j] })
	for _, x := range spans {
		if from := x.T - x.Waited; x.What == isRun && x.Waited > 0 {
			// Nothing of the strand's own can have happened while it was ready.
			if i := sort.Search(len(edges), func(i int) bool { return edges[i] > x.T }); i > 0 {
				from = max(from, edges[i-1])
			} else {
				continue // it had not begun: that is its queue
			}
			if from < x.T {
				add(slice{name: "ready to run", cat: "wait", from: from, to: x.T, rank: rankWaits + 1})
			}
		}
	}
	return all
}

// lone reports whether a strand has nothing to show for itself: what began or
// ended it is not in the trace, and of its steps neither is any.
func lone(spans []*record.Span) bool {
	for _, x := range spans {
		if x.What != isRun && x.What != isHandler {
			return false
		}
	}
	return true
}
