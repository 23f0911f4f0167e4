package probe

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/plimsoll-dev/plimsoll/record"
)

// evidence says in plain words what speaks for the verdict.
func (v *Verdict) evidence(a *assessment) {
	for _, say := range []func(*assessment) string{rounds, uniform, proportion, paceSeen, refusedWhat, instead, limited, held, keptOne, idleSeen, grown, dependence, cpuSeen, threadsSeen, poolsSeen, loopSeen, lost} {
		if text := say(a); text != "" {
			v.Wall.Evidence = append(v.Wall.Evidence, text)
		}
	}
}

// largest is the wave with most requests of those that were sent at once, and fit.
func (a *assessment) largest(fits func(*wave) bool) *wave {
	var best *wave
	for i := range a.waves {
		if w := &a.waves[i]; time.Duration(w.Spacing) == spacing && fits(w) && (best == nil || w.Count > best.Count) {
			best = w
		}
	}
	return best
}

// rounds is how the requests of a wave came back a pool's worth at a time.
func rounds(a *assessment) string {
	x := &a.ranked[0]
	switch x.kind {
	case SharedPool, PrivatePool, ConnectionCap, Serial:
	default:
		return ""
	}
	w := a.largest(func(w *wave) bool { return w.count() > x.limit && w.failed == 0 })
	if w == nil {
		return ""
	}
	alone := millis(a.noise.mean)
	if x.variant == repeated {
		return fmt.Sprintf("of %s sent at once, the first was answered after %s and the last after %s; one alone takes %s, so %d at a time, in several visits: each has all wait for a place again",
			several(w.count(), "request"), millis(w.done[0]), millis(w.done[len(w.done)-1]), alone, x.limit)
	}
	if x.variant == portion {
		return fmt.Sprintf("of %s sent at once, %d %s answered after %s, as one alone is, and then %d every %s: each holds one of %d places for %.0f %% of its time, and %d are in work at once",
			several(w.count(), "request"), x.limit, were(x.limit), alone, x.limit, millis(x.share*a.noise.mean), x.limit, 100*x.share, x.inWork())
	}
	if !a.noise.steady() || x.variant == uneven {
		return fmt.Sprintf("%s sent at once were answered over %s; at %s each on average, that is %.0f at a time",
			several(w.count(), "request"), millis(w.done[len(w.done)-1]), alone, math.Round(float64(w.little(a.noise))))
	}
	on := w.onTime(1.5, a.noise)
	return fmt.Sprintf("of %s sent at once, %d %s answered after %s, as one alone is, and the last after %s",
		several(w.count(), "request"), on, were(on), alone, millis(w.done[len(w.done)-1]))
}

// uniform is that many requests were served as fast as one.
func uniform(a *assessment) string {
	if a.ranked[0].kind != None {
		return ""
	}
	w := a.largest(func(w *wave) bool { return w.count() > 0 })
	if w == nil {
		return ""
	}
	return fmt.Sprintf("%s sent at once took %s (median); one alone takes %s",
		several(w.count(), "request"), millis(w.level(a.noise)*math.Exp(a.noise.centre)), millis(math.Exp(a.noise.centre)))
}

// proportion is how requests slow each other down.
func proportion(a *assessment) string {
	x := &a.ranked[0]
	switch {
	case (x.kind == RateLimit || x.kind == CPU && a.queued) && a.reached && a.room() == 0:
		return fmt.Sprintf("however many were sent at once, one was answered every %s after the first", millis(a.step))
	case x.kind != CPU:
		return ""
	}
	var said []string
	seen := map[int]bool{}
	for i := range a.waves {
		if w := &a.waves[i]; w.count() > 0 && !seen[w.Count] {
			seen[w.Count] = true
			said = append(said, fmt.Sprintf("%d: %s", w.Count, millis(w.level(a.noise)*math.Exp(a.noise.centre))))
		}
	}
	return "requests sent at once slow each other down, all alike, and none comes back on time (median time by number: " + strings.Join(said, ", ") + ")"
}

// paceSeen is what canaries met while answers came at a pace.
func paceSeen(a *assessment) string {
	if k := a.ranked[0].kind; !a.reached || k != RateLimit && k != CPU {
		return ""
	}
	slow, n := 0, 0
	for _, o := range a.h.made(record.ExperimentSustain) {
		s, of := a.late(o)
		slow, n = slow+s, n+of
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("kept busy at that pace, it let %d of %s wait", slow, several(n, "canary"))
}

// refusedWhat is what excess requests got.
func refusedWhat(a *assessment) string {
	w := a.largest(func(w *wave) bool { return w.refused > 0 && w.Count > 1 })
	if w == nil {
		for _, o := range a.h.made("baseline") {
			if n := turnedAway(o); n > 0 {
				return fmt.Sprintf("of %s sent one after the other, %d %s turned away with %s", several(len(o.Heavy), "request"), n, were(n), faces(o))
			}
		}
		return ""
	}
	text := fmt.Sprintf("of %s sent at once, %d %s answered and %d turned away with %s", several(w.Count, "request"), w.count(), were(w.count()), w.refused, faces(w.Observation))
	if a.patience > 0 {
		text += fmt.Sprintf(", %s after they came", millis(a.patience))
	}
	return text
}

// faces are the ways in which requests were turned away.
func faces(o *Observation) string {
	seen := map[string]bool{}
	for i := range o.Heavy {
		if r := &o.Heavy[i]; refusal(r) {
			face := r.Status
			if face == statusFallback {
				face = "what is not the work"
			}
			seen[face] = true
		}
	}
	return strings.Join(slices.Sorted(maps.Keys(seen)), ", ")
}

// held is what canaries on fresh connections met, by how many requests were
// held: just below the size, and from there on.
func held(a *assessment) string {
	if len(a.samples) == 0 {
		return ""
	}
	x := a.pool()
	if x == nil || a.weight(None, CPU, RateLimit) > 0.5 {
		stuck, n := tally(a.samples, func(s *sample) bool { return !s.kept })
		return fmt.Sprintf("of %s beside up to %d held requests, %d waited for one of them", several(n, "canary"), a.most, stuck)
	}
	if x.variant == fronted {
		in, n := tally(a.samples, func(s *sample) bool { return !s.kept && s.held < x.front })
		out, m := tally(a.samples, func(s *sample) bool { return !s.kept && s.held >= x.front })
		return fmt.Sprintf("beside fewer than %d held requests, %d of %s on fresh connections waited, and %d of %d beside more: in front of what the slow route waits for is a larger wall, of all routes", x.front, in, several(n, "canary"), out, m)
	}
	above, n := tally(a.samples, func(s *sample) bool { return !s.kept && s.held >= x.limit })
	text := fmt.Sprintf("beside %d or more held requests, %d of %s on fresh connections waited", x.limit, above, several(n, "canary"))
	if x.limit > 1 {
		below, m := tally(a.samples, func(s *sample) bool { return !s.kept && s.held < x.limit })
		text += fmt.Sprintf("; beside fewer, %d of %d", below, m)
	}
	return text
}

func tally(samples []sample, of func(*sample) bool) (stuck, n int) {
	for i := range samples {
		if s := &samples[i]; of(s) {
			n++
			if s.fate == waited {
				stuck++
			}
		}
	}
	return stuck, n
}

// keptOne is what canaries met on connections from before.
func keptOne(a *assessment) string {
	stuck, n := tally(a.samples, func(s *sample) bool { return s.kept })
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("on a connection opened before, %d of %d waited", stuck, n)
}

// idleSeen is what connections do that ask for nothing.
func idleSeen(a *assessment) string {
	var said []string
	for _, o := range a.h.made("idle") {
		if o.Experiment.Canaries == 0 {
			slow, n := a.late(o)
			said = append(said, fmt.Sprintf("of %s asked for at once, beside nothing else, %d took much longer than one alone", several(n, "canary"), slow))
			continue
		}
		out := 0
		asked := o.Canaries[max(0, len(o.Canaries)-o.Experiment.Canaries):]
		for i := range asked {
			if !answered(&asked[i]) {
				out++
			}
		}
		what := "that asked for nothing"
		if o.Served {
			what = "that had been served and fell silent"
		}
		text := fmt.Sprintf("beside %s %s, %d of %s had no answer", several(o.Count, "connection"), what, out, several(len(asked), "canary"))
		if !slices.Contains(said, text) {
			said = append(said, text)
		}
	}
	return strings.Join(said, "; ")
}

// grown is whether the wall moved while it was kept busy.
func grown(a *assessment) string {
	g := a.growth()
	if g == nil || a.ranked[0].limit == 0 {
		return ""
	}
	if a.grown > 0 {
		return fmt.Sprintf("kept busy it grew, to %d at a time; what was seen before that does not count", g.about(a))
	}
	return fmt.Sprintf("kept busy for %.0f s it did not grow: %.0f requests/s, %d at a time", g.seconds, g.rate, g.about(a))
}

// lost is how many connections came late.
func lost(a *assessment) string {
	n := 0
	for i := range a.waves {
		n += a.waves[i].lost
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%s took a second or more to open, and what was sent on them was not counted: the accept queue is short, or the network loses packets", several(n, "connection"))
}
