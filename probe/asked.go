package probe

import (
	"github.com/plimsoll-dev/plimsoll/probe/internal/ratelimit"
	"github.com/plimsoll-dev/plimsoll/record"
)

// limiterOf is the limit by time that explains best who was turned away.
func limiterOf(a *assessment) ratelimit.Limiter {
	room := a.room()
	for _, o := range a.h.made(record.ExperimentBaseline) {
		if n := turnedAway(o); n > 0 {
			room = max(room, len(o.Heavy)-n)
		}
	}
	if room == 0 {
		return ratelimit.Limiter{}
	}
	return ratelimit.Likeliest(a.h.asked(), room, a.h.admittedRate(), a.denies())
}

// asked is all that was asked of the service, by experiment.
func (h *History) asked() []ratelimit.Experiment {
	of := func(rows []record.Request) []ratelimit.Request {
		rs := make([]ratelimit.Request, len(rows))
		for k := range rows {
			rs[k] = ratelimit.Request{At: float64(begun(&rows[k])) / 1e9, Taken: !refusal(&rows[k])}
		}
		return rs
	}
	heavy, canaries := byRoute(h.First)
	all := []ratelimit.Experiment{{Heavy: of(heavy), Canaries: of(canaries)}}
	for i := range h.Experiments {
		o := &h.Experiments[i]
		counts := (o.What == record.ExperimentWave || o.What == record.ExperimentBaseline) && h.reliable(o)
		all = append(all, ratelimit.Experiment{ID: o.ID, Heavy: of(o.Heavy), Canaries: of(o.Canaries), Parts: o.parts(), Counts: counts})
	}
	return all
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

// admittedRate is the rate at which requests were answered from the first that
// was turned away on; 0: none was.
func (h *History) admittedRate() float64 {
	var from, to int64
	n := 0
	for i := range h.Experiments {
		for k := range h.Experiments[i].Heavy {
			r := &h.Experiments[i].Heavy[k]
			switch {
			case from == 0 && refusal(r):
				from = begun(r)
			case from > 0 && answered(r):
				n++
				to = begun(r)
			}
		}
	}
	if n < 2 || to <= from {
		return 0
	}
	return float64(n) * 1e9 / float64(to-from)
}
