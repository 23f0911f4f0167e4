package probe

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/plimsoll-dev/plimsoll/record"
)

// A usage is what was seen inside a service during one experiment.
type usage struct {
	cpu     float64 // CPUs that the service used, on average while requests were with it; NaN: not known
	cpus    float64 // CPUs that it may use; 0: not known
	idle    float64 // of those of its affinity, that nobody used; NaN: not known
	threads int     // alive, the most seen; 0: not known
	lag     float64 // seconds that its event loop was late, at most
	forced  float64 // context switches for a request that took a CPU away from a thread; NaN: not known
	taken   []filled
}

// A filled is a pool of which all was taken at some moment.
type filled struct {
	pool    *gaugedPool
	name    string // which of its kind; "": there is one
	limit   int
	waiting float64 // who waited for one, at most; 0: nobody, or it does not tell
}

// usage sums up the gauges of an experiment. What the service's own processes
// show is exact, and preferred to what it says of itself.
func (o *Observation) usage(h *History) usage {
	u := usage{cpu: math.NaN(), idle: math.NaN(), forced: math.NaN()}
	busy := o.busySeconds()
	if proc := o.of(record.SourceProc); len(proc) > 1 && busy > 0 {
		first, last := proc[0].Values, proc[len(proc)-1].Values
		rise := func(name string) float64 { return max(0, last[name]-first[name]) }
		u.cpu, u.cpus = rise(gaugeCPU)/busy, last[gaugeCPUs]
		if u.cpus > 0 {
			u.idle = max(0, cmp.Or(last[gaugeAffinity], u.cpus)-rise(gaugeBusy)/(float64(proc[len(proc)-1].T-proc[0].T)/1e9))
		}
		if last[gaugeCPU] < first[gaugeCPU] { // one has ended that nobody of them waited for
			u.cpu = math.NaN()
		}
		u.forced = rise(gaugeInvoluntary) / float64(max(1, len(o.Heavy)))
		for _, g := range proc {
			u.threads = max(u.threads, int(g.Values[gaugeThreads]))
		}
	}
	pages := o.of(record.SourceMetrics)
	for i, g := range pages {
		for _, name := range loopLags {
			if i > 0 { // the first is of before
				u.lag = max(u.lag, g.Values[name])
			}
		}
		for _, name := range threadCounts {
			if len(o.of(record.SourceProc)) == 0 {
				u.threads = max(u.threads, int(g.Values[name]))
			}
		}
		u.fill(g.Values)
	}
	if len(pages) > 1 && busy > 0 && math.IsNaN(u.cpu) && !h.several {
		first, last := pages[0].Values, pages[len(pages)-1].Values
		for name, unit := range cpuSeconds {
			if end, ok := last[name]; ok && end >= first[name] {
				u.cpu = (end - first[name]) * unit / busy
			}
		}
		for _, name := range cpuCounts {
			u.cpus = max(u.cpus, last[name])
		}
	}
	return u
}

// of returns the gauges of one source.
func (o *Observation) of(source string) (rows []record.Gauge) {
	for _, g := range o.Gauges {
		if g.Source == source {
			rows = append(rows, g)
		}
	}
	return rows
}

// busySeconds is for how long heavy requests were with the service.
func (o *Observation) busySeconds() float64 {
	if len(o.Heavy) == 0 {
		return 0
	}
	end := int64(0)
	for i := range o.Heavy {
		end = max(end, o.Heavy[i].Done)
	}
	return float64(end-begun(&o.Heavy[0])) / 1e9
}

// fill notes the pools of which all is taken.
func (u *usage) fill(values map[string]float64) {
	for i := range gaugedPools {
		p := &gaugedPools[i]
		for series, busy := range values {
			name, labels, _ := strings.Cut(series, "{")
			if name != p.busy || busy < 1 {
				continue
			}
			of := func(family string) float64 {
				if labels != "" {
					family += "{" + labels
				}
				return values[family]
			}
			waiting, limit := of(p.waiting), of(p.limit)
			if waiting > 0 && (limit <= 0 || limit >= math.MaxInt32) { // as many as there are, and they do not grow
				limit = of(p.size)
				if p.limit == "" && p.size == "" {
					limit = busy
				}
			}
			if limit < 1 || limit >= math.MaxInt32 || busy < limit {
				continue
			}
			f := filled{p, poolName(labels), int(limit), waiting}
			at := slices.IndexFunc(u.taken, func(x filled) bool { return x.pool == p && x.name == f.name })
			if at < 0 {
				u.taken = append(u.taken, f)
				continue
			}
			u.taken[at].limit = max(u.taken[at].limit, f.limit)
			u.taken[at].waiting = max(u.taken[at].waiting, f.waiting)
		}
	}
	slices.SortFunc(u.taken, func(x, y filled) int {
		return strings.Compare(x.pool.what+x.name, y.pool.what+y.name)
	})
}

// poolName is the value of the first label: what the exporter calls the pool.
func poolName(labels string) string {
	_, value, ok := strings.Cut(labels, `="`)
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(value, `"`)
	return name
}

// seenInside reports whether anything was seen of the service's CPU while it was
// probed.
func (h *History) seenInside() bool {
	return slices.ContainsFunc(h.Experiments, func(o Observation) bool {
		u := o.usage(h)
		return !math.IsNaN(u.cpu)
	})
}
