package lab

import (
	"context"
	"fmt"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/internal/calibration"
	"github.com/plimsoll-dev/plimsoll/internal/host"
	"github.com/plimsoll-dev/plimsoll/internal/reactor"
	"github.com/plimsoll-dev/plimsoll/internal/work"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
)

// Calibrate measures what the costs of a simulation follow from, in about forty
// seconds: so many rounds of small loads on real engines, placed as a comparison
// places them, and what can be measured without any.
func Calibrate(ctx context.Context, o CalibrateOptions) (*calibration.Measured, error) {
	cpus, err := host.CPUs()
	if err != nil {
		return nil, err
	}
	l := &lab{Options: Options{Progress: o.Progress}, place: host.Plan(cpus, host.Siblings()...), origin: reactor.Clock()}
	l.say("", "calibrating compute")
	if l.speed, err = l.calibrate(ctx); err != nil {
		return nil, err
	}
	g, err := newGauger(l.place, l.speed, nil)
	if err != nil {
		return nil, err
	}
	defer g.stop()
	m := &calibration.Measured{Host: host.Describe(), Speed: l.speed, When: time.Now()}
	for i := range o.Rounds {
		l.say("", "round %d of %d: engines under small loads", i+1, o.Rounds)
		seen, err := g.round(ctx)
		if err != nil {
			return nil, err
		}
		m.Rounds = append(m.Rounds, seen)
	}
	l.say("", "measuring memory, threads and coroutines")
	if m.Memory, err = g.memory(ctx); err != nil {
		return nil, err
	}
	m.Bare, err = g.bare()
	return m, err
}

// A gauger has the servers that costs are measured on: one for each engine of
// the calibration, on one CPU of the server's.
type gauger struct {
	lab      *lab
	servers  map[string]*contestant
	measured map[calibration.Cell]time.Duration // CPU time of a request, so far
}

// newGauger starts them; earlier rounds tell what rates to begin with.
func newGauger(at host.Placement, speed work.Speed, earlier [][]calibration.Observation) (*gauger, error) {
	doc := calibration.Document()
	at.Server = at.Server[:1]
	g := &gauger{
		lab:     &lab{Options: Options{Document: doc}, doc: doc, workload: doc.Workload, place: at, speed: speed, loadNice: loadNice(), origin: reactor.Clock(), run: &analysis.Run{}},
		servers: map[string]*contestant{}, measured: calibration.Latest(earlier),
	}
	if err := g.lab.startUpstreams(); err != nil {
		g.stop()
		return nil, err
	}
	for _, text := range []string{calibration.Threads, calibration.Loop} {
		if err := g.start(text); err != nil {
			g.stop()
			return nil, err
		}
	}
	return g, nil
}

func (g *gauger) start(text string) error {
	cfg, err := model.ParseEngine(text)
	if err != nil {
		return err
	}
	t, err := g.lab.startTarget(cfg, analysis.Variant{})
	if err != nil {
		return err
	}
	c := &contestant{EngineRun: &analysis.EngineRun{Name: text, Config: cfg}, target: t}
	g.servers[text] = c
	g.lab.contestants = append(g.lab.contestants, c)
	return nil
}

func (g *gauger) stop() { g.lab.stopAll() }

// round observes every cell once.
func (g *gauger) round(ctx context.Context) ([]calibration.Observation, error) {
	var out []calibration.Observation
	for _, cell := range calibration.Cells() {
		row, err := answered(func(window time.Duration) (*record.Trial, error) {
			return g.load(ctx, cell.Engine, cell.Route, cell.Rate(g.measured[cell]), 0, calibration.Lead, window)
		})
		if err != nil {
			return nil, fmt.Errorf("lab: calibrate %s: %w", cell.Engine, err)
		}
		s := &row.Server
		o := calibration.Observation{
			Cell: cell, Rate: row.Rate,
			CPU:       time.Duration(s.CPUSeconds / float64(s.Responses) * float64(time.Second)),
			Switches:  float64(s.Switches) / float64(s.Responses),
			Disturbed: calibration.Disturbed{Others: row.Machine.OthersShare, Steal: row.Machine.StealShare},
		}
		g.measured[cell] = o.CPU
		out = append(out, o)
	}
	return out, nil
}

// looks are how often a cell is looked at until something is answered, each time for
// twice as long: a machine that others crowd may give a server nothing for a second.
const looks = 3

// answered loads a cell until something is answered in its window.
func answered(load func(window time.Duration) (*record.Trial, error)) (*record.Trial, error) {
	window := calibration.Window
	for look := 1; ; look++ {
		row, err := load(window)
		if err != nil || row.Server.Responses > 0 {
			return row, err
		}
		if look == looks {
			return nil, fmt.Errorf("nothing was answered at %.0f requests/s, %d times, at last in %s; is the machine busy?", row.Rate, looks, window)
		}
		window *= 2
	}
}

// load puts a route of an engine under load, on so many connections at least, and
// returns the sums of the window after the lead-in.
func (g *gauger) load(ctx context.Context, engine, route string, rate float64, connections int, lead, window time.Duration) (*record.Trial, error) {
	c, l := g.servers[engine], g.lab
	row := &record.Trial{Purpose: record.PurposeRate, Route: route, Rate: rate}
	row.Server.CPUs = 1
	r := l.workload.Route(route)
	waits := time.Duration(0)
	for _, s := range r.Steps {
		if s.Verb == model.Await {
			waits += l.workload.Upstream(s.Upstream).Latency.Mean()
		}
	}
	err := l.drive(ctx, c, c.target, plan{
		stages: []model.Stage{{For: lead + window, Rate: rate}}, seed: l.workload.Seed, route: route,
		preopen: min(max(connections, int(rate*(1.3*waits.Seconds()+(lead+window).Seconds()/4))+30), l.workload.InFlight),
	}, func(_ record.Head, r *run) error {
		if err := r.fill(row, lead, lead+window, l.workload); err != nil {
			return err
		}
		return l.resident(c.target, row)
	})
	if err == nil {
		err = l.settle(ctx)
	}
	return row, err
}

// bareChild measures what needs no engine, alone in its process.
func bareChild(c *child) error {
	var spec struct{}
	if err := c.spec(&spec); err != nil {
		return err
	}
	bare, err := calibration.Bench()
	if err != nil {
		return err
	}
	return c.out.Encode(bare)
}

func (g *gauger) bare() (bare calibration.Bare, err error) {
	p, err := start(roleBare, place{cpus: g.lab.place.Server, procs: 1}, struct{}{})
	if err != nil {
		return bare, err
	}
	defer p.stop(time.Second)
	return bare, p.hear(&bare)
}

// memory measures servers that have done nothing but what is asked about: what a
// process has once touched, it keeps.
func (g *gauger) memory(ctx context.Context) (m calibration.Memory, err error) {
	fresh := func(engine, route string, rate float64, connections int) (seen calibration.Resident) {
		if err != nil {
			return seen
		}
		if old := g.servers[engine]; old != nil {
			old.target.stop()
		}
		if err = g.start(engine); err != nil {
			return seen
		}
		var row *record.Trial
		if row, err = g.load(ctx, engine, route, rate, connections, calibration.Window/2, calibration.Window/2); err != nil {
			return seen
		}
		return calibration.Resident{Bytes: row.Server.RSS, Threads: row.Server.Threads, Connections: row.Server.Connections, InFlight: row.Upstream.InFlight}
	}
	m.Little = fresh(calibration.Loop, calibration.Plain, calibration.LittleRate, 0)
	m.Connections = fresh(calibration.Loop, calibration.Plain, calibration.LittleRate, calibration.ManyConnections)
	m.Requests = fresh(calibration.Loop, calibration.Waiting, calibration.WaitingRate, 0)
	m.Threads = fresh(calibration.ManyThreads, calibration.Waiting, calibration.WaitingRate, 0)
	return m, err
}
