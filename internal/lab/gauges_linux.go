package lab

import (
	"github.com/plimsoll-dev/plimsoll/record"
)

// steps are the totals of the handlers' named steps over a trial's window.
func (r *run) steps(t *record.Trial) []*record.Step {
	a := r.done.Clock + int64(t.LeadIn*1e9)
	b := a + int64(t.Seconds*1e9)
	var rows []*record.Step
	for i := range r.samples.ops {
		o := &r.samples.ops[i]
		rows = append(rows, &record.Step{
			Head: t.Head, Trial: t.ID, Engine: t.Engine, Op: o.op, Verb: o.verb,
			Count: uint64(o.count.growth(a, b)), Nanos: int64(o.nanos.growth(a, b)),
		})
	}
	return rows
}

// gauges are the samples of a run as rows of the record: the engine's own, the
// upstreams', and the number of requests that the generator has in flight, in
// the stretch that the run was cut to.
func (r *run) gauges(origin int64, trial int, engine string) []*record.Gauge {
	var rows []*record.Gauge
	row := func(at int64, source string, values map[string]float64) {
		if r.until > 0 && (at < r.since || at >= r.until) {
			return
		}
		rows = append(rows, &record.Gauge{Head: record.Head{T: at - origin}, Trial: trial, Engine: engine, Source: source, Values: values})
	}
	g := r.samples
	for i, at := range g.busy.at {
		values := map[string]float64{
			"threads": g.threads.value[i], "busy": g.busy.value[i], "queued": g.queued.value[i], "connections": g.connections.value[i],
			"responses": g.responses.value[i], "rejected": g.rejected.value[i], "cpu_seconds": g.cpu.value[i], "switches": g.switches.value[i],
		}
		for k := range g.resources {
			if res := &g.resources[k]; i < len(res.inUse.value) {
				values[res.name+".in_use"] = res.inUse.value[i]
			}
		}
		g.gaugesInside(i, values)
		row(at, record.SourceEngine, values)
	}
	for i, at := range g.up.requests.at {
		row(at, record.SourceUpstream, map[string]float64{
			"requests": g.up.requests.value[i], "in_flight_seconds": g.up.held.value[i], "waiting": g.up.waiting.value[i],
		})
	}
	for _, s := range r.seconds {
		for _, x := range s.Samples {
			row(r.done.Clock+x.At, record.SourceLoad, map[string]float64{"in_flight": float64(x.InFlight)})
		}
	}
	return rows
}
