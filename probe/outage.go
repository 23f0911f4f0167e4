package probe

import (
	"fmt"

	"github.com/plimsoll-dev/plimsoll/record"
)

// An outage is the stretch of time in which a service turned everybody away and
// after which it turned away nobody, however many asked at once: it was not there,
// as while it is being restarted. What was asked then says nothing of a wall.
type outage struct{ from, to int64 }

// proofs is how many waves of more requests than were turned away have to be
// served for that. A limit by time lets one of them in if it comes late enough, and
// turns the next one away, which asks for no less.
const proofs = 3

// spell is the stretch from the first heavy request that was turned away until the
// last had been, and how many there were at once in the experiments that it falls
// into; ok is false if there is none, somebody was answered meanwhile, or told that
// there were too many.
func (h *History) spell() (s outage, atOnce int, ok bool) {
	for i := range h.Experiments {
		for k := range h.Experiments[i].Heavy {
			if r := &h.Experiments[i].Heavy[k]; refusal(r) {
				if r.Status == "429" {
					return outage{}, 0, false // it is there, and says why
				}
				if !ok {
					s.from = begun(r)
				}
				s.from, s.to, ok = min(s.from, begun(r)), max(s.to, r.Done), true
			}
		}
	}
	for i := range h.Experiments {
		o := &h.Experiments[i]
		for k := range o.Heavy {
			if r := &o.Heavy[k]; answered(r) && r.Done > s.from && begun(r) < s.to {
				return s, 0, false
			}
		}
		if s.meets(o) {
			atOnce = max(atOnce, o.atOnce())
		}
	}
	return s, atOnce, ok
}

// atOnce is how many heavy requests an experiment has in flight at most.
func (o *Observation) atOnce() int {
	if o.What == record.ExperimentBaseline {
		return 1
	}
	return o.Count
}

// meets reports whether anything was asked in that time in an experiment.
func (s outage) meets(o *Observation) bool { return o.T <= s.to && o.End >= s.from }

// served counts the waves after a spell that asked for more at once than were
// turned away in it; nobody was in these.
func (h *History) served(s outage, atOnce int) (n int) {
	for i := range h.Experiments {
		if o := &h.Experiments[i]; o.What == record.ExperimentWave && o.Disturbed == "" && o.T > s.to && o.Count > atOnce && len(times(o)) > atOnce {
			n++
		}
	}
	return n
}

// outage returns the one that there was; nil: there was none, as far as is known.
func (h *History) outage() *outage {
	if h.away.after != len(h.Experiments) {
		h.away.after, h.away.known = len(h.Experiments), nil
		if s, atOnce, ok := h.spell(); ok && h.served(s, atOnce) >= proofs {
			h.away.known = &s
		}
	}
	return h.away.known
}

// reliable reports whether what was seen in an experiment is of the service.
func (h *History) reliable(o *Observation) bool {
	away := h.outage()
	return o.Disturbed == "" && (away == nil || !away.meets(o)) && allSentAway(o.Heavy) == 0
}

// wasItAway asks for several at once where only single requests were turned away,
// all of a stretch of time.
func wasItAway(a *assessment) (record.Experiment, bool) {
	s, atOnce, ok := a.h.spell()
	if !ok || atOnce != 1 || a.h.served(s, atOnce) >= proofs || a.h.triedAgain(s) >= 2*proofs {
		return record.Experiment{}, false
	}
	return a.of(min(4, a.h.cap()), "single requests were turned away; are several at once?")
}

// triedAgain counts the waves of several after a spell, whatever became of them.
func (h *History) triedAgain(s outage) (n int) {
	for _, o := range h.made(record.ExperimentWave) {
		if o.T > s.to && o.Count > 1 {
			n++
		}
	}
	return n
}

// missing says when the service was not there.
func (h *History) missing() string {
	away := h.outage()
	if away == nil {
		return ""
	}
	seconds := func(t int64) string { return fmt.Sprintf("%.1f s", float64(t)/1e9) }
	return fmt.Sprintf("from %s to %s every slow request was turned away, and after that none, of more at once: the service was not there, as while it is being restarted, and what was asked then does not count", seconds(away.from), seconds(away.to))
}
