package lab

import (
	"maps"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/load"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
)

// A run is everything that was seen while a generator ran: what it says, and
// the samples of server and upstreams.
type run struct {
	done    *loadDone
	seconds []loadSecond
	hists   []loadHist
	samples *samples
	origin  int64        // of the record's times, on CLOCK_MONOTONIC
	shared  bool         // others of ours are on the server's CPUs
	routes  []load.Route // that were requested

	since, until int64 // where gauges belong to another trial outside of it, on CLOCK_MONOTONIC; 0: all are this one's
}

// fill sums up the stretch [from, to) of a run, times since its start, into a
// trial. Requests belong to the stretch in which they were due; from is a whole
// second, because requests are counted by the second.
func (r *run) fill(t *record.Trial, from, to time.Duration, w *model.Workload) error {
	to = min(to, time.Duration(r.done.Elapsed))
	t.Seconds = max(0, (to - from).Seconds())
	r.fillLoad(t, from, to)
	a, b := r.done.Clock+int64(from), r.done.Clock+int64(to)
	r.fillServer(t, a, b)
	t.Server.Deadlocks = r.samples.deadlocksUntil(b, r.origin)
	t.Server.Circle = r.samples.circleUntil(b, w)
	t.Server.GOMAXPROCS = max(t.Server.GOMAXPROCS, r.samples.gomaxprocs)
	if t.Seconds > 0 {
		up := &r.samples.up
		t.Upstream = record.TrialUpstream{
			Requests: int64(up.requests.growth(a, b)), InFlight: up.held.growth(a, b) / t.Seconds, InFlightMax: int(up.peak.most(a, b)),
			Waiting: up.waiting.mean(a, b), LatenessP99us: up.lateP99, LatenessMaxUs: up.lateMax,
		}
		t.Machine.StealShare = r.samples.steal.growth(a, b) / t.Seconds
		if busy := r.samples.cpusBusy; len(busy.at) > 0 {
			total := t.Seconds * float64(max(1, t.Server.CPUs))
			idle := max(0, total-busy.growth(a, b)-r.samples.serverSteal.growth(a, b))
			t.Server.Available = t.Server.CPUSeconds + idle
			if !r.shared {
				t.Machine.OthersShare = max(0, busy.growth(a, b)-t.Server.CPUSeconds) / total
			}
		}
		t.Machine.LoadCPUShare = float64(r.done.CPUNanos) / float64(max(1, r.done.Elapsed))
	}
	return r.fillLatency(t, from, to)
}

func (r *run) fillLoad(t *record.Trial, from, to time.Duration) {
	l := &t.Load
	l.Failures = map[string]int64{}
	for _, route := range r.routes {
		l.Routes = append(l.Routes, record.TrialRoute{Name: route.Name})
	}
	var inFlight []float64
	for _, s := range r.seconds {
		begins := time.Duration(s.Index) * time.Second
		if begins < from || begins >= to {
			continue
		}
		l.Arrivals += int64(s.Arrivals)
		l.Within += int64(s.Within)
		// The generator waits for answers as long as they can count.
		l.Late += int64(s.OK - s.Within + s.Open)
		l.Retried += int64(s.Retried)
		for k, n := range s.Failures {
			l.Failures[k] += n
		}
		for i, of := range s.Routes {
			sum := &l.Routes[i]
			sum.Arrivals += int64(of.Arrivals)
			sum.Within += int64(of.Within)
			sum.Failed += int64(of.Failed)
		}
		for _, x := range s.Samples {
			if at := time.Duration(x.At); at >= from && at < to {
				inFlight = append(inFlight, float64(x.InFlight))
			}
		}
	}
	maps.DeleteFunc(l.Failures, func(_ string, n int64) bool { return n == 0 })
	for _, v := range inFlight {
		l.InFlight += v / float64(len(inFlight))
	}
	t.Drift = analysis.DriftOf(inFlight, to-from, t.Rate)
	within := series{}
	for _, k := range r.done.Ticks {
		within.add(k.At, float64(k.Within))
	}
	if t.Purpose == record.PurposeRecovery {
		l.Recovered = recovered(&within, from, to, t.Rate)
	}
	for at := from; at+time.Second <= to; at += time.Second {
		l.Goodput = append(l.Goodput, within.growth(int64(at), int64(at+time.Second)))
	}
}

// recovered finds the first second, to a tenth, in which as many requests were
// answered in time as arrive at that rate, but for chance.
func recovered(within *series, from, to time.Duration, rate float64) *float64 {
	for at := from; at+time.Second <= to; at += 100 * time.Millisecond {
		if within.growth(int64(at), int64(at+time.Second)) >= goodShare*rate {
			s := (at - from).Seconds()
			return &s
		}
	}
	return nil
}

func (r *run) fillLatency(t *record.Trial, from, to time.Duration) error {
	latency, service, lag, delay := record.NewHist(), record.NewHist(), record.NewHist(), record.NewHist()
	byRoute := map[string]*record.Hist{}
	into := map[string]*record.Hist{record.MetricLatency: latency, record.MetricService: service, record.MetricLag: lag, record.MetricDelay: delay}
	for _, h := range r.hists {
		sum := into[h.Metric]
		if begins := time.Duration(h.Second) * time.Second; sum == nil || begins < from || begins >= to {
			continue
		}
		if h.Metric == record.MetricLatency && !analysis.Answered(h.Status) {
			continue
		}
		one, err := record.DecodeHist(h.HDR)
		if err != nil {
			return err
		}
		sum.Merge(one)
		if h.Metric == record.MetricLatency {
			if byRoute[h.Route] == nil {
				byRoute[h.Route] = record.NewHist()
			}
			byRoute[h.Route].Merge(one)
		}
	}
	micros := func(d time.Duration) int64 { return d.Microseconds() }
	t.Load.P50us, t.Load.P90us = micros(latency.Quantile(0.5)), micros(latency.Quantile(0.9))
	t.Load.P99us, t.Load.MaxUs = micros(latency.Quantile(0.99)), micros(latency.Max())
	t.Load.ServiceUs = micros(service.Mean())
	t.Load.LagP99us, t.Load.LagMaxUs = micros(lag.Quantile(0.99)), micros(lag.Max())
	t.Load.DelayP99 = micros(delay.Quantile(0.99))
	for i := range t.Load.Routes {
		if h := byRoute[t.Load.Routes[i].Name]; h != nil {
			t.Load.Routes[i].P50us, t.Load.Routes[i].P99us = micros(h.Quantile(0.5)), micros(h.Quantile(0.99))
		}
	}
	return nil
}

func (r *run) fillServer(t *record.Trial, a, b int64) {
	g, s := r.samples, &t.Server
	s.CPUSeconds = g.cpu.growth(a, b)
	s.Switches = int64(g.switches.growth(a, b))
	s.Requests, s.Responses = int64(g.requests.growth(a, b)), int64(g.responses.growth(a, b))
	s.Rejected, s.Panics = int64(g.rejected.growth(a, b)), int64(g.panics.growth(a, b))
	s.Pool = int(g.threads.most(a, b))
	s.Busy, s.BusyShare = g.busy.mean(a, b), g.busy.share(a, b, float64(s.Pool))
	s.Queued, s.QueuedMax = g.queued.mean(a, b), int(g.queued.most(a, b))
	s.Connections = int(g.connections.most(a, b))
	s.BlockedRead = g.reads
	s.Residence = map[string]float64{}
	for state := range model.NumStates {
		s.Residence[state.String()] = g.residence[state].growth(a, b)
	}
	for i := range g.resources {
		res := &g.resources[i]
		out := record.TrialResource{Name: res.name, Size: res.size, FullShare: res.inUse.share(a, b, float64(res.size))}
		if t.Seconds > 0 {
			out.InUse = res.held.growth(a, b) / t.Seconds
			out.Waiting = res.waited.growth(a, b) / t.Seconds
		}
		s.Resources = append(s.Resources, out)
	}
	g.fillInside(t, a, b)
}
