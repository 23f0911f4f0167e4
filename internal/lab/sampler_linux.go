package lab

import (
	"sync"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/internal/host"
	"github.com/plimsoll-dev/plimsoll/model"
)

// sampleEvery is the interval of the gauges. Ten a second cost the server about
// a thousandth of its CPU.
const sampleEvery = 100 * time.Millisecond

// samples are the gauges of one run, from outside and inside the server.
type samples struct {
	cpu, switches                      series // of the server's process, growing
	requests, responses, rejected      series
	panics                             series
	threads, busy, queued, connections series
	residence                          [model.NumStates]series // ns, growing
	resources                          []resourceSeries
	ops                                []opSeries
	workers                            []workersSeries
	loops                              []loopSeries
	stalls                             []stallSeries
	deadlocks                          []engine.Deadlock // so far, of the server's process
	up                                 upstreamSeries
	serverSteal                        series // seconds that its CPUs were taken away, growing
	steal                              series // seconds over all CPUs, growing
	cpusBusy                           series // seconds that the server's CPUs ran anything, growing
	reads                              int    // threads in a blocking read, the most seen
	gomaxprocs                         int    // the server's, the most seen
}

type resourceSeries struct {
	name         string
	size         int
	held, waited series // integrals over time, seconds, growing
	inUse        series
	acquired     series // slots taken so far, growing
}

type opSeries struct {
	op, verb     string
	count, nanos series // growing
}

type upstreamSeries struct {
	requests, held   series // held: integral of the number in flight, seconds, growing
	waiting          series
	peak             series // most in flight since the sample before
	lateP99, lateMax int64  // microseconds, since the run began
}

// sampler samples a target until it is stopped.
type sampler struct {
	target *target
	ups    []*process
	cpus   []int // the server's

	looks, lookedAt int // into the kernel's account of the server's threads
	stop            chan struct{}
	wg              sync.WaitGroup
	got             samples
	err             error
	// each is called with every sample of the engine, on the sampler's goroutine.
	each func(engineStats)
}

func startSampler(t *target, ups []*process, cpus []int, each func(engineStats)) *sampler {
	s := &sampler{target: t, ups: ups, cpus: cpus, stop: make(chan struct{}), each: each}
	s.wg.Add(1)
	go s.run()
	return s
}

// finish takes a last sample and ends.
func (s *sampler) finish() (*samples, error) {
	close(s.stop)
	s.wg.Wait()
	if s.err == nil {
		s.err = s.sample()
	}
	return &s.got, s.err
}

func (s *sampler) run() {
	defer s.wg.Done()
	tick := time.NewTicker(sampleEvery)
	defer tick.Stop()
	for {
		if s.err = s.sample(); s.err != nil {
			return
		}
		select {
		case <-s.stop:
			return
		case <-tick.C:
		}
	}
}

func (s *sampler) sample() error {
	var e engineStats
	if err := s.target.process.ask("stats", &e); err != nil {
		return err
	}
	s.got.addEngine(&e)
	if err := s.got.up.sample(s.ups); err != nil {
		return err
	}
	if cpus, err := host.ReadCPUTimes(); err == nil {
		var steal, busy, taken time.Duration
		for _, c := range cpus {
			steal += c.Steal
		}
		for _, n := range s.cpus {
			busy += cpus[n].Busy
			taken += cpus[n].Steal
		}
		s.got.serverSteal.add(e.Clock, taken.Seconds())
		s.got.cpusBusy.add(e.Clock, busy.Seconds())
		s.got.steal.add(e.Clock, steal.Seconds())
	}
	s.lookIntoThreads(e.Engine.Busy)
	if s.each != nil {
		s.each(e)
	}
	return nil
}

// lookIntoThreads counts, by the kernel's account, the threads that wait in a
// read for somebody's answer: evidence that does not come from the engine. It
// reads a file for each thread, so it is done when more are busy than ever, and
// a few times at most.
func (s *sampler) lookIntoThreads(busy int) {
	if s.looks == 4 || busy <= s.lookedAt+s.lookedAt/10 {
		return
	}
	s.looks, s.lookedAt = s.looks+1, busy
	if n, err := host.ThreadsInRead(s.target.process.cmd.Process.Pid); err == nil {
		s.got.reads = max(s.got.reads, n)
	}
}

func (g *samples) addEngine(e *engineStats) {
	at := e.Clock
	g.gomaxprocs = max(g.gomaxprocs, e.GOMAXPROCS)
	g.cpu.add(at, float64(e.CPUNanos)/1e9)
	g.switches.add(at, float64(e.Voluntary+e.Involuntary))
	g.requests.add(at, float64(e.Engine.Requests))
	g.responses.add(at, float64(e.Engine.Responses))
	g.rejected.add(at, float64(e.Engine.Rejected))
	g.panics.add(at, float64(e.Engine.Panics))
	g.threads.add(at, float64(e.Engine.Threads))
	g.busy.add(at, float64(e.Engine.Busy))
	g.queued.add(at, float64(e.Engine.Queued))
	g.connections.add(at, float64(e.Engine.Connections))
	for i := range g.residence {
		g.residence[i].add(at, float64(e.Engine.Residence[i])/1e9)
	}
	for i, o := range e.Engine.Ops {
		if i == len(g.ops) {
			g.ops = append(g.ops, opSeries{op: o.Op, verb: o.Verb})
		}
		g.ops[i].count.add(at, float64(o.Count))
		g.ops[i].nanos.add(at, float64(o.Nanos))
	}
	g.addInside(at, &e.Engine)
	for i, r := range e.Resources {
		if i == len(g.resources) {
			g.resources = append(g.resources, resourceSeries{name: r.Name, size: r.Size})
		}
		s := &g.resources[i]
		s.held.add(at, float64(r.HeldNanos)/1e9)
		s.waited.add(at, float64(r.WaitNanos)/1e9)
		s.inUse.add(at, float64(r.InUse))
		s.acquired.add(at, float64(r.Acquired))
	}
}

// sample adds up what the upstream processes say.
func (u *upstreamSeries) sample(ups []*process) error {
	var at int64
	var requests, held, waiting, peak float64
	u.lateP99, u.lateMax = 0, 0
	for _, p := range ups {
		var s upstreamStats
		if err := p.ask("stats", &s); err != nil {
			return err
		}
		at = s.Clock
		requests += float64(s.Stats.Requests)
		held += s.Stats.InFlightSeconds
		peak += float64(s.Stats.MaxInFlight)
		u.lateP99 = max(u.lateP99, s.Stats.LatenessP99us)
		u.lateMax = max(u.lateMax, s.Stats.LatenessMaxUs)
		for _, n := range s.Stats.ByName {
			waiting += float64(n.Queued)
		}
	}
	u.requests.add(at, requests)
	u.held.add(at, held)
	u.waiting.add(at, waiting)
	u.peak.add(at, peak)
	return nil
}
