package forecast

import (
	"slices"
	"time"

	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/sim"
)

// one makes what is counted of several identical instances into that of one of
// them, on average. What they share stays whole.
func one(s sim.Stats, w *model.Workload) sim.Stats {
	n := s.Instances
	if n <= 1 {
		return s
	}
	s.Instances = 1
	for _, x := range []*int{&s.Threads, &s.Busy, &s.Queued, &s.AllThreads, &s.Connections, &s.Upstream, &s.UpstreamMax} {
		*x = (*x + n/2) / n
	}
	for _, x := range []*uint64{&s.Requests, &s.Responses, &s.Rejected, &s.Switches, &s.Asked} {
		*x = (*x + uint64(n)/2) / uint64(n)
	}
	for _, x := range []*time.Duration{&s.BusyTime, &s.QueueTime, &s.CPUTime, &s.UpstreamTime} {
		*x /= time.Duration(n)
	}
	s.Resident /= int64(n)
	for i := range s.Residence {
		s.Residence[i] /= time.Duration(n)
	}
	s.Pools, s.Loops, s.Resources, s.Stalls = slices.Clone(s.Pools), slices.Clone(s.Loops), slices.Clone(s.Resources), slices.Clone(s.Stalls)
	for i := range s.Pools {
		onePool(&s.Pools[i], n)
	}
	for i := range s.Loops {
		l := &s.Loops[i]
		l.BusyTime, l.StalledTime, l.Waits, l.Turns = l.BusyTime/time.Duration(n), l.StalledTime/time.Duration(n), l.Waits/time.Duration(n), l.Turns/uint64(n)
	}
	for i := range s.Resources {
		if r := &s.Resources[i]; !w.Resources[i].Shared {
			r.Size, r.InUse, r.Waiting = r.Size/n, r.InUse/n, r.Waiting/n
			r.HeldTime, r.FullTime, r.WaitTime = r.HeldTime/time.Duration(n), r.FullTime/time.Duration(n), r.WaitTime/time.Duration(n)
		}
	}
	return s
}

func onePool(p *sim.PoolStats, n int) {
	for _, x := range []*int{&p.Size, &p.Threads, &p.Busy, &p.Pinned, &p.Queued} {
		*x = (*x + n/2) / n
	}
	for _, x := range []*time.Duration{&p.BusyTime, &p.PinnedTime, &p.QueuedTime} {
		*x /= time.Duration(n)
	}
	for _, x := range []*uint64{&p.Done, &p.Rejected, &p.Mounts, &p.Remounts, &p.Pins} {
		*x /= uint64(n)
	}
}
