package forecast

import (
	"context"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/load"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
	"github.com/plimsoll-dev/plimsoll/sim"
)

const (
	sampleEvery = 50 * time.Millisecond
	mostSamples = 1200 // of a run; of longer ones they are further apart
	mostBuckets = 30   // into which a window's requests are sorted, likewise
)

// A drive is one simulation and all that is seen of it. What it keeps does not
// grow with the time that is simulated, but for the number of answers per second.
type drive struct {
	sim      *sim.Simulation
	workload *model.Workload
	cpus     int           // of all instances
	from     time.Duration // where the first window begins
	every    time.Duration // between samples
	width    time.Duration // of a bucket, whole seconds
	buckets  []bucket      // from the first window on
	samples  []sim.Stats
	good     []int64 // requests answered in time, by the tenth of a second of their end
	stop     stopRule
	lost     int64 // requests due since from that are late or have failed
	failed   int64
}

// A bucket is the requests that were due in a stretch of time.
type bucket struct{ routes []routeBucket }

// A routeBucket is those of one route.
type routeBucket struct {
	arrivals, within int64
	outcomes         [load.NumOutcomes]int64
	latency          [load.NumOutcomes]*record.Hist // nil: none ended so
}

// A stopRule says from when on nothing more can be learned: an objective that is
// lost stays lost. The zero rule never stops a trial.
type stopRule struct{ lost, failed int64 }

// stopAt is the rule for a search: half as much again as may be lost, because
// some of it was due before the window.
func stopAt(slo model.SLO, arrivals float64) stopRule {
	return stopRule{int64(1.5*(1-slo.Ratio)*arrivals) + 10, int64(1.5*slo.Errors*arrivals) + 10}
}

// least is how long a window lasts although its objective is lost: shorter ones
// have too little to tell the wall from.
const least = 2 * time.Second

// interval returns the round time between samples that is at least so long.
func interval(least time.Duration) time.Duration {
	for i, d := 0, sampleEvery; ; i++ {
		if d >= least {
			return d
		}
		d *= [...]time.Duration{2, 5}[i%2] // 50 ms, 100 ms, 500 ms, 1 s, 5 s, …
	}
}

// newDrive prepares a trial of an engine whose windows begin at from.
func (f *forecast) newDrive(e *analysis.EngineRun, row *record.Trial, stages []model.Stage, from time.Duration) (*drive, error) {
	v, err := analysis.ParseVariant(row.Variant)
	if err != nil {
		return nil, err
	}
	cfg, w, err := v.Apply(e.Config, f.workload)
	if err != nil {
		return nil, err
	}
	d := &drive{workload: w, cpus: f.CPUs * max(1, f.Instances), from: from}
	var total time.Duration
	for _, s := range stages {
		total += s.For
	}
	d.every = interval(total / mostSamples)
	d.width = max(time.Second, ((total-from)/mostBuckets + time.Second - 1).Truncate(time.Second))
	d.sim, err = sim.New(sim.Config{
		Workload: w, Engine: cfg, CPUs: f.CPUs, Costs: f.Costs.Costs, Seed: f.workload.Seed + attempts(e, row), Route: row.Route,
		Stages: stages, Compute: v.Compute, Instances: f.Instances, Balancer: f.Balancer, Retry: f.retry(), Ended: d.ended,
	})
	return d, err
}

// retry is what clients do about requests that failed.
func (o *Options) retry() sim.Retry {
	if o.Retries == 0 {
		return sim.Retry{}
	}
	return sim.FullJitter(o.Retries, o.Backoff)
}

// run lets it happen until the end, or until nothing more can be learned, and
// then as long as an answer can still come in time. It returns where the window
// ends.
func (d *drive) run(ctx context.Context, end time.Duration) (time.Duration, error) {
	at := time.Duration(0)
	for ; ; at = d.next(at, end) {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		if err := d.sim.RunUntil(at); err != nil {
			return 0, err
		}
		x := d.sim.Stats()
		perInstance(&x, d.workload)
		d.samples = append(d.samples, x)
		over := d.stop != stopRule{} && at >= d.from+least && (at-d.from)%d.width == 0 && (d.lost > d.stop.lost || d.failed > d.stop.failed)
		if at == end || over {
			break
		}
	}
	if err := d.sim.RunUntil(at + d.workload.SLO.Within); err != nil {
		return 0, err
	}
	d.sim.Unfinished(d.ended)
	return at, nil
}

// next is when the next sample is taken: one stands at the beginning of the first
// window, and one at the end.
func (d *drive) next(at, end time.Duration) time.Duration {
	next := at + d.every
	if at < d.from {
		return min(next, d.from)
	}
	return min(next, end)
}

// ended takes a request that has ended, or never will.
func (d *drive) ended(e sim.Ended) {
	latency := time.Duration(e.Done - e.Intended)
	within := e.Outcome == load.OK && latency <= d.workload.SLO.Within
	if within {
		tenth := int(e.Done / int64(100*time.Millisecond))
		for tenth >= len(d.good) {
			d.good = append(d.good, 0)
		}
		d.good[tenth]++
	}
	due := time.Duration(e.Intended) - d.from
	if due < 0 {
		return
	}
	i := int(due / d.width)
	for i >= len(d.buckets) {
		d.buckets = append(d.buckets, bucket{make([]routeBucket, len(d.workload.Routes))})
	}
	b := &d.buckets[i].routes[e.Route]
	b.arrivals++
	b.outcomes[e.Outcome]++
	if within {
		b.within++
	} else {
		d.lost++
	}
	if e.Outcome.Failed() {
		d.failed++
	}
	h := &b.latency[e.Outcome]
	if *h == nil {
		*h = record.NewHist()
	}
	(*h).Record(latency)
}
