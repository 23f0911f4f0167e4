package page

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
)

// A plan is what the trials of one engine are to show.
type plan struct {
	engine   string
	passed   []float64 // rates
	failed   []float64
	voided   []float64
	overload bool
	lossless bool               // past its line, too
	gauges   map[string]float64 // the engine's own, at full use; a growing one's growth per second
	stall    string             // a step that keeps others waiting
}

var shop = &model.Workload{
	Name: "shop", Resources: []model.Resource{{Name: "pool", Size: 50}},
	Routes: []model.Route{{Name: "buy", Path: "/buy", Weight: 1, Steps: []model.Step{{Verb: model.Compute, Op: "work", Time: model.Dist{Kind: model.DistConstant, A: time.Millisecond}}}}},
	SLO:    model.SLO{Within: time.Second, Ratio: 0.99, Errors: 0.001},
}

// A builder writes the rows that a lab would have.
type builder struct {
	t    *testing.T
	run  analysis.Run
	rows Rows
	w    *model.Workload
	ids  int
	now  int64
}

func (b *builder) add(row record.Row) {
	b.t.Helper()
	b.rows.Add(row)
	if err := b.run.Add(row, func(string, []byte) (*model.Workload, error) { return b.w, nil }); err != nil {
		b.t.Fatal(err)
	}
}

// recorded is the record of a comparison.
func recorded(t *testing.T, plans ...plan) *builder {
	b := &builder{t: t, w: shop}
	m := &record.Meta{
		Format: record.Format, Tool: "plimsoll test", Command: "compare", Args: []string{"compare", "shop"}, Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Host: record.Host{OS: "linux", Arch: "amd64", Kernel: "6.1", CPU: "a CPU", Cores: 4, CPUs: []int{0, 1, 2, 3}, Governor: "performance", Memory: 16 << 30, MemoryLimit: 8 << 30, CPUQuota: 2,
			Go: "go1.26", GOMAXPROCS: 4, Descriptors: 1024, DescriptorsHard: 4096, Threads: 30000},
		Placement:   map[string]record.Role{"server": {CPUs: []int{1}}, "load": {CPUs: []int{0}, Nice: -10}},
		Calibration: &record.Calibration{UnitsPerMicrosecond: 9.58, Spread: 0.01},
		Workload:    &record.Workload{Name: "shop", SHA256: "ab12", Source: "workload: shop\nseed: 7\n"}, Seed: 7, Options: map[string]any{"quick": true},
	}
	for _, p := range plans {
		m.Engines = append(m.Engines, p.engine)
	}
	b.add(m)
	for i, p := range plans {
		b.engine(b.run.Engines[i].Name, p)
	}
	return b
}

func (b *builder) engine(name string, p plan) {
	for _, set := range []struct {
		rates   []float64
		outcome string
	}{{p.passed, record.Passed}, {p.failed, record.Failed}, {p.voided, record.Voided}} {
		for _, rate := range set.rates {
			t := b.trial(name, p, rate, set.outcome != record.Passed)
			t.Purpose, t.Outcome, t.LeadIn = record.PurposeSearch, set.outcome, 1
			b.trialRows(t, p)
		}
	}
	if !p.overload {
		return
	}
	line := p.passed[len(p.passed)-1]
	for i, f := range []float64{1.2, 1.5, 2, 0.25} {
		t := b.trial(name, p, f*line, f > 1)
		t.Purpose, t.Factor, t.LeadIn, t.Seconds = record.PurposeOverload, f, float64(1+i), 1
		t.Load.Goodput = []float64{line * (1.6 - f/2)}
		if p.lossless {
			t.Load.Goodput = []float64{line * f}
		}
		if f < 1 {
			t.Purpose, t.Load.Recovered = record.PurposeRecovery, ptr(1.5)
		}
		b.trialRows(t, p)
	}
}

func ptr[T any](v T) *T { return &v }

// trial is one of four seconds; broken, the pool is all taken.
func (b *builder) trial(name string, p plan, rate float64, broken bool) *record.Trial {
	b.ids++
	n := int64(rate * 4)
	t := &record.Trial{Head: record.Head{T: b.now}, ID: b.ids, Engine: name, Rate: rate, Seconds: 4, Horizon: 4,
		Load: record.TrialLoad{Arrivals: n, Within: n, InFlight: rate * 0.2, P50us: 180_000, P99us: 700_000, DelayP99: 300, Goodput: []float64{rate, rate, rate, rate}},
		Server: record.TrialServer{CPUSeconds: rate * 4 * 250e-6, CPUs: 1, Available: 4, RSS: 40 << 20, Threads: 220, Switches: 4 * n, GOMAXPROCS: 200, Responses: n, Pool: 200, Busy: rate * 0.19,
			Residence: map[string]float64{"await": 0.17 * float64(n), "call": 0.01 * float64(n), "queued": 0.02 * float64(n), "holding": 0.005 * float64(n), "runnable": 0.003 * float64(n), "cpu": 0.0002 * float64(n), "block": 0.002 * float64(n)},
			Resources: []record.TrialResource{{Name: "pool", Size: 50, InUse: rate * 0.01}}},
	}
	if broken {
		t.Server.Busy, t.Server.BusyShare, t.Server.Queued = 199.5, 0.99, 140
		t.Load.InFlight, t.Load.Within = 340, n*9/10
		t.Reasons = []string{"90.0 % answered within 1 s, 99 % asked"}
	}
	t.Server.Workers = []record.TrialWorkers{{Name: "carriers", Size: 4}}
	if p.stall != "" {
		t.Server.Stalls = []record.TrialStall{{Op: p.stall, Verb: "compute", Count: 40, Seconds: 3.2, MaxMs: 180}}
	}
	if t.Server.CPUSeconds > 4 {
		t.Server.CPUSeconds = 4
	}
	return t
}

func (b *builder) trialRows(t *record.Trial, p plan) {
	b.add(t)
	for second := range int(math.Ceil(t.LeadIn + t.Seconds)) {
		h := record.NewHist()
		for i := range 1000 { // a lognormal by its quantiles, slower where the pool is taken
			z := math.Sqrt2 * math.Erfinv(2*(float64(i)+0.5)/1000-1)
			h.Record(time.Duration(math.Exp(z*0.6) * (120 + t.Load.InFlight) * float64(time.Millisecond)))
		}
		row := &record.Histogram{Head: t.Head, Trial: t.ID, Engine: t.Engine, Route: "buy", Status: "200", Metric: record.MetricLatency, Second: second}
		if err := row.Set(h); err != nil {
			b.t.Fatal(err)
		}
		b.add(row)
	}
	b.add(&record.Step{Head: t.Head, Trial: t.ID, Engine: t.Engine, Op: "stock", Verb: "await", Count: 100, Nanos: 8e8})
	length := t.LeadIn + t.Seconds
	if t.Factor > 0 {
		length = t.Seconds
	}
	cpu, growing := 0.0, map[string]float64{}
	for at := 0.0; at < length; at += 0.1 {
		use := min(1, at) * (0.8 + 0.2*math.Sin(at*9))
		cpu += 0.03 + 0.02*use
		values := map[string]float64{"busy": 200 * use, "queued": max(0, 150*(use-0.8)), "pool.in_use": 20 * use, "cpu_seconds": cpu, "rejected": 0}
		for k, v := range p.gauges {
			if growing[k] += v * use * 0.1; strings.HasSuffix(k, "_seconds") || strings.HasSuffix(k, "_seconds2") {
				values[k] = growing[k]
				continue
			}
			values[k] = v * use
		}
		head := record.Head{T: b.now + int64(at*1e9)}
		b.add(&record.Gauge{Head: head, Trial: t.ID, Engine: t.Engine, Source: record.SourceEngine, Values: values})
		b.add(&record.Gauge{Head: head, Trial: t.ID, Engine: t.Engine, Source: record.SourceLoad, Values: map[string]float64{"in_flight": 300 * use}})
	}
	b.now += int64(length * 1e9)
}

// page is the page of what was built, and the verdict that it shows.
func (b *builder) page() (string, *analysis.Verdict) {
	b.t.Helper()
	b.run.Hash = "sha256:00"
	v := analysis.Derive(&b.run)
	var out bytes.Buffer
	if err := Compare(&out, v, &b.run, &b.rows); err != nil {
		b.t.Fatal(err)
	}
	return out.String(), v
}

// everything has each kind of line: a bracket, one that is at least there, one
// that is only known from above, one that is void, and one of which nothing is known.
func everything(t *testing.T) *builder {
	var plans []plan
	for i, e := range []string{"thread:max=200", "thread:max=500,spare=50", "future", "loop", "hybrid", "vthread:pinning=jdk21", "vthread"} {
		low := 400 * float64(i+1)
		plans = append(plans, plan{engine: e, passed: []float64{low / 2, low * 0.8, low}, failed: []float64{low * 1.07, low * 1.2}, overload: true})
	}
	plans[3].gauges = map[string]float64{"loop0.lag_seconds2": 0.4, "loop0.stalled_seconds": 0.9, "loop0.busy_seconds": 0.99}
	plans[3].stall = "extract"
	plans[5].gauges = map[string]float64{"carriers.busy_seconds": 4, "carriers.pinned_seconds": 3.9, "carriers.queued": 70}
	plans[4].lossless = true
	plans[6].failed, plans[6].voided = nil, []float64{3100}
	plans = append(plans, plan{engine: "thread:max=1", failed: []float64{40}}, plan{engine: "thread:max=2", voided: []float64{90}}, plan{engine: "goroutine"})
	b := recorded(t, plans...)
	b.add(&record.Warning{Code: "one-cpu", Text: "server, load and upstream share CPU 0"})
	b.add(&record.Warning{Engine: "future:max=200", Code: "restarted", Text: "the server was started twice"})
	return b
}
