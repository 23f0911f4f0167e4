package lab

import (
	"slices"
	"sort"
	"time"

	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
	"github.com/plimsoll-dev/plimsoll/workload"
)

// deadlocksUntil returns the deadlocks that were found before a time, as the
// record has them. What does not end by itself is
// each later trial's, too, for as long as the process lives.
func (g *samples) deadlocksUntil(until, origin int64) (out []record.TrialDeadlock) {
	for _, d := range g.deadlocks {
		if d.At > until {
			continue
		}
		row := record.TrialDeadlock{At: d.At - origin, Queued: d.Queued}
		for _, w := range d.Waits {
			same := func(p record.TrialPinned) bool { return p.Op == w.Op && p.Verb == w.Verb && p.Resource == w.Resource }
			if i := slices.IndexFunc(row.Waits, same); i >= 0 {
				row.Waits[i].Carriers++
				continue
			}
			row.Waits = append(row.Waits, record.TrialPinned{Op: w.Op, Verb: w.Verb, Resource: w.Resource, Carriers: 1})
		}
		out = append(out, row)
	}
	return out
}

// circleUntil returns the resources that are held in a circle at a time: those
// that can be, and of which for longer than any request keeps one all slots were
// taken, somebody waited, and none was given back. nil if there are not two. A
// circle does not end, and a crowd does: where those who hold may be waiting for
// something else, it is none, rather than one by mistake.
func (g *samples) circleUntil(until int64, w *model.Workload) (names []string) {
	circular := workload.Circular(w)
	if !slices.Contains(circular, true) {
		return nil
	}
	patience := time.Second + longest(w)
	for i, can := range circular {
		at := slices.IndexFunc(g.resources, func(r resourceSeries) bool { return r.name == w.Resources[i].Name })
		if !can || at < 0 {
			continue
		}
		if since, now := g.resources[at].stuck(until); time.Duration(now-since) >= patience && !g.crowded(since, now) {
			names = append(names, w.Resources[i].Name)
		}
	}
	if len(names) < 2 {
		return nil
	}
	slices.Sort(names)
	return names
}

// crowded reports whether who kept something in a stretch of time may have waited
// for a CPU, for a loop or at an upstream meanwhile: a third of one CPU or of a
// loop was used, or somebody queued at an upstream all the while. A circle itself
// uses nothing.
func (g *samples) crowded(from, to int64) bool {
	third := time.Duration(to-from).Seconds() / 3
	return g.cpu.growth(from, to) >= third || g.up.waiting.share(from, to, 1) == 1 ||
		slices.ContainsFunc(g.loops, func(l loopSeries) bool { return l.busy.growth(from, to) >= third })
}

// stuck is since when, at the last sample until a time, all slots have been taken,
// waited for, and not given back.
func (r *resourceSeries) stuck(until int64) (since, now int64) {
	n := sort.Search(len(r.inUse.at), func(i int) bool { return r.inUse.at[i] > until })
	if n == 0 {
		return until, until
	}
	from := n - 1
	for i := from; i >= 0 && r.inUse.value[i] >= float64(r.size) && r.acquired.value[i] == r.acquired.value[n-1]; i-- {
		from = i
	}
	since, now = r.inUse.at[from], r.inUse.at[n-1]
	if r.waited.growth(since, now) < time.Duration(now-since).Seconds()/2 {
		return now, now
	}
	return since, now
}

// longest is more than a request keeps anything, once it has it, but for one in ten
// thousand.
func longest(w *model.Workload) (most time.Duration) {
	const rare = 0.9999
	var sum func([]model.Step) time.Duration
	sum = func(steps []model.Step) (all time.Duration) {
		for _, s := range steps {
			switch s.Verb {
			case model.Await, model.Call:
				all += w.Upstream(s.Upstream).Latency.Quantile(rare)
			case model.Compute, model.Block:
				all += s.Time.Quantile(rare)
			}
			all += sum(s.Steps)
			for _, b := range s.Branches {
				all += sum(b.Steps)
			}
		}
		return all
	}
	for _, r := range w.Routes {
		most = max(most, sum(r.Steps))
	}
	return most
}
