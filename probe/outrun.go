package probe

import "math"

// outrunSlack is by how much a pace that was measured may be too slow: requests
// that came a little sooner than it allows do not tell.
const outrunSlack = 0.85

// outran reports whether requests were answered before a limit by time that delays
// them would have let them in, by its own clock: one in each step (seconds), after a
// burst. No such limit slows down only those that come in waves, and lets single
// ones, one after the other, come faster.
func (h *History) outran(step float64, burst int) bool {
	early, all := 0, 0
	full := math.Inf(-1) // when all of the burst is there again
	step *= outrunSlack
	for i := range h.Experiments {
		o := &h.Experiments[i]
		for k := range o.Heavy {
			r := &o.Heavy[k]
			if r.Sent == 0 {
				continue
			}
			all++
			full = max(full, float64(r.Sent)/1e9) + step
			if late := full - float64(burst)*step - float64(r.Done)/1e9; late > 0 && answered(r) {
				early++
				full -= late // it was let in by then
			}
		}
	}
	return early > 2 && 30*early > all
}

// paceOf is the time between requests that a limit which delays lets in, in
// seconds, and how many may go at once before.
func (a *assessment) paceOf(x *hypothesis) (step float64, burst int) {
	if x.limit > 1 {
		return a.saving.step, a.saving.burst
	}
	return a.step, 1
}
