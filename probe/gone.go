package probe

import (
	"fmt"

	"github.com/plimsoll-dev/plimsoll/record"
)

// silent is how many requests in a row have to be without any answer for that to be
// said: one may be lost.
const silent = 3

// gone says from when on the service answered nobody any more, not even that there
// are too many; "": it did to the end. What had no time for an answer says nothing.
func (h *History) gone() string {
	var last int64 // when the last answer came
	each := func(look func(o *Observation, r *record.Request)) {
		for i := range h.Experiments {
			o := &h.Experiments[i]
			for _, rows := range [][]record.Request{o.Heavy, o.Canaries} {
				for k := range rows {
					look(o, &rows[k])
				}
			}
		}
	}
	each(func(_ *Observation, r *record.Request) {
		if replied(r) {
			last = max(last, r.Done)
		}
	})
	n, from := 0, int64(0)
	each(func(o *Observation, r *record.Request) {
		if replied(r) || begun(r) < last || o.Disturbed != "" && r.Status == statusTimeout {
			return
		}
		if n++; from == 0 || begun(r) < from {
			from = begun(r)
		}
	})
	if n < silent {
		return ""
	}
	return fmt.Sprintf("from %.1f s on the service answered none of %d requests: it has stopped, or hangs, or lets nobody in; look after it", float64(from)/1e9, n)
}

// replied reports whether there was an answer at all, the work or not.
func replied(r *record.Request) bool { return len(r.Status) == 3 || r.Status == statusFallback }
