package analysis

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/plimsoll-dev/plimsoll/internal/search"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
)

// A busy gauge is a symptom. The wall is confirmed by giving the service more
// of that limit and seeing the line move; candidates are tried from the end of
// the chain until one moves it.

// moves is how far a line has to move to have moved at all.
const moves = 1.05

// A Trier is the next step of confirming: which variant to try at which rate.
type Trier struct {
	Done    bool
	Variant Variant
	Rate    float64
}

// Confirm decides from all trials of one engine what to try next to confirm
// its wall: of each candidate a rate well above the line, and if it does not
// pass, lower ones, trials of them at most.
func Confirm(all []*record.Trial, cfg model.EngineConfig, w *model.Workload, trials int) Trier {
	base := Line(all)
	for _, l := range candidates(all, cfg, w) {
		if l.Raise == (Variant{}) {
			continue
		}
		history, _ := variantTrials(all, l.Raise)
		if ok, _ := confirmedBy(base, history); ok {
			return Trier{Done: true}
		}
		least := base.High * moves // nothing can be learned from less
		switch n := len(history); {
		case n >= trials || n > 0 && history[n-1].Rate <= least*1.001:
			continue // it does not move, or it cannot be shown
		case n > 0:
			return Trier{Variant: l.Raise, Rate: max(least, math.Sqrt(least*history[n-1].Rate))}
		}
		guess, limit := Capacity(Reference(all), cfg, w, l.Raise)
		if limit == model.WallCPU {
			guess = math.Sqrt(least * max(guess, least)) // what CPU a request will cost then is not well known
		} else {
			guess *= 0.9
		}
		return Trier{Variant: l.Raise, Rate: max(least, guess)}
	}
	return Trier{Done: true}
}

// confirmedBy reports whether the trials of a variant show that the line moved.
func confirmedBy(base search.Decision, history []search.Trial) (bool, search.Decision) {
	if len(history) == 0 || base.High == 0 {
		return false, search.Decision{}
	}
	line := search.Next(search.Goal{Guess: base.High, Precision: 1.05, Trials: len(history)}, history)
	return line.Low >= base.High*moves*0.999, line
}

// candidates are the saturated limits of the trial that shows what the service
// breaks on.
func candidates(trials []*record.Trial, cfg model.EngineConfig, w *model.Workload) []Limit {
	t := breaking(trials, cfg, w)
	if t == nil {
		return nil
	}
	return saturated(t, cfg, w)
}

func saturated(t *record.Trial, cfg model.EngineConfig, w *model.Workload) []Limit {
	limits := LimitsOf(t, cfg, w)
	if Deadlocked(t) != "" {
		return standstill(t, limits, cfg)
	}
	var out []Limit
	for _, l := range limits {
		if l.Saturated {
			out = append(out, l)
		}
	}
	return out
}

// breaking returns the lowest failed trial above the line in which a limit was
// reached: higher up, everything is overrun. Where none shows a limit, it is the
// lowest that failed.
func breaking(trials []*record.Trial, cfg model.EngineConfig, w *model.Workload) *record.Trial {
	failed := failedAbove(trials)
	for _, t := range failed {
		if len(saturated(t, cfg, w)) > 0 {
			return t
		}
	}
	if len(failed) == 0 {
		return nil
	}
	return failed[0]
}

// failedAbove returns the search trials that failed above the line, the lowest
// first.
func failedAbove(trials []*record.Trial) []*record.Trial {
	line := Line(trials)
	var failed []*record.Trial
	for _, t := range trials {
		if t.Purpose == record.PurposeSearch && t.Outcome == record.Failed && t.Rate > line.Low {
			failed = append(failed, t)
		}
	}
	slices.SortStableFunc(failed, func(a, b *record.Trial) int { return cmp.Compare(a.Rate, b.Rate) })
	return failed
}

// LowestFailed returns the lowest search trial that failed above the line, or nil.
func LowestFailed(trials []*record.Trial) *record.Trial {
	if failed := failedAbove(trials); len(failed) > 0 {
		return failed[0]
	}
	return nil
}

// Reference returns the trial that estimates start from: the highest that
// passed, or else the warm-up. What came to a standstill tells nothing of use.
func Reference(trials []*record.Trial) *record.Trial {
	var best *record.Trial
	for _, t := range trials {
		switch {
		case Deadlocked(t) != "":
		case t.Variant != "" || (t.Purpose != record.PurposeSearch && t.Purpose != record.PurposeWarmUp):
		case t.Purpose == record.PurposeSearch && t.Outcome != record.Passed:
		case best == nil || best.Purpose == record.PurposeWarmUp || t.Purpose == record.PurposeSearch && t.Rate > best.Rate:
			best = t
		}
	}
	return best
}

// Line brackets the load line from an engine's search trials.
func Line(trials []*record.Trial) search.Decision {
	return search.Next(search.Goal{Guess: 1}, History(trials, record.PurposeSearch))
}

// History returns the trials of one purpose as the search sees them.
func History(trials []*record.Trial, purpose string) []search.Trial {
	var h []search.Trial
	for _, t := range trials {
		if t.Purpose == purpose && t.Variant == "" {
			h = append(h, asSearch(t))
		}
	}
	return h
}

func variantTrials(trials []*record.Trial, v Variant) ([]search.Trial, []*record.Trial) {
	var h []search.Trial
	var rows []*record.Trial
	for _, t := range trials {
		if t.Purpose == record.PurposeConfirm && t.Variant == v.String() {
			h, rows = append(h, asSearch(t)), append(rows, t)
		}
	}
	return h, rows
}

func asSearch(t *record.Trial) search.Trial {
	o := search.Void
	switch t.Outcome {
	case record.Passed:
		o = search.Pass
	case record.Failed:
		o = search.Fail
	}
	return search.Trial{Rate: t.Rate, Outcome: o, Doubtful: t.Doubtful}
}

// A finding is what raising a limit showed, in words; at most one is set, none
// if nothing was tried.
type finding struct {
	confirmed string // the line moved
	refuted   string // it did not
	open      string // the trials do not tell
}

// nearby is how far above the line a raised limit has to fail to be refuted.
const nearby = 1.15

func find(base search.Decision, l Limit, trials []*record.Trial) finding {
	history, rows := variantTrials(trials, l.Raise)
	if len(history) == 0 {
		return finding{}
	}
	from := between(base.Low, base.High)
	if base.Low == 0 {
		from = "below " + Rate(base.High)
	}
	lowest := math.Inf(1) // that failed
	for _, t := range history {
		if t.Outcome == search.Fail {
			lowest = min(lowest, t.Rate)
		}
	}
	ok, line := confirmedBy(base, history)
	with := l.Raise.Moved()
	switch {
	case ok && line.High > 0:
		return finding{confirmed: fmt.Sprintf("%s the line moved from %s to %s", with, from, between(line.Low, line.High))}
	case ok:
		return finding{confirmed: fmt.Sprintf("%s the line moved from %s to at least %s", with, from, Rate(line.Low))}
	case !tookEffect(l, rows):
		return finding{open: fmt.Sprintf("%s configured there were still %.0f", with, l.Size)}
	case lowest <= base.High*nearby:
		return finding{refuted: fmt.Sprintf("%s the line stayed below %s: not the wall, or not alone", with, Rate(lowest))}
	default:
		return finding{open: fmt.Sprintf("%s no trial told whether the line moved", with)}
	}
}

// tookEffect reports whether a raised pool really had more threads.
func tookEffect(l Limit, rows []*record.Trial) bool {
	if l.Kind != model.WallThreadPool {
		return true
	}
	for _, t := range rows {
		if t.Server.Pool == 0 || float64(t.Server.Pool) > l.Size {
			return true
		}
	}
	return false
}
