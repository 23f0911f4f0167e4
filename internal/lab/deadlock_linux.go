package lab

import (
	"slices"

	"github.com/plimsoll-dev/plimsoll/record"
)

// deadlocksUntil returns the deadlocks that were found before a time, as the
// record has them. What does not end by itself is
// each later trial's, too, for as long as the process lives.
func (g *samples) deadlocksUntil(until, origin int64) (out []record.TrialDeadlock) {
	for _, d := range g.deadlocks {
		if d.At > until {
			continue
		}
		row := record.TrialDeadlock{At: d.At - origin, Queued: d.Queued}
		for _, w := range d.Waits {
			same := func(p record.TrialPinned) bool { return p.Op == w.Op && p.Verb == w.Verb && p.Resource == w.Resource }
			if i := slices.IndexFunc(row.Waits, same); i >= 0 {
				row.Waits[i].Carriers++
				continue
			}
			row.Waits = append(row.Waits, record.TrialPinned{Op: w.Op, Verb: w.Verb, Resource: w.Resource, Carriers: 1})
		}
		out = append(out, row)
	}
	return out
}
