package ratelimit

import (
	"cmp"
	"slices"
)

// An Experiment is what was asked of a service.
type Experiment struct {
	ID              int       // 0: it was asked before any
	Heavy, Canaries []Request // each in the order in which they were sent
	Parts           int       // as for [Agreement]
	Counts          bool      // it says something of how many are let in
}

// A Request is one of them.
type Request struct {
	At    float64 // when it was sent
	Taken bool    // it was not turned away
}

// An asking is which heavy requests of an experiment were let in, and which would
// have been.
type asking struct {
	*Experiment
	taken []bool // those that were not turned away
	let   []bool // those that the limit that was replayed last let in
}

// An arrival is a request as a limit by time meets it.
type arrival struct {
	of  int     // which asking it belongs to
	at  float64 // seconds
	let bool    // it was not turned away
	say *bool   // where a replay says whether it lets it in; nil: of a canary
}

// asked returns all heavy requests by experiment, and those and the canaries in
// their order.
func asked(made []Experiment) (of []asking, all []arrival) {
	for i := range made {
		e := &made[i]
		x := asking{e, make([]bool, len(e.Heavy)), make([]bool, len(e.Heavy))}
		for k, r := range e.Heavy {
			x.taken[k] = r.Taken
			all = append(all, arrival{i, r.At, r.Taken, &x.let[k]})
		}
		for _, r := range e.Canaries {
			all = append(all, arrival{i, r.At, r.Taken, nil})
		}
		of = append(of, x)
	}
	slices.SortStableFunc(all, func(x, y arrival) int { return cmp.Compare(x.at, y.at) })
	return of, all
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
	if !x.Counts {
		return 0
	}
	return Agreement(x.taken, x.let, x.Parts)
}

// unlike reports whether a replay differs from what was seen in many of the
// experiments in which either turned any away.
func unlike(of []asking) bool {
	n, off := 0, 0
	for i := range of {
		x := &of[i]
		if !x.Counts || !slices.Contains(x.taken, false) && !slices.Contains(x.let, false) {
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
