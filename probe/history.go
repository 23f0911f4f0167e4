package probe

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/plimsoll-dev/plimsoll/probe/internal/mechanism"
	"github.com/plimsoll-dev/plimsoll/record"
)

// The options that the meta row of a probe's record has.
const (
	optionTarget      = "target"
	optionMethod      = "method"
	optionCanary      = "canary"
	optionConcurrency = "max_concurrency"
	optionTime        = "max_time_ns"
	optionBudget      = "canary_budget_ns"
	optionAuthorised  = "authorised"
	optionInsecure    = "insecure"
	optionMetrics     = "metrics"
	optionInside      = "inside"
	optionMillis      = "millis"
	optionShortest    = "shortest_ms"
	optionLongest     = "longest_ms"
)

// The events of a probe's record, and how it ends.
const (
	eventReached = "reached"
	eventEnded   = "ended"

	endCompleted   = "completed"
	endInterrupted = "interrupted"
	endTime        = "max-time"
	endRequests    = "max-requests"
	endCanary      = "canary-budget"
	endChanged     = "answers-changed"
)

// A History is what a record says of the experiments on a service. It is made
// of rows, whether they come from a running probe or from a file.
type History struct {
	Meta        record.Meta
	Experiments []Observation
	First       []record.Request // those that were sent before any experiment
	Requests    int              // sent in all
	End         string           // why the probe ended; "": it has not
	Hash        string           // of the record, if it was read from a file
	Warnings    []record.Warning // doubts that were written meanwhile

	several bool // metrics are not always those of the same process: their CPU time has fallen

	away struct { // the outage after so many experiments; it only saves time
		after int
		known *outage
	}

	worn  *disguise // that was taken off; nil: none
	bared bared     // it only saves time

	open       map[int][]record.Request       // rows of an experiment that is not written yet
	gauges     map[int][]record.Gauge         // likewise
	told       map[string]float64             // CPU time that metrics told of last, by family
	memo       map[memory]float64             // what was derived already; it only saves time
	curves     map[simulation]mechanism.Curve // likewise
	histograms map[memory]*histogram          // likewise
}

// An Observation is one experiment and what came of it.
type Observation struct {
	record.Experiment
	Heavy    []record.Request // in the order in which they were sent
	Canaries []record.Request // likewise
	Gauges   []record.Gauge   // what was seen inside the service, from just before the experiment until just after it
}

// Add takes the next row of the record.
func (h *History) Add(row record.Row) error {
	switch row := row.(type) {
	case record.Meta:
		h.Meta = row
	case *record.Meta:
		h.Meta = *row
	case record.Request:
		h.request(row)
	case *record.Request:
		h.request(*row)
	case record.Gauge:
		h.gauge(row)
	case *record.Gauge:
		h.gauge(*row)
	case record.Warning:
		h.Warnings = append(h.Warnings, row)
	case *record.Warning:
		h.Warnings = append(h.Warnings, *row)
	case record.Experiment:
		return h.experiment(row)
	case *record.Experiment:
		return h.experiment(*row)
	case record.Event:
		h.event(&row)
	case *record.Event:
		h.event(row)
	}
	return nil
}

func (h *History) request(r record.Request) {
	h.Requests++
	if r.Trial == 0 {
		h.First = append(h.First, r)
		return
	}
	if h.open == nil {
		h.open = map[int][]record.Request{}
	}
	h.open[r.Trial] = append(h.open[r.Trial], r)
}

func (h *History) gauge(g record.Gauge) {
	if h.gauges == nil {
		h.gauges = map[int][]record.Gauge{}
	}
	h.gauges[g.Trial] = append(h.gauges[g.Trial], g)
}

func (h *History) experiment(e record.Experiment) error {
	if e.ID != len(h.Experiments)+1 {
		return fmt.Errorf("experiment %d comes after %d others", e.ID, len(h.Experiments))
	}
	o := Observation{Experiment: e, Gauges: h.gauges[e.ID]}
	delete(h.gauges, e.ID)
	o.Heavy, o.Canaries = byRoute(h.open[e.ID])
	delete(h.open, e.ID)
	for _, rows := range [][]record.Request{o.Heavy, o.Canaries} {
		slices.SortStableFunc(rows, func(a, b record.Request) int { return cmp.Compare(begun(&a), begun(&b)) })
	}
	h.compare(o.of(record.SourceMetrics))
	h.Experiments = append(h.Experiments, o)
	return nil
}

// compare notes whether the CPU time that metrics tell of has fallen since they
// were last read: what has risen, then, may be another process's.
func (h *History) compare(pages []record.Gauge) {
	if h.told == nil {
		h.told = map[string]float64{}
	}
	for _, g := range pages {
		for name := range cpuSeconds {
			if now, ok := g.Values[name]; ok {
				h.several = h.several || now < h.told[name]
				h.told[name] = now
			}
		}
	}
}

func (h *History) event(e *record.Event) {
	if e.Name == eventEnded {
		h.End, _ = e.Attrs["end"].(string)
	}
}

// warned reports whether a doubt of that code was written.
func (h *History) warned(code string) bool {
	return slices.ContainsFunc(h.Warnings, func(w record.Warning) bool { return w.Code == code })
}

// begun is when a request was sent, or would have been.
func begun(r *record.Request) int64 { return cmp.Or(r.Sent, r.Intended) }

// answered reports whether a request had the answer that was asked for.
func answered(r *record.Request) bool { return len(r.Status) == 3 && r.Status[0] == '2' }

// latency is the time from sent to done, in seconds.
func latency(r *record.Request) float64 { return float64(r.Done-begun(r)) / 1e9 }

// cap is the most requests that may be in flight.
func (h *History) cap() int {
	return cmp.Or(int(h.whole(optionConcurrency)), DefaultConcurrency)
}

// maxTime is how long the probe may take.
func (h *History) maxTime() time.Duration {
	return cmp.Or(time.Duration(h.whole(optionTime)), DefaultTime)
}

// whole is an option that is a whole number; 0: it is not there.
func (h *History) whole(option string) int64 {
	switch n := h.Meta.Options[option].(type) {
	case int:
		return int64(n)
	case int64:
		return n
	case float64: // read from a file
		return int64(n)
	}
	return 0
}

func (h *History) hasCanary() bool { return h.Meta.Options[optionCanary] != nil }

// made returns the experiments of one sort that can be relied on, with requests
// that take as long as usual.
func (h *History) made(what string) []*Observation { return h.madeAt(what, h.millis()) }

// madeAt returns those in whose requests so many milliseconds stand for {ms}.
func (h *History) madeAt(what string, millis int) []*Observation {
	var of []*Observation
	for i := range h.Experiments {
		if o := &h.Experiments[i]; o.What == what && o.Millis == millis && h.reliable(o) {
			of = append(of, o)
		}
	}
	return of
}

// service is the mean time that a heavy request takes alone; 0: not known yet.
func (h *History) service() time.Duration {
	return time.Duration(mean(h.serial()) * 1e9)
}

// canary is the mean time that a canary takes alone, on a fresh connection.
func (h *History) canary() time.Duration {
	return time.Duration(mean(h.alone(false)) * 1e9)
}

// sensible returns an error if the two routes cannot be a heavy one and its
// canary.
func (h *History) sensible() error {
	canary, service := h.canary(), h.service()
	if canary <= service || service == 0 {
		return nil
	}
	round := func(t time.Duration) time.Duration { return t.Round(time.Millisecond / 10) }
	if heavy, _ := byRoute(h.First); len(heavy) > 0 {
		if first := time.Duration(heavy[0].Done - begun(&heavy[0])); first > 10*service {
			return fmt.Errorf("the first request for --heavy took %v and those after it %v, less than --canary, which takes %v: they are answered from a cache, or only the first had something to start; write a URL that is work each time", round(first), round(service), round(canary))
		}
	}
	return fmt.Errorf("--canary takes %v, which is no less than the %v of --heavy; write a route that is cheap, as a health check, and one that waits for something", round(canary), round(service))
}

// serial returns how long heavy requests took alone, in seconds: those of the
// steady end of the baselines.
func (h *History) serial() []float64 {
	var xs []float64
	h.steadily(func(o *Observation) { xs = append(xs, times(o)...) })
	return xs
}

// alone returns how long canaries took alone, in seconds.
func (h *History) alone(kept bool) []float64 {
	var xs []float64
	h.steadily(func(o *Observation) {
		for i := range o.Canaries {
			if c := &o.Canaries[i]; answered(c) && c.Kept == kept {
				xs = append(xs, latency(c))
			}
		}
	})
	return xs
}

// steadily visits the last baseline that had answers, and the one before if
// that agrees with it: a service that was still becoming quicker then was
// another.
func (h *History) steadily(visit func(*Observation)) {
	last := 0.0
	for _, o := range slices.Backward(h.made(record.ExperimentBaseline)) {
		m := mean(times(o))
		switch {
		case m == 0:
			continue
		case last == 0:
			last = m
			visit(o)
			continue
		case m < 1.1*last+2*deviation(times(o))/math.Sqrt(float64(len(times(o)))):
			visit(o)
		}
		return
	}
}

func mean(xs []float64) float64 {
	if len(xs) == 0 {
		return 0
	}
	var sum float64
	for _, x := range xs {
		sum += x
	}
	return sum / float64(len(xs))
}
