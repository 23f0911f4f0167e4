package lab

import (
	"context"
	"fmt"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/host"
	"github.com/plimsoll-dev/plimsoll/load"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
)

// loadSpec is what a generator's process is told to send.
type loadSpec struct {
	Target   string         `json:"target"`
	Routes   []load.Route   `json:"routes"`
	Arrivals model.Arrivals `json:"arrivals"`
	Stages   []model.Stage  `json:"stages"`
	Seed     uint64         `json:"seed"`
	Timeout  time.Duration  `json:"timeout"`
	Within   time.Duration  `json:"within"`
	InFlight int            `json:"in_flight"`
	Preopen  int            `json:"preopen"`
	Nice     int            `json:"nice"`
	Stop     stopRule       `json:"stop"`
	Length   time.Duration  `json:"length"` // of the stages together
}

// loadLine is one line of a generator's answer: exactly one field is set.
type loadLine struct {
	Offered *loadOffered `json:"offered,omitempty"`
	Second  *loadSecond  `json:"second,omitempty"`
	Hist    *loadHist    `json:"hist,omitempty"`
	Done    *loadDone    `json:"done,omitempty"`
}

// loadOffered says that all requests were sent, before the last are answered.
type loadOffered struct {
	Calm bool `json:"calm"` // nothing has piled up
}

// loadSecond is one second of the run, by when requests were due.
type loadSecond struct {
	Index    int              `json:"index"`
	Arrivals uint64           `json:"arrivals"`
	Within   uint64           `json:"within"`
	OK       uint64           `json:"ok"`
	Retried  uint64           `json:"retried"`
	Open     uint64           `json:"open"` // not answered when the run ended
	Failures map[string]int64 `json:"failures,omitempty"`
	Samples  []loadSample     `json:"samples"`
	Routes   []loadRoute      `json:"routes"` // in the order of the specification's
}

// loadRoute is what became of a second's requests of one route.
type loadRoute struct {
	Arrivals uint64 `json:"arrivals"`
	Within   uint64 `json:"within"`
	Failed   uint64 `json:"failed"`
}

// loadSample is the number of requests in flight at one moment.
type loadSample struct {
	At       int64 `json:"at"` // ns since the start of the run
	InFlight int   `json:"in_flight"`
}

type loadHist struct {
	Route  string `json:"route"`
	Status string `json:"status"`
	Metric string `json:"metric"`
	Second int    `json:"second"`
	Count  int64  `json:"count"`
	HDR    string `json:"hdr"`
}

// loadDone ends a run.
type loadDone struct {
	Clock    int64      `json:"clock"`   // CLOCK_MONOTONIC at the start, ns
	Elapsed  int64      `json:"elapsed"` // of the schedule: shorter than planned if it was stopped
	End      load.End   `json:"end"`
	CPUNanos int64      `json:"cpu_nanos"` // of the process during the run
	Ticks    []loadTick `json:"ticks"`
	Warnings []load.Warning
}

// loadTick is what had happened by one moment, by when it happened.
type loadTick struct {
	At     int64  `json:"at"` // ns since the start of the run
	Within uint64 `json:"within"`
}

func loadChild(c *child) error {
	var spec loadSpec
	if err := c.spec(&spec); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	go func() {
		// A command, or the end of standard input, ends the run.
		_ = c.commands(func(string) (any, error) { return nil, errEnd })
		stop()
	}()
	go func() {
		select {
		case <-terminated():
			stop()
		case <-ctx.Done():
		}
	}()
	return runLoad(ctx, c, spec)
}

func runLoad(ctx context.Context, c *child, spec loadSpec) error {
	rule := &stopper{rule: spec.Stop}
	offered := false
	kept := keeper{routes: spec.Routes}
	before, err := host.SelfUsage()
	if err != nil {
		return err
	}
	sum, err := load.Run(ctx, load.Config{
		Target: spec.Target, Routes: spec.Routes, Arrivals: spec.Arrivals, Stages: spec.Stages,
		Seed: spec.Seed, SeedHeader: true, Timeout: spec.Timeout, Within: spec.Within,
		InFlight: spec.InFlight, Preopen: spec.Preopen, ConnectEvery: connectEvery, Nice: spec.Nice,
		// Past that, an answer would have come too late to count.
		Drain: min(spec.Timeout, spec.Within),
		Stop: func(t load.Tick) bool {
			if t.At >= spec.Length && !offered {
				offered = true
				_ = c.out.Encode(loadLine{Offered: &loadOffered{rule.calm()}}) // if nobody reads it, the next one tells
			}
			return rule.tick(t)
		},
	}, kept.keep)
	if err != nil {
		return err
	}
	after, err := host.SelfUsage()
	if err != nil {
		return err
	}
	// Only now: encoding costs CPU time that the sending thread may need.
	if err := kept.write(c); err != nil {
		return err
	}
	elapsed := sum.Offered
	return c.out.Encode(loadLine{Done: &loadDone{
		Clock: sum.Clock, Elapsed: int64(elapsed), End: sum.End, CPUNanos: int64(after.User + after.System - before.User - before.System), Ticks: rule.ticks, Warnings: sum.Warnings,
	}})
}

// connectEvery paces new connections: our own acceptors empty a backlog of 100
// well within 100 × this.
const connectEvery = 100 * time.Microsecond

// keeper keeps every second of a run, which a trial bounds to a few dozen.
type keeper struct {
	routes  []load.Route
	seconds []loadSecond
	hists   []keptHist
	delays  []*record.Hist // by second
}

type keptHist struct {
	second int
	load.Hist
}

func (k *keeper) keep(s load.Second) {
	out := loadSecond{Index: s.Index, Arrivals: s.Arrivals, Within: s.Within, OK: s.Outcomes[load.OK], Retried: s.Retried, Open: s.Outcomes[load.Unfinished], Failures: map[string]int64{}}
	for o, n := range s.Outcomes {
		if n > 0 && load.Outcome(o).Failed() {
			out.Failures[load.Outcome(o).String()] = int64(n)
		}
	}
	for i := range s.Routes {
		r := &s.Routes[i]
		out.Routes = append(out.Routes, loadRoute{r.Arrivals, r.Within, r.Failed()})
	}
	for _, x := range s.Samples {
		out.Samples = append(out.Samples, loadSample{int64(x.At), x.InFlight})
	}
	k.seconds = append(k.seconds, out)
	delay := record.NewHist()
	delay.Merge(s.Delay)
	k.delays = append(k.delays, delay)
	for _, h := range s.Hists {
		clone := record.NewHist()
		clone.Merge(h.Hist)
		h.Hist = clone
		k.hists = append(k.hists, keptHist{s.Index, h})
	}
}

func (k *keeper) write(c *child) error {
	for i := range k.seconds {
		if err := c.out.Encode(loadLine{Second: &k.seconds[i]}); err != nil {
			return err
		}
		hdr, err := k.delays[i].Encode()
		if err != nil {
			return fmt.Errorf("histogram of second %d: %w", i, err)
		}
		line := loadHist{Metric: record.MetricDelay, Second: k.seconds[i].Index, Count: k.delays[i].Count(), HDR: hdr}
		if err := c.out.Encode(loadLine{Hist: &line}); err != nil {
			return err
		}
	}
	for _, h := range k.hists {
		hdr, err := h.Encode()
		if err != nil {
			return fmt.Errorf("histogram of second %d: %w", h.second, err)
		}
		line := loadHist{Route: k.routes[h.Route].Name, Status: h.Status(), Metric: h.Metric.String(), Second: h.second, Count: h.Count(), HDR: hdr}
		if err := c.out.Encode(loadLine{Hist: &line}); err != nil {
			return err
		}
	}
	return nil
}
