package analysis

import (
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
)

// A bench makes trials as a lab would have written them, of a service whose
// limits are known.
type bench struct {
	cfg model.EngineConfig
	w   *model.Workload
}

func newBench(t *testing.T, engine string) *bench {
	t.Helper()
	cfg, err := model.ParseEngine(engine)
	if err != nil {
		t.Fatal(err)
	}
	return &bench{cfg, &model.Workload{
		Name:      "planted",
		Upstreams: []model.Upstream{{Name: "api", Latency: model.Dist{Kind: model.DistConstant, A: 200 * time.Millisecond}}},
		Resources: []model.Resource{{Name: "pool", Size: 50}},
		Routes: []model.Route{{Name: "r", Path: "/r", Weight: 1, Steps: []model.Step{
			{Verb: model.Hold, Resource: "pool", Op: "pool", Steps: []model.Step{{Verb: model.Await, Upstream: "api", Op: "api"}}},
			{Verb: model.Compute, Op: "work", Time: model.Dist{Kind: model.DistConstant, A: 100 * time.Microsecond}},
		}}},
		SLO: model.SLO{Within: time.Second, Ratio: 0.99, Errors: 0.001},
	}}
}

func (b *bench) run(trials ...*record.Trial) *EngineRun {
	return &EngineRun{Name: b.cfg.String(), Config: b.cfg, Trials: trials}
}

// trial is one of 5 s at a rate with nothing in its way.
func trial(rate float64, outcome string) *record.Trial {
	return &record.Trial{
		Purpose: record.PurposeSearch, Rate: rate, Seconds: 5, Horizon: 5, Outcome: outcome,
		Load:   record.TrialLoad{Arrivals: int64(5 * rate), Within: int64(5 * rate), InFlight: rate * 0.2},
		Server: record.TrialServer{CPUs: 1, CPUSeconds: 0.5, Responses: int64(5 * rate), Pool: 200, Busy: rate * 0.2},
	}
}

func confirm(variant string, rate float64, outcome string) *record.Trial {
	t := trial(rate, outcome)
	t.Purpose, t.Variant = record.PurposeConfirm, variant
	return t
}

// planted puts one wall into a trial that broke.
var planted = map[string]func(*record.Trial){
	"threads": func(t *record.Trial) {
		t.Server.Busy, t.Server.BusyShare, t.Server.Queued = 199, 0.95, 300
	},
	"resource": func(t *record.Trial) {
		t.Server.Resources = []record.TrialResource{{Name: "pool", Size: 50, InUse: 49.8, FullShare: 0.97, Waiting: 140}}
	},
	"cpu":   func(t *record.Trial) { t.Server.CPUSeconds = 4.95 },
	"queue": func(t *record.Trial) { t.Server.Rejected = 80 },
}

var raises = map[string]string{"threads": "max=400", "resource": "pool.size=100", "cpu": "compute=50%", "queue": "queue=unbounded"}

var kinds = map[string]model.WallKind{"threads": model.WallThreadPool, "resource": model.WallResource, "cpu": model.WallCPU, "queue": model.WallRejecting}

// In every pair both limits look exhausted; one of them binds, which shows in
// which raise moves the line.
func TestOfEveryPairOfWallsTheBindingOneIsNamed(t *testing.T) {
	names := []string{"threads", "resource", "cpu", "queue"}
	for _, binding := range names {
		for _, other := range names {
			if binding == other {
				continue
			}
			b := newBench(t, "thread:max=200,queue=100")
			broke := trial(1000, record.Failed)
			planted[binding](broke)
			planted[other](broke)
			e := b.run(trial(960, record.Passed), broke,
				confirm(raises[other], 1050, record.Failed), confirm(raises[binding], 1500, record.Passed))
			w := wallOf(e, b.w, Line(e.Trials))
			if w.Kind != kinds[binding] || w.ConfirmedBy == nil {
				t.Errorf("%s binds, %s is only busy: named %s, confirmed %v, evidence %q", binding, other, w.Kind, w.ConfirmedBy, w.Evidence)
			}
		}
	}
}

func TestEachWallAloneIsNamedWithItsSize(t *testing.T) {
	limits := map[string]float64{"threads": 200, "resource": 50, "cpu": 1, "queue": 300}
	for name, plant := range planted {
		b := newBench(t, "thread:max=200,queue=100")
		broke := trial(1000, record.Failed)
		plant(broke)
		e := b.run(trial(960, record.Passed), broke)
		w := wallOf(e, b.w, Line(e.Trials))
		if w.Kind != kinds[name] || w.Limit == nil || *w.Limit != limits[name] {
			t.Errorf("%s: got %+v", name, w)
		}
		if w.ConfirmedBy != nil || !strings.Contains(strings.Join(w.Evidence, "; "), "not confirmed") {
			t.Errorf("%s: nothing was raised, and yet: %v, %q", name, w.ConfirmedBy, w.Evidence)
		}
	}
}

// A pool in front of a smaller pool is busy, and not the wall.
func TestThreadsThatWaitForAResourceAreASymptom(t *testing.T) {
	b := newBench(t, "thread:max=200")
	broke := trial(255, record.Failed)
	planted["resource"](broke)
	planted["threads"](broke)
	e := b.run(trial(245, record.Passed), broke)
	if next := Confirm(e.Trials, b.cfg, b.w, 3); next.Variant.String() != "pool.size=100" {
		t.Errorf("tries %q first", next.Variant)
	}
	w := wallOf(e, b.w, Line(e.Trials))
	if w.Kind != model.WallResource || w.Name != "pool" || *w.Limit != 50 {
		t.Errorf("got %+v", w)
	}
}

func TestThreadsThatAreMissingAreCounted(t *testing.T) {
	b := newBench(t, "thread:max=200")
	broke := trial(700, record.Failed)
	broke.Server.Pool, broke.Server.Busy, broke.Server.BusyShare, broke.Server.Queued = 137, 136.6, 0.98, 200
	e := b.run(trial(670, record.Passed), broke)
	w := wallOf(e, b.w, Line(e.Trials))
	if w.Kind != model.WallThreadPool || *w.Limit != 137 || !strings.Contains(w.Evidence[0], "200 are configured") {
		t.Errorf("got %+v", w)
	}
}

func TestALimitThatWasRaisedInVainIsNotTheWall(t *testing.T) {
	b := newBench(t, "goroutine")
	broke := trial(1000, record.Failed)
	planted["resource"](broke)
	e := b.run(trial(960, record.Passed), broke, confirm("pool.size=100", 1050, record.Failed))
	if w := wallOf(e, b.w, Line(e.Trials)); w.Kind != model.WallUnknown || w.Limit != nil {
		t.Errorf("got %+v", w)
	}
	// A void trial refutes nothing.
	e = b.run(trial(960, record.Passed), broke, confirm("pool.size=100", 1050, record.Voided))
	if w := wallOf(e, b.w, Line(e.Trials)); w.Kind != model.WallResource || w.ConfirmedBy != nil {
		t.Errorf("got %+v", w)
	}
}

// Configuring more threads of an engine that does not start them raises nothing.
func TestMissingThreadsStayTheWallThoughMoreAreConfigured(t *testing.T) {
	b := newBench(t, "thread:max=200")
	broke := trial(700, record.Failed)
	broke.Server.Pool, broke.Server.Busy, broke.Server.BusyShare, broke.Server.Queued = 137, 136.6, 0.98, 200
	again := confirm("max=400", 740, record.Failed)
	again.Server.Pool = 137
	e := b.run(trial(670, record.Passed), broke, again)
	w := wallOf(e, b.w, Line(e.Trials))
	if w.Kind != model.WallThreadPool || *w.Limit != 137 || !strings.Contains(strings.Join(w.Evidence, "; "), "there were still 137") {
		t.Errorf("got %+v", w)
	}
}

func TestConfirmGoesDownTheChainUntilTheLineMoves(t *testing.T) {
	b := newBench(t, "thread:max=200")
	broke := trial(1000, record.Failed)
	planted["cpu"](broke)
	planted["threads"](broke)
	e := b.run(trial(960, record.Passed), broke)
	next := Confirm(e.Trials, b.cfg, b.w, 3)
	if next.Variant.String() != "compute=50%" || next.Rate <= 1000 {
		t.Fatalf("first: %+v", next)
	}
	// Less work did not help: the CPU was not it.
	e.Trials = append(e.Trials, confirm("compute=50%", next.Rate, record.Failed))
	for range 5 {
		next = Confirm(e.Trials, b.cfg, b.w, 3)
		if next.Done || next.Variant.String() != "compute=50%" {
			break
		}
		e.Trials = append(e.Trials, confirm("compute=50%", next.Rate, record.Failed))
	}
	if next.Variant.String() != "max=400" {
		t.Fatalf("then: %+v", next)
	}
	e.Trials = append(e.Trials, confirm("max=400", next.Rate, record.Passed))
	if next = Confirm(e.Trials, b.cfg, b.w, 3); !next.Done {
		t.Errorf("goes on after the line moved: %+v", next)
	}
	w := wallOf(e, b.w, Line(e.Trials))
	if w.Kind != model.WallThreadPool || w.ConfirmedBy == nil || !strings.Contains(*w.ConfirmedBy, "with 400 threads the line moved from") {
		t.Errorf("got %+v", w)
	}
}

// As measured on a goroutine engine: the CPU idles for 13 % of the time, the
// pool is empty because those who hold a connection cannot run.
func TestACPUThatIdlesBesideRunnableRequestsIsTheWall(t *testing.T) {
	b := newBench(t, "goroutine")
	broke := trial(4600, record.Failed)
	planted["resource"](broke)
	broke.Load.InFlight = 1734
	broke.Server.CPUSeconds, broke.Server.Available = 4.35, 5
	broke.Server.Residence = map[string]float64{"await": 5 * 1000, "holding": 5 * 678, "cpu": 5 * 50}
	broke.Upstream.InFlight = 550
	e := b.run(trial(4400, record.Passed), broke)
	w := wallOf(e, b.w, Line(e.Trials))
	if w.Kind != model.WallCPU || !strings.Contains(w.Evidence[0], "CPU 87 %") {
		t.Errorf("got %+v", w)
	}
	// The same pool is the wall where its holders wait for the upstream.
	broke.Upstream.InFlight = 1000
	broke.Server.Residence["cpu"] = 5 * 0.8
	if w := wallOf(e, b.w, Line(e.Trials)); w.Kind != model.WallResource {
		t.Errorf("got %+v", w)
	}
}

func TestWhatNobodyMetIsNoWall(t *testing.T) {
	b := newBench(t, "goroutine")
	e := b.run(trial(960, record.Passed), trial(1900, record.Passed))
	if w := wallOf(e, b.w, Line(e.Trials)); w.Kind != model.WallNone {
		t.Errorf("got %+v", w)
	}
}

func TestAFailThatNoLimitExplainsIsUnknown(t *testing.T) {
	b := newBench(t, "goroutine")
	e := b.run(trial(960, record.Passed), trial(1000, record.Failed))
	if w := wallOf(e, b.w, Line(e.Trials)); w.Kind != model.WallUnknown || w.Limit != nil {
		t.Errorf("got %+v", w)
	}
}
