package probe

import "slices"

// starved returns how many of the requests that were kept in flight are missing
// from the answers: by Little's law, those in flight are the rate of answers
// times their mean latency, so where that is much less, some get none. It looks
// from when each may have had an answer until the load fell.
func (o *Observation) starved() int {
	var done []int64
	for i := range o.Heavy {
		if r := &o.Heavy[i]; answered(r) {
			done = append(done, r.Done)
		}
	}
	if len(done) < 2*o.Count {
		return 0 // too few to tell
	}
	slices.Sort(done)
	from, to := done[o.Count-1], begun(&o.Heavy[len(o.Heavy)-1])
	var sum float64
	n := 0
	for i := range o.Heavy {
		if r := &o.Heavy[i]; answered(r) && r.Done > from && r.Done <= to {
			sum += latency(r)
			n++
		}
	}
	if n < o.Count/2 || n < 8 {
		return 0
	}
	found := sum / (float64(to-from) / 1e9)
	if found > 0.75*float64(o.Count) {
		return 0
	}
	return o.Count - int(found)
}
