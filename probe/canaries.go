package probe

import (
	"math"

	"github.com/plimsoll-dev/plimsoll/record"
)

// What became of a canary that was asked for while heavy requests were held.
const (
	free   = iota // it was as quick as alone
	slowed        // slower, but it did not wait for any of them
	waited        // it was answered after one of them had been
	denied        // it was turned away
)

// A sample is one canary.
type sample struct {
	experiment int
	held       int // heavy requests that the service had
	before     int // canaries of the same wave that had connections of their own: one that was answered may still count
	kept       bool
	took       float64 // seconds
	last       bool    // it was answered when all of the wave had been
	fate       int
}

// samples returns what the canaries of a wave say. One that was asked too late,
// or whose own time is too long beside what was left of the heavy requests',
// says nothing.
func (h *History) samples(o *Observation) []sample {
	var out []sample
	kept, full := 0, o.backlogFull()
	for i := range o.Canaries {
		c := &o.Canaries[i]
		if c.Kept {
			kept++
		}
		asked := begun(c)
		if full && lateOpened(c) {
			asked = c.Intended
		}
		held, first, last := 0, int64(math.MaxInt64), int64(0)
		before := 0
		for k := range o.Heavy {
			r := &o.Heavy[k]
			switch {
			case r.Intended < asked && (r.Sent == 0 || begun(r) >= asked && lateOpened(r)):
				before++ // its connection is lost, and the others are there
			case begun(r) < asked:
				before++
				last = max(last, r.Done)
				if r.Done > asked {
					held++
					if answered(r) || r.Status == statusTimeout {
						first = min(first, r.Done)
					}
				}
			}
		}
		if before < len(o.Heavy) || held == 0 || first == math.MaxInt64 {
			continue
		}
		alone := h.alone(c.Kept)
		base := median(alone)
		left := float64(first-asked) / 1e9
		if len(alone) == 0 || left < 3*base+0.002 {
			continue
		}
		if sentAway(c) {
			continue // somebody else answered
		}
		s := sample{experiment: o.ID, held: held, before: i - kept, kept: c.Kept, took: float64(c.Done-asked) / 1e9, fate: slowed, last: c.Done >= last-int64(1e6)}
		switch {
		case refusal(c):
			s.fate = denied
		case !answered(c), c.Done >= first-int64(1e6):
			s.fate = waited
		case s.took < max(3*base, base+0.010):
			s.fate = free
		}
		out = append(out, s)
	}
	return out
}

// lateOpened reports whether the first packet of a request's connection was lost.
func lateOpened(r *record.Request) bool { return float64(r.Connect)/1e9 > lostSYN }

// backlogFull reports whether most of the canaries on fresh connections lost their
// first packet. One may be an accident; most are kept out, since the queue of
// connections that nobody accepts is full.
func (o *Observation) backlogFull() bool {
	late, n := 0, 0
	for i := range o.Canaries {
		if c := &o.Canaries[i]; !c.Kept {
			n++
			if lateOpened(c) {
				late++
			}
		}
	}
	return late > 1 && 2*late >= n
}

// beside returns every canary of every wave that can be relied on.
func (h *History) beside() []sample {
	var all []sample
	for _, o := range h.made(record.ExperimentWave) {
		all = append(all, h.samples(o)...)
	}
	return all
}
