package load

import (
	"fmt"
	"time"

	"github.com/plimsoll-dev/plimsoll/record"
)

// An End says why a run ended.
type End string

// The ends of a run.
const (
	Completed End = "completed" // the schedule was kept to its end
	Stopped   End = "stopped"   // Config.Stop said so
	Cancelled End = "cancelled" // the context ended
	// Incomplete: only from a record, which ends before its run did. The run is
	// still going on, or was killed.
	Incomplete End = "incomplete"
)

// A Summary is a whole run.
type Summary struct {
	Target  string        // as asked for
	Address string        // what it was resolved to
	Start   time.Time     // of the schedule, after connections were pre-opened
	Clock   int64         // the same on CLOCK_MONOTONIC, ns; 0 in what was read from a record
	Offered time.Duration // over which arrivals were due
	Elapsed time.Duration // until the last request had ended
	End     End

	Counts
	Opened uint64 // connections, without pre-opened ones
	Routes []RouteSummary

	// Latency is that of requests answered OK, and of those that ran into their
	// timeout, with that time: leaving these out would flatter the tail. Fast
	// failures are not in it.
	Latency *record.Hist
	// Over requests answered OK.
	Service, FirstByte *record.Hist
	// Lag is over all requests sent, Connect over all connections opened.
	Lag, Connect *record.Hist
	// Delay is the client's own, see [Second.Delay].
	Delay *record.Hist

	// Hists are the totals by route, outcome and metric.
	Hists []Hist
	// InFlight is the run's series of samples, at most 8,192 evenly spaced ones.
	InFlight []Sample
	// Errors are the first few texts of [Other].
	Errors   []string
	Warnings []Warning
}

// A RouteSummary is one route's share of a run.
type RouteSummary struct {
	Name string
	Counts
	Latency, Service *record.Hist // as in [Summary]
}

// A Warning is a doubt about a measurement.
type Warning struct {
	Code string `json:"code"` // stable, in kebab-case
	Text string `json:"text"`
}

// Asked returns the arrivals per second that the schedule had.
func (s *Summary) Asked() float64 { return perSecond(s.Arrivals, s.Offered) }

// Answered returns the requests answered OK per second of the run.
func (s *Summary) Answered() float64 { return perSecond(s.Outcomes[OK], s.Elapsed) }

// judged is what Summary.Latency is over.
func judged(o Outcome) bool { return o == OK || o == Timeout || o == ConnectTimeout }

// summary is what the totals say by themselves: not when, how long and why.
func (t *totals) summary(cfg *Config) Summary {
	all := func(Hist) bool { return true }
	ok := func(h Hist) bool { return h.Outcome == OK }
	s := Summary{
		Target: cfg.Target, Counts: t.counts, Opened: t.opened,
		Latency: t.merged(Latency, func(h Hist) bool { return judged(h.Outcome) }),
		Service: t.merged(Service, ok), FirstByte: t.merged(FirstByte, ok),
		Lag: t.merged(Lag, all), Connect: t.merged(Connect, all),
		Delay: t.delay, Hists: t.hists, InFlight: t.samples.kept,
	}
	for i, r := range cfg.Routes {
		s.Routes = append(s.Routes, RouteSummary{
			Name: r.Name, Counts: t.routes[i],
			Latency: t.merged(Latency, func(h Hist) bool { return h.Route == i && judged(h.Outcome) }),
			Service: t.merged(Service, func(h Hist) bool { return h.Route == i && ok(h) }),
		})
	}
	return s
}

// clientFailed is the code of the warnings that are [Summary.Errors].
const clientFailed = "client-failed"

// The client is late when a hundredth of its arrivals were taken up later than
// it is built to keep, and that is not negligible beside what was measured.
const (
	lateBound = time.Millisecond
	lateShare = 0.05 // of the median latency
)

// doubts returns what about the run should not be trusted.
func (s *Summary) doubts(cfg *Config) []Warning {
	var w []Warning
	add := func(code, format string, a ...any) { w = append(w, Warning{code, fmt.Sprintf(format, a...)}) }

	delay, median := s.Delay.Quantile(0.99), s.Latency.Quantile(0.5)
	if delay > lateBound && float64(delay) > lateShare*float64(median) {
		add("generator-late", "the load generator itself was late, by %s at p99 and %s at worst: give it a CPU of its own, or a lower rate", duration(delay), duration(s.Delay.Max()))
	}
	// In a closed loop the connections are the users: nobody is due before there is one.
	if lag := s.Lag.Quantile(0.99); cfg.Closed == 0 && lag > 2*lateBound && lag > 2*delay && float64(lag) > lateShare*float64(median) {
		add("waited-for-connection", "1 %% of the requests waited more than %s for a connection, which is in their latency: connections are opened one by one; open more before the start", duration(lag))
	}
	var clientErrors int64
	for _, h := range s.Hists {
		if h.Metric == Latency && h.Outcome == OK && h.Code >= 400 {
			clientErrors += h.Count()
		}
	}
	if clientErrors > 0 {
		add("client-errors", "%d answers had a status from 400 to 499, and count as answered: is the path right?", clientErrors)
	}
	for _, e := range s.Errors {
		add(clientFailed, "%s", e)
	}
	return w
}
