package lab

import (
	"github.com/plimsoll-dev/plimsoll/record"
)

// gauges are the samples of a run as rows of the record: the engine's own, the
// upstreams', and the number of requests that the generator has in flight.
func (r *run) gauges(origin int64, trial int, engine string) []*record.Gauge {
	var rows []*record.Gauge
	row := func(at int64, source string, values map[string]float64) {
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
