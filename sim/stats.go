package sim

import (
	"slices"
	"time"

	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/sim/event"
)

// A service is what is counted of all instances together.
type service struct {
	upstream event.Level // requests at the upstreams
	threads  int32       // that there ever were: their names
	steps    []stepStats
	stalls   []stallStats
	deadlock *Deadlock
	circle   *Circle
}

type stepStats struct {
	count uint64
	ns    int64
}

func (t *stepStats) add(ns int64) {
	t.count++
	t.ns += ns
}

type stallStats struct {
	stepStats
	max int64
}

func (t *stallStats) add(ns int64) {
	t.stepStats.add(ns)
	t.max = max(t.max, ns)
}

// Stats are what a sampler of the server would see at a moment. Numbers are of
// that moment; what ends in Time is an integral over time since the start, and
// all else counts since the start. Of a service of several instances they are the
// sums over them: pools and loops of one name or place are one, that of all.
type Stats struct {
	Now       time.Duration
	Instances int

	InFlight     int // requests open for their clients
	InFlightTime time.Duration

	Threads    int // of the engine that can serve requests; not its workers
	Busy       int
	Queued     int // requests that wait for one
	BusyTime   time.Duration
	QueueTime  time.Duration
	AllThreads int // with workers

	Retried     uint64 // requests that clients sent again
	Connections int
	Requests    uint64
	Responses   uint64
	Rejected    uint64 // requests answered 503 because a queue was full
	CPUTime     time.Duration
	Switches    uint64
	Resident    int64                          // bytes
	Residence   [model.NumStates]time.Duration // of the requests that were answered, by state

	Upstream     int // requests at the upstreams
	UpstreamMax  int
	UpstreamTime time.Duration
	Asked        uint64 // requests that upstreams had

	Pools     []PoolStats
	Loops     []LoopStats // of each place in an instance
	Resources []ResourceStats
	Steps     []StepStats
	Stalls    []StallStats
	Deadlock  *Deadlock // nil: there is none
	Circle    *Circle   // likewise
}

// PoolStats are the account of a set of workers, carriers or an executor.
type PoolStats struct {
	Name                             string
	Size                             int // workers there may be; 0: any number
	Threads, Busy, Pinned, Queued    int
	BusyTime, PinnedTime, QueuedTime time.Duration
	Done, Rejected                   uint64
	Mounts, Remounts, Pins           uint64
}

// LoopStats are the account of an event loop.
type LoopStats struct {
	BusyTime, StalledTime time.Duration
	Waits                 time.Duration // of all that has waited for the loop
	Turns                 uint64        // how many that were
}

// ResourceStats are the account of a resource.
type ResourceStats struct {
	Name                         string
	Size, InUse, Waiting         int
	HeldTime, FullTime, WaitTime time.Duration
}

// StepStats are the totals of a named step.
type StepStats struct {
	Op    string
	Verb  model.Verb
	Count uint64
	Time  time.Duration // inside it, inner steps included
}

// StallStats are the totals of what kept a loop from its other requests, or
// pinned a carrier, for longer than the engine's threshold.
type StallStats struct {
	StepStats
	Max time.Duration
}

// Stats looks at the simulation as it is.
func (s *Simulation) Stats() Stats {
	v := &s.service
	x := Stats{
		Now: time.Duration(s.now), InFlight: int(s.clients.inFlight.N), InFlightTime: time.Duration(s.clients.inFlight.Area(s.now)),
		Upstream: int(v.upstream.N), UpstreamMax: int(v.upstream.Max), UpstreamTime: time.Duration(v.upstream.Area(s.now)), Asked: uint64(v.upstream.In),
		Deadlock: v.deadlock, Circle: v.circle, Retried: s.clients.retries.count,
	}
	for i := range s.instances {
		s.addInstance(&x, i)
	}
	for i, t := range s.steps {
		x.Steps = addStep(x.Steps, t, v.steps[i])
		if v.stalls[i].count > 0 {
			st := addStep(nil, t, v.stalls[i].stepStats)[0]
			x.Stalls = append(x.Stalls, StallStats{st, time.Duration(v.stalls[i].max)})
		}
	}
	return x
}

// Instance looks at one instance, from 0 on. What is counted of the service only
// is not there: upstreams, steps, stalls and deadlocks; of what instances share
// each shows the whole. InFlight is what the balancer has given it.
func (s *Simulation) Instance(i int) Stats {
	in := &s.clients.inFlight
	if len(s.instances) > 1 {
		in = &s.balancer.open[i]
	}
	x := Stats{Now: time.Duration(s.now), InFlight: int(in.N), InFlightTime: time.Duration(in.Area(s.now))}
	s.addInstance(&x, i)
	return x
}

// addInstance adds an instance to those that are in x.
func (s *Simulation) addInstance(x *Stats, i int) {
	v := &s.instances[i]
	if v.cpu.shared != nil {
		v.cpu.countShared(s.now)
	}
	x.Connections += v.open
	x.Requests += uint64(v.inside.In)
	x.Responses += v.responses
	x.Rejected += v.rejected
	x.CPUTime += time.Duration(s.cpuTime(&v.cpu))
	x.Switches += v.cpu.switches
	for state, ns := range v.residence {
		x.Residence[state] += time.Duration(ns)
	}
	n, threads := len(s.engine.pools), x.AllThreads
	var at places
	for k := range n {
		s.addPool(x, &s.pools[i*n+k], &at)
	}
	for k := range s.strides {
		s.addResource(x, i, k)
	}
	m := &s.config.Costs.Memory
	x.Resident += m.Process + int64(x.AllThreads-threads)*m.Thread + int64(v.open)*m.Connection + v.inside.N*m.Request
	x.Instances++
}

// addResource adds an instance's resource; one that is shared counts once.
func (s *Simulation) addResource(x *Stats, i, k int) {
	if k == len(x.Resources) {
		x.Resources = append(x.Resources, ResourceStats{Name: s.config.Workload.Resources[k].Name})
	} else if s.strides[k] == 0 {
		return
	}
	r, sum := &s.resources[i*int(s.strides[k])+k], &x.Resources[k]
	sum.Size += int(r.size)
	sum.InUse += int(r.held.N)
	sum.Waiting += int(r.waiting.N)
	sum.HeldTime += time.Duration(r.held.Area(s.now))
	sum.FullTime += time.Duration(r.full.until(s.now))
	sum.WaitTime += time.Duration(r.waiting.Area(s.now))
}

// addStep adds to the totals of steps of one name and verb.
func addStep(all []StepStats, t stepName, add stepStats) []StepStats {
	i := slices.IndexFunc(all, func(a StepStats) bool { return a.Op == t.op && a.Verb == t.verb })
	if i < 0 {
		i = len(all)
		all = append(all, StepStats{Op: t.op, Verb: t.verb})
	}
	all[i].Count += add.count
	all[i].Time += time.Duration(add.ns)
	return all
}

// places are how many loops and named pools an instance was found to have.
type places struct{ loops, pools int }

// addPool adds an instance's pool to those in the same place of the others.
func (s *Simulation) addPool(x *Stats, p *pool, at *places) {
	p.expire(s.now)
	x.AllThreads += p.threads
	busy, queued := time.Duration(p.busy.Area(s.now)), time.Duration(p.queued.Area(s.now))
	switch {
	case p.loop:
		if at.loops == len(x.Loops) {
			x.Loops = append(x.Loops, LoopStats{})
		}
		sum := &x.Loops[at.loops]
		at.loops++
		sum.BusyTime += busy
		sum.StalledTime += time.Duration(p.stalled)
		sum.Waits += time.Duration(p.queued.Visits())
		sum.Turns += uint64(p.queued.Out)
	case p.name == beside:
	case p.name != "":
		if at.pools == len(x.Pools) {
			x.Pools = append(x.Pools, PoolStats{Name: p.name})
		}
		sum := &x.Pools[at.pools]
		at.pools++
		if p.max != unbounded {
			sum.Size += p.max
		}
		sum.Threads += p.threads
		sum.Busy += int(p.busy.N)
		sum.Pinned += int(p.pinned.N)
		sum.Queued += int(p.queued.N)
		sum.BusyTime += busy
		sum.PinnedTime += time.Duration(p.pinned.Area(s.now))
		sum.QueuedTime += queued
		sum.Done += p.done
		sum.Rejected += p.rejected
		sum.Mounts += p.mounts
		sum.Remounts += p.remounts
		sum.Pins += p.pins
	default:
		x.Threads += p.threads
		x.Busy += int(p.busy.N)
		x.Queued += int(p.queued.N)
		x.BusyTime += busy
		x.QueueTime += queued
	}
}

// cpuTime is what an instance has used, that of running slices included.
func (s *Simulation) cpuTime(c *cpu) int64 {
	ns := c.used
	for i := range s.cores[c.first : c.first+c.n] {
		if p := &s.cores[int(c.first)+i]; p.strand >= 0 {
			ns += s.now - p.since
		}
	}
	return ns
}
