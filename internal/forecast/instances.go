package forecast

import (
	"math"
	"slices"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/sim"
	"github.com/plimsoll-dev/plimsoll/workload"
)

// firstGuess is analysis.FirstGuess for so many instances: each has limits of its
// own, but for the resources that they share.
func (f *forecast) firstGuess(cfg model.EngineConfig) float64 {
	if f.Instances <= 1 {
		return analysis.FirstGuess(cfg, f.workload, f.CPUs)
	}
	own := *f.workload
	own.Resources = slices.DeleteFunc(slices.Clone(own.Resources), func(r model.Resource) bool { return r.Shared })
	guess := float64(f.Instances) * analysis.FirstGuess(cfg, &own, f.CPUs)
	holding := workload.Demand(f.workload).Request.Holding
	for _, r := range f.workload.Resources {
		if kept := holding[r.Name]; r.Shared && kept > 0 {
			guess = min(guess, float64(r.Size)/kept.Seconds())
		}
	}
	return guess
}

// perInstance makes the sums over all instances into what an average one has, of
// all that a configuration or a document limits for each: there the wall is found,
// and there more is configured. CPU time, memory, threads of the process and what
// counts events stay those of the whole service, and what is shared is whole.
func perInstance(x *sim.Stats, w *model.Workload) {
	n := x.Instances
	if n <= 1 {
		return
	}
	count := func(sums ...*int) {
		for _, sum := range sums {
			*sum = int(math.Round(float64(*sum) / float64(n)))
		}
	}
	times := func(sums ...*time.Duration) {
		for _, sum := range sums {
			*sum /= time.Duration(n)
		}
	}
	count(&x.Threads, &x.Busy, &x.Queued, &x.Connections)
	times(&x.BusyTime, &x.QueueTime)
	for i := range x.Pools {
		p := &x.Pools[i]
		count(&p.Size, &p.Threads, &p.Busy, &p.Pinned, &p.Queued)
		times(&p.BusyTime, &p.PinnedTime, &p.QueuedTime)
	}
	for i := range x.Loops {
		times(&x.Loops[i].BusyTime, &x.Loops[i].StalledTime)
	}
	for i := range x.Resources {
		if r := &x.Resources[i]; !w.Resources[i].Shared {
			count(&r.Size, &r.InUse, &r.Waiting)
			times(&r.HeldTime, &r.FullTime, &r.WaitTime)
		}
	}
}
