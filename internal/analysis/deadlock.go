package analysis

import (
	"fmt"
	"slices"
	"strings"

	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
)

// WarnDeadlock is the code of the warning that an engine came to a standstill
// which only its process's end ends.
const WarnDeadlock = "deadlock"

// Deadlocked says in words what was waited for when a trial came to a standstill;
// "" if it did not. Of several it is the first.
func Deadlocked(t *record.Trial) string {
	if names := t.Server.Circle; len(names) > 0 {
		return fmt.Sprintf("deadlock: every slot of %s is held by a request that waits for a slot of another of them; have every route take them in the same order", strings.Join(names, " and "))
	}
	if len(t.Server.Deadlocks) == 0 {
		return ""
	}
	d := t.Server.Deadlocks[0]
	carriers := 0
	var waits []string
	for _, w := range d.Waits {
		carriers += w.Carriers
		waits = append(waits, waitsFor(w))
	}
	who := fmt.Sprintf("each of the %d carriers is pinned", carriers)
	if carriers == 1 {
		who = "the only carrier is pinned"
	}
	return fmt.Sprintf("deadlock: %s by a wait for %s, and whoever could end that has no carrier to run on (ready and queued for one: %d)",
		who, strings.Join(waits, " or "), d.Queued)
}

// waitsFor names what a virtual thread waits for that keeps its carrier.
func waitsFor(w record.TrialPinned) string {
	if w.Resource != "" {
		return w.Resource
	}
	return fmt.Sprintf("the others of %s (%s)", w.Op, w.Verb)
}

// deadlocks warns of the first trial, of an engine as it was configured, that
// came to a standstill: wherever its line is, sooner or later that is its end.
func deadlocks(e *EngineRun) []Warning {
	for _, t := range e.Trials {
		if text := Deadlocked(t); text != "" && t.Variant == "" {
			return []Warning{{Code: WarnDeadlock, Text: fmt.Sprintf("at %s/s it came to a standstill for good: %s", Rate(t.Rate), text)}}
		}
	}
	return nil
}

// standstill is the one limit that counts in a trial that ended in a deadlock:
// what else was taken then was not given back because of it. More carriers
// would be pinned as well, so what pins them is taken away; more slots of what is
// held in a circle would only be taken later.
func standstill(t *record.Trial, limits []Limit, cfg model.EngineConfig) []Limit {
	for _, l := range limits {
		if l.Kind == model.WallResource && slices.Contains(t.Server.Circle, l.Name) {
			l.Saturated, l.Raise = true, Variant{}
			return []Limit{l}
		}
	}
	for _, l := range limits {
		if l.Kind != model.WallCarriers {
			continue
		}
		l.Saturated, l.Raise = true, Variant{}
		if cfg.Has("pinning") && cfg.Text("pinning") != "jdk24" {
			l.Raise = Variant{Option: "pinning", Value: "jdk24"}
		}
		return []Limit{l}
	}
	return nil
}
