package probe

import (
	"fmt"
	"math"
	"time"

	"github.com/plimsoll-dev/plimsoll/probe/internal/ratelimit"
	"github.com/plimsoll-dev/plimsoll/record"
)

// longestWait is the longest silence after which it is asked whether a request is
// let in again: a little more than a minute, of which limits are often set.
const longestWait = 66 * time.Second

// later is how much longer than the end of a window is waited, as a factor: its
// beginning is seen only to a request, and clocks differ.
const later = 1.1

// whenAgain asks, where requests are turned away by time, how long that lasts if
// nobody asks, how many are let in then, and whether as many are for good as that
// says. While a service is asked again and again, a limit that counts whom it
// turns away looks as slow as any.
func whenAgain(a *assessment) (e record.Experiment, ok bool) {
	if a.limiter.Admitted == nil || a.weight(RateLimit) < 0.05 {
		return e, false
	}
	until, let := a.silentFor()
	switch {
	case !let:
		e, ok = a.afterSilence(until)
	default:
		if e, ok = a.howManyAgain(until); !ok {
			e, ok = a.forGood(until)
		}
	}
	takes := time.Duration(e.Pause) + time.Duration(e.Count)*time.Duration(e.Spacing)
	return e, ok && time.Duration(a.h.last().End)+takes < a.h.maxTime()*8/10
}

// last is the last experiment.
func (h *History) last() *Observation { return &h.Experiments[len(h.Experiments)-1] }

// paused returns the waves before which nothing was asked for a while.
func (h *History) paused(of func(*Observation) bool) (made []*Observation) {
	for _, o := range h.made(record.ExperimentWave) {
		if o.Pause > 0 && of(o) {
			made = append(made, o)
		}
	}
	return made
}

// silentFor is how long nothing but single requests were asked for until one was let
// in, or until now.
func (a *assessment) silentFor() (until time.Duration, let bool) {
	single := func(o *Observation) bool { return o.Count == 1 }
	for _, o := range a.h.paused(single) {
		if until += time.Duration(o.Pause); turnedAway(o) == 0 {
			return until, true
		}
	}
	return until, false
}

// afterSilence asks for one request after the next longer silence: after what the
// service itself says, where it does, and after the lengths of usual limits.
func (a *assessment) afterSilence(until time.Duration) (record.Experiment, bool) {
	next := longestWait + 1
	for _, length := range ratelimit.Lengths {
		if wait := time.Duration(later * length * float64(time.Second)); wait > until+wait/20 {
			next = min(next, wait)
		}
	}
	if said := a.saidWait(); until == 0 && said > 0 {
		next = said + said/20
	}
	if next > longestWait {
		return record.Experiment{}, false
	}
	e, _ := a.of(1, fmt.Sprintf("is a request let in again after %.3g s of silence?", next.Seconds()))
	e.Canaries, e.Pause = 0, int64(next-until)
	return e, true
}

// saidWait is for how long refusals asked to stay away, at most (Retry-After).
func (a *assessment) saidWait() (most time.Duration) {
	for i := range a.h.Experiments {
		for k := range a.h.Experiments[i].Heavy {
			most = max(most, time.Duration(a.h.Experiments[i].Heavy[k].Wait))
		}
	}
	return most
}

// howManyAgain asks for more than are let in at once, after a silence.
func (a *assessment) howManyAgain(until time.Duration) (record.Experiment, bool) {
	pause, enough := until, 1
	if 2*until < 15*time.Second { // a window that is weighted is over after two lengths
		pause, enough = 2*until, 2
	}
	c := max(a.limiter.Burst, a.room())
	c += c/4 + 3
	made := a.h.paused(func(o *Observation) bool { return o.Count > 1 && time.Duration(o.Spacing) == spacing })
	for _, o := range made {
		if turnedAway(o) == 0 {
			c = max(c, 2*o.Count)
			enough++
		}
	}
	if c = min(c, a.h.cap()); len(made) >= min(enough, 4) {
		return record.Experiment{}, false
	}
	e, _ := a.of(c, fmt.Sprintf("how many of %d are let in after %.3g s of silence?", c, pause.Seconds()))
	e.Canaries, e.Opened, e.Pause = 0, false, int64(pause)
	return e, true
}

// forGood asks for some a second, for longer than a window: a little less than
// what is thought to be let in, and a little more; or, where several rates explain
// what was seen, a rate between them.
func (a *assessment) forGood(until time.Duration) (record.Experiment, bool) {
	made := a.h.paused(func(o *Observation) bool { return o.Count > 1 && time.Duration(o.Spacing) != spacing })
	l := &a.limiter
	rate, lasts := l.Rate, float64(l.Burst)/l.Rate
	switch {
	case l.Vague && len(made) < 3:
		least := min(rate, l.Rival)
		rate = math.Sqrt(rate * l.Rival)
		lasts = float64(l.Burst) / (rate - least) // until the burst of the slower one is used up
	case len(made) == 0:
		rate *= 0.85
	case len(made) == 1 && until < 8*time.Second:
		rate *= 1.25
	default:
		return record.Experiment{}, false
	}
	carried := 1 // at once; what is thought to be let in may be wrong
	for i := range a.waves {
		if w := &a.waves[i]; time.Duration(w.Spacing) == spacing {
			carried = max(carried, w.count())
		}
	}
	rate = min(rate, 3*float64(carried)/a.noise.mean)
	const least, most = 1.5, 20.0 // seconds
	c := int(math.Ceil(rate * min(max(1.5*lasts, least), most)))
	c = min(max(c, 4), a.h.cap())
	e, _ := a.of(c, fmt.Sprintf("are %.3g a second let in for good?", rate))
	e.Canaries, e.Opened, e.Spacing, e.Pause = 0, false, int64(float64(time.Second)/rate), int64(until)
	return e, true
}

// limited is what a limit by time lets in, in words.
func limited(a *assessment) string {
	l := &a.limiter
	if a.ranked[0].kind != RateLimit || l.Admitted == nil || l.Unlike {
		return ""
	}
	until, let := a.silentFor()
	if until > 0 && !let {
		return fmt.Sprintf("once it turned requests away, it let none in for %.3g s: it lets in about %d at most in more than that", until.Seconds(), l.Burst)
	}
	if l.Vague {
		return ""
	}
	text := ""
	switch w := l.Window; {
	case w == nil:
		text = fmt.Sprintf("it let in as many as a bucket of %d with %.3g/s added", l.Burst, l.Rate)
	case w.Weighted:
		text = fmt.Sprintf("it let in about %d in any %.3g s, by a counter that goes on to the next %.3g s step by step", w.N, w.Length, w.Length)
	case w.Begins == ratelimit.Sliding:
		text = fmt.Sprintf("it let in %d in any %.3g s", w.N, w.Length)
	case w.Begins == ratelimit.ByRequest:
		text = fmt.Sprintf("it let in %d in %.3g s from the first on", w.N, w.Length)
	default:
		text = fmt.Sprintf("it let in %d in each %.3g s of its clock", w.N, w.Length)
	}
	if l.Window != nil && l.Window.Refused {
		text += "; those that are turned away count, too, so that who asks again at once stays out"
	}
	if l.Everyone {
		text += "; canaries count, too"
	}
	return text
}
