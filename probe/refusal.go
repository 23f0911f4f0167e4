package probe

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/plimsoll-dev/plimsoll/probe/internal/mechanism"
	"github.com/plimsoll-dev/plimsoll/probe/internal/ratelimit"
	"github.com/plimsoll-dev/plimsoll/record"
)

// refusals returns the log-likelihood of which requests of a wave were turned
// away.
func (a *assessment) refusals(w *wave, x *hypothesis) float64 {
	var expect []bool
	switch x.kind {
	case Shedding:
		expect = w.within(x.limit, a.queues)
	case RateLimit:
		expect = a.limiter.Admitted[w.ID]
	case SharedPool, PrivatePool, Serial, ConnectionCap:
		if room := a.room(); room > x.limit+1+x.limit/10 { // it has a queue, and the queue an end
			expect = w.within(room, 0)
			if a.queues > a.noise.mean { // who waits too long is turned away, not who is too many
				expect = w.within(x.limit, a.queues)
			}
		}
	case Unknown:
		return math.Log(0.2)
	}
	return w.turned(expect)
}

// turned returns the log-probability of those that were turned away, where others
// were expected to be let in; nil: all.
func (o *Observation) turned(let []bool) float64 {
	taken := letIn(o.Heavy)
	if let == nil {
		let = make([]bool, len(taken))
		for k := range let {
			let[k] = true
		}
	}
	return ratelimit.Agreement(taken, let, o.parts())
}

// letIn says which requests were not turned away.
func letIn(rs []record.Request) []bool {
	taken := make([]bool, len(rs))
	for k := range rs {
		taken[k] = !refusal(&rs[k])
	}
	return taken
}

// parts is into how many parts an experiment falls, in each of which it matters
// how many requests are turned away, but not which: one if they come all at once.
// Of those that come one after the other, a limit by number lets in whom there is
// a place for again, and one by time as many in each part.
func (o *Observation) parts() int {
	if o.What == record.ExperimentWave && time.Duration(o.Spacing) != spacing {
		return min(max(1, len(o.Heavy)/4), 4) // of a few, one more or fewer is chance
	}
	return 1
}

// within says which requests a service would have taken that has room for so
// many at once, with the requests ending when they did. Who finds it full waits
// for a place, in the order of arrival, and no longer than patience (seconds).
func (w *wave) within(room int, patience float64) []bool {
	sent, done := make([]float64, len(w.Heavy)), make([]float64, len(w.Heavy))
	for i := range w.Heavy {
		r := &w.Heavy[i]
		sent[i], done[i] = float64(begun(r))/1e9, float64(r.Done)/1e9
		if refusal(r) {
			done[i] = math.NaN()
		}
	}
	return mechanism.LetIn(room, patience, w.typical, sent, done)
}

// impatience is how long requests waited before they were turned away, in seconds,
// beside what any answer takes: 0 where that was at once. The quickest tell, since
// what is busy refuses late; and they agree, since who waits in vain does so for as
// long as all: refusals that come one after the other are work.
func (a *assessment) impatience() float64 {
	var took []float64
	for i := range a.waves {
		for k := range a.waves[i].Heavy {
			if r := &a.waves[i].Heavy[k]; refusal(r) {
				took = append(took, latency(r))
			}
		}
	}
	if len(took) == 0 {
		return 0
	}
	slices.Sort(took)
	answer := a.h.canary().Seconds() // any takes that, whatever it says
	least, typical := took[len(took)/10]-answer, took[len(took)/2]-answer
	if 2*least > typical && least > max(2*moment.Seconds(), a.noise.mean/20) {
		return least
	}
	return 0
}

// queueing is for how long requests that are turned away wait for a place, in
// seconds: as long as they are patient, unless places that came free meanwhile were
// given to none of them. Then they were only told late, as by a tarpit.
func (a *assessment) queueing() float64 {
	if a.patience == 0 {
		return 0
	}
	waiting, told := math.Inf(-1), math.Inf(-1)
	room := a.room()
	for n := 1; n <= room; n++ {
		waiting = max(waiting, a.letsIn(n, a.patience))
		if 10*n >= 9*room { // without a queue no more are let in than there are places
			told = max(told, a.letsIn(n, 0))
		}
	}
	if told > waiting {
		return 0
	}
	return a.patience
}

// letsIn returns the log-likelihood of which requests of all waves were let in, if
// there is room for n at once, and who finds none waits for so many seconds.
func (a *assessment) letsIn(n int, patience float64) (ll float64) {
	for i := range a.waves {
		w := &a.waves[i]
		ll += w.turned(w.within(n, patience))
	}
	return ll
}

// room is how many requests the service took, at most, of those that came all at
// once, before it turned others away; 0: it turned none away.
func (a *assessment) room() int {
	room := 0
	for i := range a.waves {
		if w := &a.waves[i]; w.refused > 0 && time.Duration(w.Spacing) == spacing {
			room = max(room, w.Count-w.refused)
		}
	}
	return room
}

// turnsAway reports whether anything was refused. A few connections that broke
// among many are an accident.
func (h *History) turnsAway() bool {
	for i := range h.Experiments {
		o := &h.Experiments[i]
		if !h.reliable(o) || o.What != record.ExperimentWave && o.What != record.ExperimentBaseline {
			continue
		}
		broken := 0
		for k := range o.Heavy {
			switch r := &o.Heavy[k]; {
			case refusal(r) && replied(r):
				return true
			case refusal(r):
				broken++
			}
		}
		if 50*broken > len(o.Heavy) {
			return true
		}
	}
	return false
}

// turnedAwayOverTime is the experiment that kept the service busy, and had at least
// three of its requests refused, although no wave had any; nil: there is none.
func (h *History) turnedAwayOverTime() (o *Observation, refused int) {
	if h.turnsAway() {
		return nil, 0
	}
	for _, o := range h.made(record.ExperimentSustain) {
		refused := 0
		for k := range o.Heavy {
			if r := &o.Heavy[k]; refusal(r) && len(r.Status) == 3 {
				refused++
			}
		}
		if refused >= 3 {
			return o, refused
		}
	}
	return nil, 0
}

// wereTheyTooMany asks for as many at once as there were when some were turned away:
// a limit by number turns some of them away as well, and one by time need not.
func wereTheyTooMany(a *assessment) (record.Experiment, bool) {
	const why = "when it was kept busy with as many, some were turned away; are they now?"
	o, _ := a.h.turnedAwayOverTime()
	if o == nil || a.most >= o.Count || slices.ContainsFunc(a.h.made(record.ExperimentWave), func(o *Observation) bool { return o.Why == why }) {
		return record.Experiment{}, false
	}
	return a.of(o.Count, why)
}

// overTime says that a service refused requests only where they came one after the
// other for longer, and none of waves; "": it did not. What limits it may be a rate
// then, which the waves were too few to reach.
func (h *History) overTime() string {
	o, refused := h.turnedAwayOverTime()
	if o == nil {
		return ""
	}
	return fmt.Sprintf("kept busy with %d at once, it turned %d of %s away (%s), and none of any wave: there may be a limit by time, which is not measured",
		o.Count, refused, several(len(o.Heavy), "request"), faces(o))
}

// moment is how long a place may be taken at most after the answer from it: the
// time in which a server closes a connection and counts it.
const moment = 5 * time.Millisecond

// tooSoon returns the log-likelihood of the refusals among requests made one
// after the other, where there is room for so many at once: a place is free again
// a moment after the answer that was given from it. A limit by time refuses
// whenever its time has not come.
func tooSoon(o *Observation, room int) (ll float64) {
	// When the last place was free again, at the latest; at first it is that of
	// whoever asked before the experiment.
	free := o.T + int64(moment)
	for i := range o.Heavy {
		r := &o.Heavy[i]
		switch {
		case !refusal(r):
			free = r.Done + int64(moment)
		case room <= 2 && begun(r) < free:
			ll += math.Log(0.5)
		default:
			ll += math.Log(0.05)
		}
	}
	return ll
}

// bySpace reports whether baselines had requests refused, and only ones that
// were made just after an answer: its place may have been taken still.
func (h *History) bySpace() bool {
	refused := 0
	for _, o := range h.made(record.ExperimentBaseline) {
		n := turnedAway(o)
		if tooSoon(o, 1) < float64(n)*math.Log(0.4) {
			return false
		}
		refused += n
	}
	return refused > 0
}

// denies reports whether canaries were turned away, too.
func (a *assessment) denies() bool {
	return a.room() > 0 && slices.ContainsFunc(a.samples, func(s sample) bool { return s.fate == denied })
}

// turnedAway counts the requests of an experiment that were refused.
func turnedAway(o *Observation) (n int) {
	for i := range o.Heavy {
		if refusal(&o.Heavy[i]) {
			n++
		}
	}
	return n
}

// besideIdle returns the log-likelihood of what became of canaries beside connections
// that ask for nothing.
func besideIdle(o *Observation, x *hypothesis) float64 {
	if len(o.Canaries) < o.Experiment.Canaries {
		return 0
	}
	out := 0
	asked := o.Canaries[len(o.Canaries)-o.Experiment.Canaries:]
	for i := range asked {
		if !answered(&asked[i]) {
			out++
		}
	}
	stuck := 0.03
	switch {
	case x.kind == Unknown:
		stuck = 0.5
	case x.kind == ConnectionCap:
		stuck = 0.95
	case x.kind == SharedPool && x.variant == perConnect && o.Served:
		stuck = 0.95
	case x.kind == SharedPool && x.variant == perConnect:
		stuck = 0.3 // most have the kernel wait for the first bytes, or do not need to
	case x.kind == SharedPool:
		stuck = 0.3 // workers that wait for a request's first bytes
	}
	if 2*out >= len(asked) {
		return math.Log(stuck)
	}
	return math.Log(1 - stuck)
}
