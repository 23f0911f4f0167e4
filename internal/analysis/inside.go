package analysis

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
)

// insideLimits are those of what an engine is made of beside its threads:
// loops, carriers, workers and executors.
func insideLimits(t *record.Trial, cfg model.EngineConfig, w *model.Workload) []Limit {
	var limits []Limit
	for _, p := range t.Server.Workers {
		limits = append(limits, workersLimit(t, p, cfg))
	}
	if len(t.Server.Loops) > 0 {
		limits = append(limits, loopLimit(t, w))
	}
	return limits
}

// raisable are the options that give an engine more of its workers.
var raisable = map[string][]string{
	engine.PoolCarriers: {"carriers"},
	engine.PoolExecutor: {"executor"},
	engine.PoolCPU:      {"workers"},
	engine.PoolBlocking: {"blocking", "blocking-max"},
}

// workersLimit is reached where tasks wait for a worker while all are busy. That
// carriers are busy computing is the CPU's business: only pinned ones are a
// limit of their own.
func workersLimit(t *record.Trial, p record.TrialWorkers, cfg model.EngineConfig) Limit {
	l := Limit{Kind: model.WallWorkers, Size: float64(p.Size), Used: p.Busy, Waiting: p.Queued}
	switch p.Name {
	case engine.PoolCarriers:
		l.Kind, l.Used = model.WallCarriers, p.Pinned
	case engine.PoolExecutor:
		l.Kind = model.WallExecutor
	default:
		l.Name = p.Name // there are two kinds of workers
	}
	switch {
	case p.Threads <= 0:
	case p.Size <= 0:
		l.Size = float64(p.Threads) // it has no limit but grows: what there is, is what there is
	case p.Queued >= 1:
		l.Size = float64(min(p.Size, p.Threads)) // it grows when its queue is full only: tasks waited, so this is how many there really were
	}
	l.Saturated = p.Rejected > 0 || l.Utilisation() >= saturation && l.Waiting >= 1
	l.Details = stalledBy(t.Server.Stalls)
	l.Raise = more(cfg, 2*int(l.Size), raisable[p.Name]...)
	return l
}

// patience is the share of the SLO's time that may be lost to waiting for a
// stalled loop, on average, before that breaks the SLO: who comes at a bad
// moment waits many times as long.
const patience = 0.1

// loopLimit is reached where loops are busy all the time, and where they are
// stalled for so long at a time that requests come too late. A loop that is busy
// with many small things lacks a CPU's time and not somebody to take long steps
// off it.
func loopLimit(t *record.Trial, w *model.Workload) Limit {
	l := Limit{Kind: model.WallLoop, Size: float64(len(t.Server.Loops))}
	var stalled, lag float64
	for _, p := range t.Server.Loops {
		l.Used += p.Utilisation
		stalled += p.Stalled
		lag = max(lag, p.LagMs)
	}
	mostly := stalled >= l.Used/2
	late := time.Duration(lag*float64(time.Millisecond)) >= time.Duration(patience*float64(w.SLO.Within))
	l.Saturated = l.Utilisation() >= saturation || late && mostly
	if !mostly {
		l.Kind = model.WallCPU
		l.Details = fmt.Sprintf("%s busy %.0f %% of the time", loops(len(t.Server.Loops)), 100*l.Utilisation())
		l.Raise = lessCompute(w)
		return l
	}
	l.Details = fmt.Sprintf("%s stalled %.0f %% of the time, an event waits %s for it on average", loops(len(t.Server.Loops)),
		100*stalled/l.Size, short(time.Duration(lag*float64(time.Millisecond))))
	if by := stalledBy(t.Server.Stalls); by != "" {
		l.Details += "; " + by
	}
	if worst := worstStall(t.Server.Stalls); worst != nil {
		l.Name = worst.Op
		if worst.Verb == model.Compute.String() {
			l.Raise = Variant{Compute: 0.5}
		} else {
			l.Raise = Variant{Awaited: true}
		}
	}
	return l
}

func loops(n int) string {
	if n == 1 {
		return "its loop is"
	}
	return fmt.Sprintf("its %d loops are", n)
}

// worstStall is the step that kept others waiting for the longest time, or nil.
func worstStall(stalls []record.TrialStall) *record.TrialStall {
	if len(stalls) == 0 {
		return nil
	}
	worst := slices.MaxFunc(stalls, func(a, b record.TrialStall) int { return cmp.Compare(a.Seconds, b.Seconds) })
	return &worst
}

// stalledBy names the three worst stalls.
func stalledBy(stalls []record.TrialStall) string {
	sorted := slices.SortedFunc(slices.Values(stalls), func(a, b record.TrialStall) int { return cmp.Compare(b.Seconds, a.Seconds) })
	var parts []string
	for _, s := range sorted[:min(3, len(sorted))] {
		longest := short(time.Duration(s.MaxMs * float64(time.Millisecond)))
		if s.Count == 1 {
			parts = append(parts, fmt.Sprintf("%s (%s) held it once, for %s", s.Op, s.Verb, longest))
			continue
		}
		parts = append(parts, fmt.Sprintf("%s (%s) held it %d times, up to %s", s.Op, s.Verb, s.Count, longest))
	}
	return strings.Join(parts, ", ")
}

// describeInside says in words how much of a limit was used.
func (l Limit) describeInside() string {
	switch l.Kind {
	case model.WallCarriers:
		s := fmt.Sprintf("%s pinned %.0f %% of the time, %s for one", allOf(l.Size, "its carriers"), 100*l.Utilisation(), waiting(l.Waiting, "virtual thread"))
		if l.Details != "" {
			s += "; " + l.Details
		}
		return s
	case model.WallExecutor, model.WallWorkers:
		return fmt.Sprintf("%s busy %.0f %% of the time, %s for one", allOf(l.Size, workersName(l)), 100*l.Utilisation(), waiting(l.Waiting, "task"))
	}
	return l.Details
}

func workersName(l Limit) string {
	if l.Kind == model.WallExecutor {
		return "its executor's threads"
	}
	return "its " + strings.ReplaceAll(l.Name, "-", " ")
}

// becauseInside names such a wall within a sentence.
func becauseInside(w Wall, limit float64) string {
	switch w.Kind {
	case model.WallLoop:
		if w.Name == "" {
			return "long steps stall its loop"
		}
		return fmt.Sprintf("%s stalls its loop for everyone", w.Name)
	case model.WallCarriers:
		return allOf(limit, "its carriers") + " " + areAll(limit) + " pinned"
	case model.WallExecutor:
		return allOf(limit, "its executor's threads") + " " + areAll(limit) + " taken"
	}
	return allOf(limit, "its "+strings.ReplaceAll(w.Name, "-", " ")) + " " + areAll(limit) + " taken"
}
