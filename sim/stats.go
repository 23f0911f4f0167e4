package sim

import (
	"slices"
	"time"

	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/sim/event"
)

// A server is what the simulated server knows about itself.
type server struct {
	inside    event.Level // requests, from received to answered
	upstream  event.Level // requests at the upstreams
	threads   int32       // that there ever were: their names
	responses uint64
	rejected  uint64
	residence [model.NumStates]int64
	steps     []stepStats
	stalls    []stallStats
	deadlock  *Deadlock
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
// all else counts since the start.
type Stats struct {
	Now time.Duration

	InFlight     int // requests open for their clients
	InFlightTime time.Duration

	Threads    int // of the engine that can serve requests; not its workers
	Busy       int
	Queued     int // requests that wait for one
	BusyTime   time.Duration
	QueueTime  time.Duration
	AllThreads int // with workers

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
	Loops     []LoopStats
	Resources []ResourceStats
	Steps     []StepStats
	Stalls    []StallStats
	Deadlock  *Deadlock // nil: there is none
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
	if s.cpu.shared != nil {
		s.countShared()
	}
	v := &s.server
	x := Stats{
		Now: time.Duration(s.now), InFlight: int(s.clients.inFlight.N), InFlightTime: time.Duration(s.clients.inFlight.Area(s.now)),
		Connections: s.clients.open, Requests: uint64(v.inside.In), Responses: v.responses, Rejected: v.rejected,
		CPUTime: time.Duration(s.cpuTime()), Switches: s.cpu.switches,
		Upstream: int(v.upstream.N), UpstreamMax: int(v.upstream.Max), UpstreamTime: time.Duration(v.upstream.Area(s.now)), Asked: uint64(v.upstream.In),
		Deadlock: v.deadlock,
	}
	for i, ns := range v.residence {
		x.Residence[i] = time.Duration(ns)
	}
	for i := range s.pools {
		s.addPool(&x, &s.pools[i])
	}
	for i := range s.resources {
		r := &s.resources[i]
		x.Resources = append(x.Resources, ResourceStats{
			Name: s.config.Workload.Resources[i].Name, Size: int(r.size), InUse: int(r.held.N), Waiting: int(r.waiting.N),
			HeldTime: time.Duration(r.held.Area(s.now)), FullTime: time.Duration(r.full.until(s.now)), WaitTime: time.Duration(r.waiting.Area(s.now)),
		})
	}
	for i, t := range s.steps {
		x.Steps = addStep(x.Steps, t, v.steps[i])
		if v.stalls[i].count > 0 {
			st := addStep(nil, t, v.stalls[i].stepStats)[0]
			x.Stalls = append(x.Stalls, StallStats{st, time.Duration(v.stalls[i].max)})
		}
	}
	m := &s.config.Costs.Memory
	x.Resident = m.Process + int64(x.AllThreads)*m.Thread + int64(x.Connections)*m.Connection + v.inside.N*m.Request
	return x
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

func (s *Simulation) addPool(x *Stats, p *pool) {
	p.expire(s.now)
	x.AllThreads += p.threads
	busy, queued := time.Duration(p.busy.Area(s.now)), time.Duration(p.queued.Area(s.now))
	switch {
	case p.loop:
		x.Loops = append(x.Loops, LoopStats{busy, time.Duration(p.stalled), time.Duration(p.queued.Visits()), uint64(p.queued.Out)})
	case p.name == beside:
	case p.name != "":
		size := p.max
		if size == unbounded {
			size = 0
		}
		x.Pools = append(x.Pools, PoolStats{
			Name: p.name, Size: size, Threads: p.threads, Busy: int(p.busy.N), Pinned: int(p.pinned.N), Queued: int(p.queued.N),
			BusyTime: busy, PinnedTime: time.Duration(p.pinned.Area(s.now)), QueuedTime: queued,
			Done: p.done, Rejected: p.rejected, Mounts: p.mounts, Remounts: p.remounts, Pins: p.pins,
		})
	default:
		x.Threads, x.Busy, x.Queued = p.threads, int(p.busy.N), int(p.queued.N)
		x.BusyTime, x.QueueTime = busy, queued
	}
}

// cpuTime is what has been used, that of running slices included.
func (s *Simulation) cpuTime() int64 {
	ns := s.cpu.used
	for i := range s.cpu.cores {
		if c := &s.cpu.cores[i]; c.strand >= 0 {
			ns += s.now - c.since
		}
	}
	return ns
}
