package forecast

import (
	"fmt"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/load"
	"github.com/plimsoll-dev/plimsoll/record"
	"github.com/plimsoll-dev/plimsoll/sim"
)

// keep writes a trial and what belongs to its window.
func (f *forecast) keep(e *analysis.EngineRun, row *record.Trial, d *drive, from, to time.Duration) error {
	f.trials++
	row.ID, row.Engine = f.trials, e.Name
	if err := f.write(row); err != nil {
		return err
	}
	origin := row.T
	if row.Purpose == record.PurposeOverload || row.Purpose == record.PurposeRecovery {
		origin -= int64(from) // its row begins where its window does
	}
	if err := f.keepLatencies(row, d, from, to); err != nil {
		return err
	}
	window := d.between(from, to)
	if err := f.keepSteps(row, window); err != nil {
		return err
	}
	for _, s := range window {
		at := record.Head{T: origin + int64(s.Now)}
		for _, g := range gauges(&s) {
			g.Head, g.Trial, g.Engine = at, row.ID, row.Engine
			if err := f.write(&g); err != nil {
				return err
			}
		}
	}
	if f.Progress != nil {
		f.Progress(row)
	}
	return nil
}

func (f *forecast) keepLatencies(row *record.Trial, d *drive, from, to time.Duration) error {
	first := int((from - d.from) / d.width)
	for i, b := range d.due(from, to) {
		second := int((d.from + time.Duration(first+i)*d.width) / time.Second)
		for k, route := range b.routes {
			for o, h := range route.latency {
				if h == nil {
					continue
				}
				r := &record.Histogram{Head: row.Head, Trial: row.ID, Engine: row.Engine, Route: d.workload.Routes[k].Name,
					Status: statusOf(load.Outcome(o)), Metric: record.MetricLatency, Second: second}
				if err := r.Set(h); err != nil {
					return err
				}
				if err := f.write(r); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (f *forecast) keepSteps(row *record.Trial, window []sim.Stats) error {
	a, b := &window[0], &window[len(window)-1]
	for i, s := range b.Steps {
		was := a.Steps[i]
		err := f.write(&record.Step{Head: row.Head, Trial: row.ID, Engine: row.Engine, Op: s.Op, Verb: s.Verb.String(),
			Count: s.Count - was.Count, Nanos: int64(s.Time - was.Time)})
		if err != nil {
			return err
		}
	}
	return nil
}

// gauges are a sample as rows of the record, under the names that package lab
// gives its own.
func gauges(s *sim.Stats) []record.Gauge {
	engine := map[string]float64{
		"threads": float64(s.Threads), "busy": float64(s.Busy), "queued": float64(s.Queued), "connections": float64(s.Connections),
		"responses": float64(s.Responses), "rejected": float64(s.Rejected), "cpu_seconds": s.CPUTime.Seconds(), "switches": float64(s.Switches),
	}
	for _, r := range s.Resources {
		engine[r.Name+".in_use"] = float64(r.InUse)
	}
	for _, p := range s.Pools {
		engine[p.Name+".threads"], engine[p.Name+".queued"] = float64(p.Threads), float64(p.Queued)
		engine[p.Name+".busy_seconds"] = p.BusyTime.Seconds()
		if p.Name == sim.Carriers {
			engine[p.Name+".pinned_seconds"] = p.PinnedTime.Seconds()
		}
	}
	for i, l := range s.Loops {
		engine[fmt.Sprintf("loop%d.busy_seconds", i)] = l.BusyTime.Seconds()
		engine[fmt.Sprintf("loop%d.stalled_seconds", i)] = l.StalledTime.Seconds()
	}
	for _, st := range s.Stalls {
		engine[record.StallGauge(st.Op)] = st.Time.Seconds()
	}
	return []record.Gauge{
		{Source: record.SourceEngine, Values: engine},
		{Source: record.SourceUpstream, Values: map[string]float64{"requests": float64(s.Asked), "in_flight_seconds": s.UpstreamTime.Seconds(), "waiting": 0}},
		{Source: record.SourceLoad, Values: map[string]float64{"in_flight": float64(s.InFlight)}},
	}
}
