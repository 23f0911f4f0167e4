package probe

import (
	"math"
	"slices"
	"time"

	"github.com/plimsoll-dev/plimsoll/record"
)

// A disguise is how a service answers those that it has no room for with what looks
// like success: a page that says so, a default, a copy from before (graceful
// degradation). Such an answer is known by its body, or by coming much sooner than
// the work ever does alone.
type disguise struct {
	soon     float64 // seconds, in which no work is done; 0: the body tells
	from, to int64   // bytes of the work's body
	room     int     // how many at once got the work, typically
	body     int64   // bytes of the others' body, typically
	another  bool    // all bodies of theirs are longer, or all are shorter, than any of the work
}

// much is how many times sooner than any single request an answer has to come for
// that not to be the work.
const much = 3

// masks reports whether an answer is not the work.
func (d *disguise) masks(r *record.Request) bool {
	switch {
	case !answered(r):
		return false
	case d.soon > 0:
		return latency(r) < d.soon
	}
	return unalike(r.Body, d.to) || unalike(d.from, r.Body)
}

// unalike reports whether a body is longer than another by more than the numbers and
// names in it are.
func unalike(body, than int64) bool { return body >= than+16 && 2*body >= 3*than }

// disguise returns the one that a service has; nil: none, as far as is known. Then
// ask is how many more single requests would tell; 0: they would not.
func (h *History) disguise() (d *disguise, ask int) {
	singles := h.singles()
	if len(singles) == 0 {
		return nil, 0
	}
	work := disguise{from: math.MaxInt64}
	quickest := math.Inf(1)
	for _, r := range singles {
		quickest = min(quickest, latency(r))
		work.from, work.to = min(work.from, r.Body), max(work.to, r.Body)
	}
	hasty := work
	hasty.soon = quickest / much
	for _, d := range []*disguise{&work, &hasty} {
		missing, ok := d.fits(h, singles)
		if ok && missing == 0 {
			return d, 0
		}
		ask = max(ask, missing)
	}
	return nil, ask
}

// singles are the heavy requests beside which there was no other.
func (h *History) singles() (all []*record.Request) {
	for i := range h.Experiments {
		o := &h.Experiments[i]
		alone := o.What == record.ExperimentBaseline || o.Count == 1 && (o.What == record.ExperimentWave || o.What == record.ExperimentSettle)
		for k := range o.Heavy {
			if r := &o.Heavy[k]; alone && !h.Varied(o) && answered(r) {
				all = append(all, r)
			}
		}
	}
	return all
}

// fits reports whether it depends on how many requests there are at once, and on
// nothing else, who gets the work: single ones always do, also after the first that
// did not, and so do waves that are small, and who came first in a larger one. That
// is neither chance, as in a cache that is hit now and then, nor time, as in one that
// is full by then. Of single requests afterwards so many are missing.
func (d *disguise) fits(h *History, singles []*record.Request) (missing int, ok bool) {
	var worked []int // how many got the work, in waves in which not all did
	var bodies []int64
	late := 0 // waves in which it is not those who came first
	first, largest := int64(math.MaxInt64), 0
	calm, sent, most := len(singles), 0, 0
	for i := range h.Experiments {
		o := &h.Experiments[i]
		if o.What != record.ExperimentWave || o.Count == 1 || o.Pause > 0 || time.Duration(o.Spacing) != spacing || h.Varied(o) || !h.reliable(o) {
			continue
		}
		var got []bool // the work, in the order in which they were sent
		for k := range o.Heavy {
			r := &o.Heavy[k]
			masked := d.masks(r)
			if masked {
				bodies, first = append(bodies, r.Body), min(first, begun(r))
			}
			if answered(r) {
				got = append(got, !masked)
			}
		}
		work := trues(got)
		others := len(got) - work
		if !o.Opened && 2*trues(got[:work]) < work { // else all are sent at the same moment
			late++
		}
		if others == 0 {
			calm, largest = calm+work, max(largest, work)
			continue
		}
		worked, sent, most = append(worked, work), sent+work+others, max(most, others)
	}
	if most < 3 {
		return 0, false
	}
	slices.Sort(worked)
	slices.Sort(bodies)
	d.room, d.body = worked[len(worked)/2], bodies[len(bodies)/2]
	d.another = unalike(bodies[0], d.to) || unalike(d.from, bodies[len(bodies)-1])
	share := float64(len(bodies)) / float64(sent)
	if share < 0.2 || float64(calm)*math.Log(1-share) > math.Log(1e-4) || 8*late > len(worked) || d.soon > 0 && !d.constant(worked, largest) {
		return 0, false
	}
	since := 0
	for _, r := range singles {
		if begun(r) > first {
			since++
		}
	}
	return max(0, max(5, int(math.Ceil(math.Log(0.01)/math.Log(1-share))))-since), true
}

// trues is how many of them are true.
func trues(of []bool) (n int) {
	for _, yes := range of {
		if yes {
			n++
		}
	}
	return n
}

// constant reports whether as many get the work in each wave: what is quick for
// another reason, as a batch that is full, goes by other numbers.
func (d *disguise) constant(worked []int, largest int) bool {
	about, odd := max(1, d.room/10), 0
	for _, n := range worked {
		if n < d.room-about || n > d.room+about {
			odd++
		}
	}
	return d.room > 0 && largest <= d.room+about && 8*odd <= len(worked)
}
