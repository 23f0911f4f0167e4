package forecast

import (
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
	mean(n, &x.Threads, &x.Busy, &x.Queued, &x.Connections)
	mean(n, &x.BusyTime, &x.QueueTime)
	for i := range x.Pools {
		p := &x.Pools[i]
		mean(n, &p.Size, &p.Threads, &p.Busy, &p.Pinned, &p.Queued)
		mean(n, &p.BusyTime, &p.PinnedTime, &p.QueuedTime)
	}
	for i := range x.Loops {
		mean(n, &x.Loops[i].BusyTime, &x.Loops[i].StalledTime)
	}
	for i := range x.Resources {
		if r := &x.Resources[i]; !w.Resources[i].Shared {
			mean(n, &r.Size, &r.InUse, &r.Waiting)
			mean(n, &r.HeldTime, &r.FullTime, &r.WaitTime)
		}
	}
}

// one is perInstance, and of all else, too: the service is then that of an average
// instance by itself. What loops count is there for its ratio only, and stays.
func one(x *sim.Stats, w *model.Workload) {
	n := x.Instances
	if n <= 1 {
		return
	}
	perInstance(x, w)
	x.Instances = 1
	mean(n, &x.AllThreads, &x.Upstream, &x.UpstreamMax)
	mean(n, &x.Requests, &x.Responses, &x.Rejected, &x.Switches, &x.Asked)
	mean(n, &x.CPUTime, &x.UpstreamTime)
	mean(n, &x.Resident)
	for i := range x.Residence {
		mean(n, &x.Residence[i])
	}
	for i := range x.Pools {
		p := &x.Pools[i]
		mean(n, &p.Done, &p.Rejected, &p.Mounts, &p.Remounts, &p.Pins)
	}
}

// mean makes sums over n instances into means, rounded to the nearest.
func mean[T int | int64 | uint64 | time.Duration](n int, sums ...*T) {
	for _, sum := range sums {
		*sum = (*sum + T(n)/2) / T(n)
	}
}
