package probe

import (
	"cmp"
	"slices"

	"github.com/plimsoll-dev/plimsoll/record"
)

// An asking is which heavy requests of an experiment were let in, and which would
// have been.
type asking struct {
	id     int    // of the experiment; 0: before any
	taken  []bool // those that were not turned away
	parts  int    // as of an observation
	counts bool   // it says something of how many are let in
	let    []bool // those that the limit that was replayed last let in
}

// An arrival is a request as a limit by time meets it.
type arrival struct {
	of  int     // which asking it belongs to
	at  float64 // seconds
	let bool    // it was not turned away
	say *bool   // where a replay says whether it lets it in; nil: of a canary
}

// asked returns all heavy requests of a history by experiment, and those and the
// canaries in their order.
func (h *History) asked() (of []asking, all []arrival) {
	add := func(x asking, heavy, canaries []record.Request) {
		x.let = make([]bool, len(heavy))
		for k := range heavy {
			all = append(all, arrival{len(of), float64(begun(&heavy[k])) / 1e9, !refusal(&heavy[k]), &x.let[k]})
		}
		for k := range canaries {
			all = append(all, arrival{len(of), float64(begun(&canaries[k])) / 1e9, !refusal(&canaries[k]), nil})
		}
		of = append(of, x)
	}
	heavy, canaries := byRoute(h.First)
	add(asking{}, heavy, canaries)
	for i := range h.Experiments {
		o := &h.Experiments[i]
		add(asking{id: o.ID, taken: letIn(o.Heavy), parts: o.parts(),
			counts: (o.What == record.ExperimentWave || o.What == record.ExperimentBaseline) && h.reliable(o)}, o.Heavy, o.Canaries)
	}
	slices.SortStableFunc(all, func(x, y arrival) int { return cmp.Compare(x.at, y.at) })
	return of, all
}

func byRoute(rs []record.Request) (heavy, canaries []record.Request) {
	for _, r := range rs {
		if r.Route == record.RouteHeavy {
			heavy = append(heavy, r)
		} else {
			canaries = append(canaries, r)
		}
	}
	return heavy, canaries
}

// replay runs a limit through the requests that it counts, and returns the
// log-likelihood of what was turned away, or as soon as that is known one that is
// less than least: then not all askings say what it lets in.
func replay(of []asking, counted []arrival, admits func(at float64) bool, least float64) (ll float64) {
	scored := 0
	for i := range counted {
		for x := &counted[i]; scored < x.of; scored++ {
			if ll += of[scored].agree(); ll < least {
				return ll
			}
		}
		if let := admits(counted[i].at); counted[i].say != nil {
			*counted[i].say = let
		}
	}
	for ; scored < len(of); scored++ {
		ll += of[scored].agree()
	}
	return ll
}

// agree is the log-probability of what was let in, if the limit that was replayed
// is the one.
func (x *asking) agree() float64 {
	if !x.counts {
		return 0
	}
	return agree(x.taken, x.let, x.parts)
}

// unlike reports whether a replay differs from what was seen in many of the
// experiments in which either turned any away.
func unlike(of []asking) bool {
	n, off := 0, 0
	for i := range of {
		x := &of[i]
		if !x.counts || !slices.Contains(x.taken, false) && !slices.Contains(x.let, false) {
			continue
		}
		taken, let := 0, 0
		for k := range x.taken {
			if x.taken[k] {
				taken++
			}
			if x.let[k] {
				let++
			}
		}
		n++
		if diff := taken - let; 10*max(diff, -diff) > max(20, let) {
			off++
		}
	}
	return 4*off > n
}

// exceeded reports whether more requests were let in, in some stretch, than a
// limit would have that lets so many in a second and as many at once: that is its
// rate for nobody.
func exceeded(all []arrival, rate, burst float64) bool {
	left, last := burst, 0.0
	for i := range all {
		if !all[i].let {
			continue
		}
		left = min(burst, left+rate*(all[i].at-last)) - 1
		if last = all[i].at; left < -max(2, burst/10) {
			return true
		}
	}
	return false
}
