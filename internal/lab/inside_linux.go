package lab

import (
	"fmt"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/record"
)

// workersSeries are the samples of a set of workers. Integrals and counters
// grow; the integrals are in seconds.
type workersSeries struct {
	last                             engine.PoolStats
	threads, queued                  series
	busyTime, pinnedTime, queuedTime series
	done, rejected                   series
	mounts, remounts, pins           series
}

// loopSeries are the samples of an event loop, all growing.
type loopSeries struct{ busy, stalled, lag series }

type stallSeries struct {
	op, verb     string
	count, nanos series // growing
	max          int64
}

// addInside takes what an engine tells of its workers, loops, stalls and
// deadlocks.
func (g *samples) addInside(at int64, e *engine.Stats) {
	g.deadlocks = e.Deadlocks
	for i, p := range e.Pools {
		if i == len(g.workers) {
			g.workers = append(g.workers, workersSeries{})
		}
		s := &g.workers[i]
		s.last = p
		s.threads.add(at, float64(p.Threads))
		s.queued.add(at, float64(p.Queued))
		s.busyTime.add(at, float64(p.BusyNanos)/1e9)
		s.pinnedTime.add(at, float64(p.PinnedNanos)/1e9)
		s.queuedTime.add(at, float64(p.QueuedNanos)/1e9)
		s.done.add(at, float64(p.Done))
		s.rejected.add(at, float64(p.Rejected))
		s.mounts.add(at, float64(p.Mounts))
		s.remounts.add(at, float64(p.Remounts))
		s.pins.add(at, float64(p.Pins))
	}
	for i, l := range e.Loops {
		if i == len(g.loops) {
			g.loops = append(g.loops, loopSeries{})
		}
		s := &g.loops[i]
		s.busy.add(at, float64(l.BusyNanos)/1e9)
		s.stalled.add(at, float64(l.StalledNanos)/1e9)
		s.lag.add(at, l.LagSeconds2)
	}
	for i, st := range e.Stalls {
		if i == len(g.stalls) {
			g.stalls = append(g.stalls, stallSeries{op: st.Op, verb: st.Verb})
			if n := len(g.cpu.at); n > 1 { // it was not there in the sample before
				g.stalls[i].count.add(g.cpu.at[n-2], 0)
				g.stalls[i].nanos.add(g.cpu.at[n-2], 0)
			}
		}
		s := &g.stalls[i]
		s.count.add(at, float64(st.Count))
		s.nanos.add(at, float64(st.Nanos)/1e9)
		s.max = st.Max
	}
}

// fillInside sums up workers, loops and stalls over a stretch.
func (g *samples) fillInside(t *record.Trial, a, b int64) {
	if t.Seconds <= 0 {
		return
	}
	srv := &t.Server
	for i := range g.workers {
		s := &g.workers[i]
		srv.Workers = append(srv.Workers, record.TrialWorkers{
			Name: s.last.Name, Size: s.last.Size, Threads: int(s.threads.most(a, b)),
			Busy: s.busyTime.growth(a, b) / t.Seconds, Pinned: s.pinnedTime.growth(a, b) / t.Seconds,
			Queued: s.queuedTime.growth(a, b) / t.Seconds, QueuedMax: int(s.queued.most(a, b)),
			Done: int64(s.done.growth(a, b)), Rejected: int64(s.rejected.growth(a, b)),
			Mounts: int64(s.mounts.growth(a, b)), Remounts: int64(s.remounts.growth(a, b)), Pins: int64(s.pins.growth(a, b)),
		})
	}
	for i := range g.loops {
		s := &g.loops[i]
		srv.Loops = append(srv.Loops, record.TrialLoop{
			Utilisation: min(1, s.busy.growth(a, b)/t.Seconds), Stalled: min(1, s.stalled.growth(a, b)/t.Seconds),
			LagMs: 1000 * s.lag.growth(a, b) / t.Seconds,
		})
	}
	for i := range g.stalls {
		s := &g.stalls[i]
		if n := int64(s.count.growth(a, b)); n > 0 {
			srv.Stalls = append(srv.Stalls, record.TrialStall{Op: s.op, Verb: s.verb, Count: n, Seconds: s.nanos.growth(a, b), MaxMs: float64(s.max) / 1e6})
		}
	}
}

// gaugesInside adds the i-th sample of workers and loops to a gauge row.
func (g *samples) gaugesInside(i int, values map[string]float64) {
	for k := range g.workers {
		s := &g.workers[k]
		put(values, s.last.Name+".threads", &s.threads, i)
		put(values, s.last.Name+".queued", &s.queued, i)
		put(values, s.last.Name+".busy_seconds", &s.busyTime, i)
		if s.last.Name == engine.PoolCarriers {
			put(values, s.last.Name+".pinned_seconds", &s.pinnedTime, i)
		}
	}
	for k := range g.loops {
		s, name := &g.loops[k], fmt.Sprintf("loop%d", k)
		put(values, name+".busy_seconds", &s.busy, i)
		put(values, name+".stalled_seconds", &s.stalled, i)
		put(values, name+".lag_seconds2", &s.lag, i)
	}
	for k := range g.stalls {
		s := &g.stalls[k]
		if later := len(g.cpu.at) - len(s.nanos.at); i >= later { // it was seen from then on
			put(values, record.StallGauge(s.op), &s.nanos, i-later)
		}
	}
}

func put(values map[string]float64, name string, s *series, i int) {
	if i < len(s.value) {
		values[name] = s.value[i]
	}
}
