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
// taken, somebody waited, and none was given back. nil if there are not two.
func (g *samples) circleUntil(until int64, w *model.Workload) (names []string) {
	circular := workload.Circular(w)
	if !slices.Contains(circular, true) {
		return nil
	}
	patience := time.Second + longest(w)
	for i, can := range circular {
		at := slices.IndexFunc(g.resources, func(r resourceSeries) bool { return r.name == w.Resources[i].Name })
		if can && at >= 0 && g.resources[at].stuck(until) >= patience {
			names = append(names, w.Resources[i].Name)
		}
	}
	if len(names) < 2 {
		return nil
	}
	slices.Sort(names)
	return names
}

// stuck is for how long, at a time, all slots have been taken, waited for, and not
// given back.
func (r *resourceSeries) stuck(until int64) time.Duration {
	n := sort.Search(len(r.inUse.at), func(i int) bool { return r.inUse.at[i] > until })
	if n == 0 {
		return 0
	}
	from := n - 1
	for i := from; i >= 0 && r.inUse.value[i] >= float64(r.size) && r.acquired.value[i] == r.acquired.value[n-1]; i-- {
		from = i
	}
	since, now := r.inUse.at[from], r.inUse.at[n-1]
	lasted := time.Duration(now - since)
	if r.waited.growth(since, now) < lasted.Seconds()/2 {
		return 0
	}
	return lasted
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
