package forecast

import (
	"slices"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/load"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
	"github.com/plimsoll-dev/plimsoll/sim"
)

// fill sums up the window [from, to) of a drive into a trial.
func (d *drive) fill(t *record.Trial, from, to time.Duration) {
	t.Seconds = (to - from).Seconds()
	d.fillLoad(t, from, to)
	d.fillLatency(t, from, to)
	window := d.between(from, to)
	d.fillServer(t, window)
	fillInside(t, window)
	fillStandstill(t, from, &window[len(window)-1])
}

// between returns the samples of a window, those at its ends included.
func (d *drive) between(from, to time.Duration) []sim.Stats {
	first := slices.IndexFunc(d.samples, func(s sim.Stats) bool { return s.Now >= from })
	last := slices.IndexFunc(d.samples, func(s sim.Stats) bool { return s.Now >= to })
	return d.samples[first : last+1]
}

// due returns the requests that were due in a window, in buckets.
func (d *drive) due(from, to time.Duration) []bucket {
	first, last := int((from-d.from)/d.width), int((to-d.from+d.width-1)/d.width)
	return d.buckets[min(first, len(d.buckets)):min(last, len(d.buckets))]
}

func (d *drive) fillLoad(t *record.Trial, from, to time.Duration) {
	l := &t.Load
	l.Failures = map[string]int64{}
	for i, r := range d.workload.Routes {
		sum := record.TrialRoute{Name: r.Name}
		for _, b := range d.due(from, to) {
			of := &b.routes[i]
			sum.Arrivals += of.arrivals
			sum.Within += of.within
			l.Late += of.outcomes[load.OK] - of.within + of.outcomes[load.Unfinished]
			for o, n := range of.outcomes {
				if load.Outcome(o).Failed() && n > 0 {
					l.Failures[load.Outcome(o).String()] += n
					sum.Failed += n
				}
			}
		}
		l.Arrivals += sum.Arrivals
		l.Within += sum.Within
		if sum.Arrivals > 0 {
			l.Routes = append(l.Routes, sum)
		}
	}
	window := d.between(from, to)
	inFlight := make([]float64, len(window))
	for i, s := range window {
		inFlight[i] = float64(s.InFlight)
	}
	l.Retried = int64(window[len(window)-1].Retried - window[0].Retried)
	l.InFlight = (window[len(window)-1].InFlightTime - window[0].InFlightTime).Seconds() / t.Seconds
	t.Drift = analysis.DriftOf(inFlight, to-from, t.Rate)
	for at := from; at+time.Second <= to; at += time.Second {
		l.Goodput = append(l.Goodput, d.goodIn(at))
	}
	if t.Purpose == record.PurposeRecovery {
		l.Recovered = d.recovered(from, to, t.Rate)
	}
}

// goodIn is the number of requests answered in time in the second from at.
func (d *drive) goodIn(at time.Duration) (n float64) {
	first := int(at / (100 * time.Millisecond))
	for i := first; i < min(first+10, len(d.good)); i++ {
		n += float64(d.good[i])
	}
	return n
}

// goodShare is the share of a second's arrivals that have to be answered in time
// to call the second good, as in package lab.
const goodShare = 0.85

// recovered finds the first second, to a tenth, that was good.
func (d *drive) recovered(from, to time.Duration, rate float64) *float64 {
	for at := from; at+time.Second <= to; at += 100 * time.Millisecond {
		if d.goodIn(at) >= goodShare*rate {
			s := (at - from).Seconds()
			return &s
		}
	}
	return nil
}

func (d *drive) fillLatency(t *record.Trial, from, to time.Duration) {
	all := record.NewHist()
	micros := func(h *record.Hist, p float64) int64 { return h.Quantile(p).Microseconds() }
	for i, r := range d.workload.Routes {
		one := record.NewHist()
		for _, b := range d.due(from, to) {
			for o, h := range b.routes[i].latency {
				if h != nil && analysis.Answered(statusOf(load.Outcome(o))) {
					one.Merge(h)
				}
			}
		}
		all.Merge(one)
		for k := range t.Load.Routes {
			if t.Load.Routes[k].Name == r.Name {
				t.Load.Routes[k].P50us, t.Load.Routes[k].P99us = micros(one, 0.5), micros(one, 0.99)
			}
		}
	}
	l := &t.Load
	l.P50us, l.P90us, l.P99us, l.MaxUs = micros(all, 0.5), micros(all, 0.9), micros(all, 0.99), all.Max().Microseconds()
	l.ServiceUs = all.Mean().Microseconds()
}

// statusOf is what a record's histogram has for an outcome.
func statusOf(o load.Outcome) string {
	switch o {
	case load.OK:
		return "200"
	case load.Status:
		return "503"
	}
	return o.String()
}

func (d *drive) fillServer(t *record.Trial, window []sim.Stats) {
	a, b := &window[0], &window[len(window)-1]
	s, seconds := &t.Server, t.Seconds
	s.CPUs = d.cpus
	if b.Instances > 1 {
		s.Instances = b.Instances
	}
	s.CPUSeconds, s.Available = (b.CPUTime - a.CPUTime).Seconds(), float64(d.cpus)*seconds
	s.RSS, s.RSSIdle = b.Resident, d.samples[0].Resident
	s.Threads = b.AllThreads
	s.Switches = int64(b.Switches - a.Switches)
	s.Requests, s.Responses = int64(b.Requests-a.Requests), int64(b.Responses-a.Responses)
	s.Rejected = int64(b.Rejected - a.Rejected)
	s.Busy, s.Queued = (b.BusyTime-a.BusyTime).Seconds()/seconds, (b.QueueTime-a.QueueTime).Seconds()/seconds
	full := 0
	for _, x := range window {
		s.Pool, s.QueuedMax, s.Connections = max(s.Pool, x.Threads), max(s.QueuedMax, x.Queued), max(s.Connections, x.Connections)
	}
	for _, x := range window {
		if s.Pool > 0 && x.Busy >= s.Pool {
			full++
		}
	}
	s.BusyShare = float64(full) / float64(len(window))
	s.Residence = map[string]float64{}
	for state := range model.NumStates {
		s.Residence[state.String()] = (b.Residence[state] - a.Residence[state]).Seconds()
	}
	for i, r := range b.Resources {
		was := a.Resources[i]
		s.Resources = append(s.Resources, record.TrialResource{
			Name: r.Name, Size: r.Size, InUse: (r.HeldTime - was.HeldTime).Seconds() / seconds,
			FullShare: (r.FullTime - was.FullTime).Seconds() / seconds, Waiting: (r.WaitTime - was.WaitTime).Seconds() / seconds,
		})
	}
	t.Upstream = record.TrialUpstream{Requests: int64(b.Asked - a.Asked), InFlight: (b.UpstreamTime - a.UpstreamTime).Seconds() / seconds, InFlightMax: b.UpstreamMax}
}

// fillInside sums up workers, loops and stalls.
func fillInside(t *record.Trial, window []sim.Stats) {
	a, b := &window[0], &window[len(window)-1]
	s, seconds := &t.Server, t.Seconds
	for i, p := range b.Pools {
		was := a.Pools[i]
		w := record.TrialWorkers{
			Name: p.Name, Size: p.Size, Busy: (p.BusyTime - was.BusyTime).Seconds() / seconds, Pinned: (p.PinnedTime - was.PinnedTime).Seconds() / seconds,
			Queued: (p.QueuedTime - was.QueuedTime).Seconds() / seconds, Done: int64(p.Done - was.Done), Rejected: int64(p.Rejected - was.Rejected),
			Mounts: int64(p.Mounts - was.Mounts), Remounts: int64(p.Remounts - was.Remounts), Pins: int64(p.Pins - was.Pins),
		}
		if p.Name != sim.Carriers {
			w.Mounts, w.Remounts, w.Pins = 0, 0, 0
		}
		for _, x := range window {
			w.Threads, w.QueuedMax = max(w.Threads, x.Pools[i].Threads), max(w.QueuedMax, x.Pools[i].Queued)
		}
		s.Workers = append(s.Workers, w)
	}
	for i, l := range b.Loops {
		was := a.Loops[i]
		one := record.TrialLoop{Utilisation: min(1, (l.BusyTime-was.BusyTime).Seconds()/seconds), Stalled: min(1, (l.StalledTime-was.StalledTime).Seconds()/seconds)}
		if n := l.Turns - was.Turns; n > 0 {
			one.LagMs = 1000 * (l.Waits - was.Waits).Seconds() / float64(n)
		}
		s.Loops = append(s.Loops, one)
	}
	for _, st := range b.Stalls {
		var was sim.StallStats
		if i := slices.IndexFunc(a.Stalls, func(x sim.StallStats) bool { return x.Op == st.Op && x.Verb == st.Verb }); i >= 0 {
			was = a.Stalls[i]
		}
		if n := int64(st.Count - was.Count); n > 0 {
			s.Stalls = append(s.Stalls, record.TrialStall{Op: st.Op, Verb: st.Verb.String(), Count: n, Seconds: (st.Time - was.Time).Seconds(), MaxMs: float64(st.Max) / 1e6})
		}
	}
}

// fillStandstill says what will never go on.
func fillStandstill(t *record.Trial, from time.Duration, last *sim.Stats) {
	if last.Deadlock != nil {
		t.Server.Deadlocks = []record.TrialDeadlock{deadlock(t, from, last.Deadlock)}
	}
	if last.Circle != nil {
		t.Server.Circle = last.Circle.Resources
	}
}

func deadlock(t *record.Trial, from time.Duration, x *sim.Deadlock) record.TrialDeadlock {
	d := record.TrialDeadlock{At: t.T + int64(x.At), Queued: x.Queued}
	if t.Purpose == record.PurposeOverload || t.Purpose == record.PurposeRecovery {
		d.At -= int64(from) // whose row begins where its window does
	}
	for _, w := range x.Waits {
		d.Waits = append(d.Waits, record.TrialPinned{Op: w.Op, Verb: w.Verb.String(), Resource: w.Resource, Carriers: w.Carriers})
	}
	return d
}
