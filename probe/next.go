package probe

import (
	"fmt"
	"math"
	"time"

	"github.com/plimsoll-dev/plimsoll/record"
)

// spacing is the time between two connections of a wave: opened faster, they
// overflow accept queues of a few places.
const spacing = time.Millisecond

// Next returns the experiment that is to be made after those in a history, or
// false: nothing more is to be learned. It is a pure function.
//
// It asks its questions in order, and the first that is still open decides.
// Each question bounds how often it is asked, so the sequence ends.
func Next(h *History) (record.Experiment, bool) {
	if len(h.Experiments) > 150 || h.disturbed() > 12 {
		return record.Experiment{}, false
	}
	if e, ok := alone(h); ok {
		return e, true
	}
	a := assess(h)
	if baselines := h.made(record.ExperimentBaseline); turnedAway(baselines[len(baselines)-1]) > 0 && !h.bySpace() {
		return whenAgain(a) // it is by time, and more requests would only wait longer
	}
	for _, question := range questions {
		if e, ok := question(a); ok {
			return e, true
		}
	}
	return record.Experiment{}, false
}

// questions are asked once it is known how long a single request takes.
var questions = []func(*assessment) (record.Experiment, bool){
	isFree, isQuicker, wasItAway, isItTheWork, howFar, doesItGrow, wereTheyTooMany, howMany, timeOrNumber, whenAgain, limiterOrProcessor, limitOfAll, whoWaits, loopsOrProcesses, whatIsShared, doesTimeMatter, doConnectionsCount, isFreeAgain,
}

// disturbed counts the experiments that cannot be relied on.
func (h *History) disturbed() (n int) {
	for i := range h.Experiments {
		if h.Experiments[i].Disturbed != "" {
			n++
		}
	}
	return n
}

// cost is how many requests an experiment sends, about.
func cost(e *record.Experiment) int { return e.Count + 2*e.Canaries + 2 }

// of returns a wave of c.
func (a *assessment) of(c int, why string) (record.Experiment, bool) {
	e := record.Experiment{What: record.ExperimentWave, Why: why, Count: c, Spacing: int64(spacing)}
	// Requests that are sent as connections open must all be there before the
	// first is answered.
	e.Opened = time.Duration(c)*spacing > a.h.service()/5
	if a.h.hasCanary() {
		e.Canaries = 4
		if c <= 2 {
			e.Canaries = 6
		}
	}
	return e, true
}

// isQuicker asks again how long a request takes alone, after a time in which
// the service carried more and more: it may have warmed up, not grown.
func isQuicker(a *assessment) (record.Experiment, bool) {
	last := &a.h.Experiments[len(a.h.Experiments)-1]
	if last.What != record.ExperimentSustain || a.grown != last.ID {
		return record.Experiment{}, false
	}
	e := baselineOf(a.h)
	e.Why = "does it carry more, or is a request only quicker now?"
	return e, true
}

// weight is how likely kinds are together.
func (a *assessment) weight(of ...Kind) (sum float64) {
	for _, x := range a.ranked {
		for _, k := range of {
			if x.kind == k {
				sum += x.weight
			}
		}
	}
	return sum
}

// pool is the likeliest of the hypotheses that have a size.
func (a *assessment) pool() *hypothesis {
	for i := range a.ranked {
		switch x := &a.ranked[i]; x.kind {
		case SharedPool, PrivatePool, Serial, ConnectionCap, Shedding:
			return x
		}
	}
	return nil
}

// howFar doubles the number of requests at once until something stops them, or
// the limit is reached.
func howFar(a *assessment) (record.Experiment, bool) {
	if len(a.waves) == 0 {
		return a.of(1, "does one slow request hold up the canary?")
	}
	none := a.weight(None)
	switch top := a.h.cap(); {
	case none < 0.2 && a.most < 4 && a.room() == 0 && a.weight(Unknown) > 0.5:
		return a.of(min(2*a.most, top), "nothing explains so few: do more at once tell?")
	case none < 0.2:
		return record.Experiment{}, false
	case none < 0.8 && a.repeats(a.most) < 3:
		return a.of(a.most, fmt.Sprintf("did something stop %d at once, or was it chance?", a.most))
	case a.most < top:
		c := min(2*a.most, top)
		return a.of(c, fmt.Sprintf("are %d at once served as fast as one?", c))
	case a.repeats(top) < 2:
		return a.of(top, fmt.Sprintf("are %d at once served as fast as one, again?", top))
	}
	return record.Experiment{}, false
}

// repeats counts the waves of exactly c.
func (a *assessment) repeats(c int) (n int) {
	for i := range a.waves {
		if a.waves[i].Count == c {
			n++
		}
	}
	return n
}

// between counts the waves of well more than one number and well less than
// another.
func (a *assessment) between(from, to float64) (n int) {
	for i := range a.waves {
		if c := float64(a.waves[i].Count); c > 1.2*from && c < 0.9*to {
			n++
		}
	}
	return n
}

// longWave is how long a wave should take at most, where its size is a choice.
const longWave = 4 * time.Second

// howMany repeats waves of more than the service seems to take at once until
// the number is sharp.
func howMany(a *assessment) (record.Experiment, bool) {
	if a.weight(None) > 0.8 {
		return record.Experiment{}, false
	}
	if a.weight(CPU) > 0.5 {
		bearable := func(c int) bool { return a.line.at(c)*a.noise.mean < longWave.Seconds() }
		if c := min(2*a.most, a.h.cap(), int(a.line.onset)*16); a.most < c && a.line.at(a.most) < 8 && bearable(c) {
			return a.of(c, fmt.Sprintf("do %d at once take longer in proportion?", c))
		}
		if a.repeats(a.most) < 2 {
			return a.of(a.most, "the same again, to be sure")
		}
		if c := (a.most + 1) / 2; a.repeats(c) < 2 {
			return a.of(c, fmt.Sprintf("do %d take half as long?", c))
		}
		if c := int(math.Ceil(1.5 * a.line.onset)); !a.queued && c > 2 && c < a.most && a.between(a.line.onset, 2*a.line.onset) < 2 {
			return a.of(c, fmt.Sprintf("are all of %d slowed alike, or do some come back on time?", c))
		}
	}
	x := a.pool()
	if x == nil {
		return record.Experiment{}, false
	}
	rounds := 3
	if x.variant == uneven || x.kind == Serial && x.limit > 1 {
		rounds = 6 // so that no worker goes without
	}
	if x.kind == Serial && x.limit == 1 { // a processor in turn answers the first of a few as soon, and all the others late
		rounds = min(max(3, int(longWave.Seconds()/2/a.noise.mean)), 8)
	}
	n := x.inWork()
	c := min(max(rounds*n, n+2), a.h.cap())
	if a.weight(CPU) > 0.5 {
		c = min(c, a.most)
	}
	past := 0
	for i := range a.waves {
		if w := &a.waves[i]; 2*w.Count >= n+c {
			past++
		}
	}
	sharp := x.high == x.low || x.limit > 64 && x.high-x.low <= x.limit/50 ||
		a.pools.order != nil && x.high-x.low <= x.limit/10 // more waves would tell little beside the many requests that kept it busy
	if past < 2 || !sharp && past < 6 {
		return a.of(c, fmt.Sprintf("how many of %d are answered in the first round?", c))
	}
	return record.Experiment{}, false
}

// timeOrNumber asks, where requests are turned away, whether that depends on
// how many are there or on how many there were lately: it sends them one after
// the other over most of a service time.
func timeOrNumber(a *assessment) (record.Experiment, bool) {
	room := a.room()
	if room == 0 {
		return record.Experiment{}, false
	}
	n := 0
	for i := range a.waves {
		if time.Duration(a.waves[i].Spacing) != spacing {
			n++
		}
	}
	if n >= 2 {
		return record.Experiment{}, false
	}
	c := min(2*room, a.h.cap())
	e, _ := a.of(c, "are requests turned away by how many there are, or by how many there were?")
	e.Spacing, e.Opened, e.Canaries = int64(a.h.service())*8/10/int64(c), false, 0
	return e, true
}

// whoWaits looks at canaries beside exactly as many requests as the service
// seems to take, and one fewer.
func whoWaits(a *assessment) (record.Experiment, bool) {
	x := a.pool()
	if !a.h.hasCanary() || x == nil || a.weight(None) > 0.8 || a.weight(CPU) > 0.9 {
		return record.Experiment{}, false
	}
	// An edge that is not sharp, because several workers share the places, is not
	// found by looking at it more often.
	near := 0
	for i := range a.waves {
		if c := a.waves[i].Count; 5*c > 4*x.limit && 5*c < 6*x.limit {
			near++
		}
	}
	if near >= 12 {
		return record.Experiment{}, false
	}
	for _, held := range []int{x.limit, x.limit - 1} {
		if held < 1 || held > a.h.cap() {
			continue
		}
		if a.repeats(held) < 2 {
			return a.of(held, fmt.Sprintf("does a canary wait behind exactly %d?", held))
		}
	}
	return record.Experiment{}, false
}

// loopsOrProcesses asks for many canaries beside few requests: among loops each
// request blocks a share of them, among processes with several places none.
func loopsOrProcesses(a *assessment) (record.Experiment, bool) {
	x := a.pool()
	if x == nil || x.limit < 3 || a.weight(Serial) < 0.02 || a.weight(Serial, SharedPool) < 0.5 {
		return record.Experiment{}, false
	}
	n := 0
	for i := range a.waves {
		if a.waves[i].Experiment.Canaries >= manyCanaries {
			n++
		}
	}
	if n >= 3 {
		return record.Experiment{}, false
	}
	e, _ := a.of(x.limit/3, "do few requests hold up a share of the canaries?")
	e.Canaries = manyCanaries
	return e, true
}

// manyCanaries is enough for a share to show.
const manyCanaries = 12

// whatIsShared asks on a connection that was there before.
func whatIsShared(a *assessment) (record.Experiment, bool) {
	x := a.pool()
	if x == nil || a.weight(SharedPool, ConnectionCap, Serial) < 0.2 || len(a.h.alone(true)) == 0 {
		return record.Experiment{}, false
	}
	n := 0
	for i := range a.waves {
		if w := &a.waves[i]; w.Kept {
			n++
		}
	}
	if n >= 3 {
		return record.Experiment{}, false
	}
	e, _ := a.of(min(x.limit+2, a.h.cap()), "does a canary on a connection from before wait, too?")
	e.Kept = true
	return e, true
}

// A pool that is kept busy has at most so many queue for it, and for about so
// long, where three times its size are fewer.
const (
	manyQueued = 32
	longQueue  = 3 * time.Second
)

// doesItGrow keeps a wall busy for longer than slow pools need to grow, before
// its size is measured: what waves saw before it grew is of another service.
func doesItGrow(a *assessment) (record.Experiment, bool) {
	x := a.pool()
	made := len(a.h.made(record.ExperimentSustain))
	if x == nil || a.weight(SharedPool, PrivatePool, Serial) < 0.5 || made >= 4 {
		return record.Experiment{}, false
	}
	// Some pools have more only once a queue is full, which is long beside a small
	// pool: java.util.concurrent's.
	queue := min(manyQueued, int(longQueue.Seconds()/a.noise.mean)*x.limit)
	e := record.Experiment{What: record.ExperimentSustain, Why: "does it grow when it is kept busy?",
		Count: min(max(3*x.inWork(), x.limit+2, queue), a.h.cap()), Seconds: 5, Spacing: int64(spacing)}
	if made > 0 {
		g := a.growth()
		if g == nil || !g.grew() && (a.shrunk() == nil || 10*g.last < 9*float64(g.count)) {
			return record.Experiment{}, false
		}
		e.Why = "does it go on growing?"
		if !g.grew() {
			e.Why = "kept busy it had more than waves found; how many at most?"
		}
		e.Count = min(max(3*int(g.last), g.count), a.h.cap())
	}
	if a.h.hasCanary() {
		e.Canaries = 4 // who waits in the end, may not yet do so beside a single wave
	}
	return e, true
}

// doConnectionsCount opens connections that ask for nothing.
func doConnectionsCount(a *assessment) (record.Experiment, bool) {
	if !a.h.hasCanary() || a.weight(ConnectionCap) < 0.1 {
		return record.Experiment{}, false
	}
	var made []*Observation
	for _, o := range a.h.made(record.ExperimentIdle) {
		if o.Experiment.Canaries > 0 {
			made = append(made, o)
		}
	}
	if len(made) >= 4 {
		return record.Experiment{}, false
	}
	return record.Experiment{What: record.ExperimentIdle, Why: "do connections that ask for nothing keep others out?",
		Count: min(a.pool().limit+2, a.h.cap()), Canaries: 3, Spacing: int64(spacing), Served: len(made)%2 == 1}, true
}
