package analysis

import (
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
)

func workers(name string, size int, busy, pinned, queued float64) func(*record.Trial) {
	return func(t *record.Trial) {
		t.Server.Workers = append(t.Server.Workers, record.TrialWorkers{Name: name, Size: size, Threads: size, Busy: busy, Pinned: pinned, Queued: queued})
	}
}

func stalledLoop(utilisation, stalled, lag float64, stalls ...record.TrialStall) func(*record.Trial) {
	return func(t *record.Trial) {
		t.Server.Loops = []record.TrialLoop{{Utilisation: utilisation, Stalled: stalled, LagMs: lag}}
		t.Server.Stalls = stalls
	}
}

var llm = record.TrialStall{Op: "llm", Verb: "call", Count: 12, Seconds: 4.7, MaxMs: 1400}

func TestWallsInsideAnEngineAreNamedAndRaised(t *testing.T) {
	for _, c := range []struct {
		why, engine string
		plant       func(*record.Trial)
		kind        model.WallKind
		name, raise string
		limit       float64
		says        string
	}{
		{"a synchronous call keeps the loop", "loop", stalledLoop(0.99, 0.97, 700, llm), model.WallLoop, "llm", awaited, 1, "llm (call) held it 12 times, up to 1.4 s"},
		{"long steps make others late long before the loop is busy all the time", "loop", stalledLoop(0.6, 0.55, 120, record.TrialStall{Op: "parse", Verb: "compute", Count: 9, Seconds: 2, MaxMs: 300}),
			model.WallLoop, "parse", "compute=50%", 1, "an event waits 120 ms for it on average"},
		{"a loop busy with many small things lacks CPU", "loop", stalledLoop(0.98, 0.1, 1), model.WallCPU, "", "compute=50%", 1, "its loop is busy 98 % of the time"},
		{"native calls pin the carriers", "vthread:carriers=8", workers(engine.PoolCarriers, 8, 8, 7.9, 300), model.WallCarriers, "", "carriers=16", 8, "all 8 of its carriers pinned 99 % of the time, 300 virtual threads waiting"},
		{"continuations wait for the executor", "future:executor=8", workers(engine.PoolExecutor, 8, 8, 0, 40), model.WallExecutor, "", "executor=16", 8, "all 8 of its executor's threads busy 100 %"},
		{"calls wait for the blocking workers", "hybrid", workers(engine.PoolBlocking, 40, 39.5, 0, 20), model.WallWorkers, "blocking-workers", "blocking=80", 40, "all 40 of its blocking workers busy 99 %"},
		{"what waits in an unbounded queue makes no worker past the core", "hybrid:blocking=20", func(t *record.Trial) {
			t.Server.Workers = []record.TrialWorkers{{Name: engine.PoolBlocking, Size: 40, Threads: 20, Busy: 19.8, Queued: 90}}
		}, model.WallWorkers, "blocking-workers", "blocking=40", 20, "all 20 of its blocking workers busy 99 %"},
		{"a pool of a fixed size is raised as one", "hybrid:blocking=60,blocking-max=60", workers(engine.PoolBlocking, 60, 59.5, 0, 20), model.WallWorkers, "blocking-workers", "blocking=120", 60, ""},
		{"a cap above the core is raised instead", "hybrid:blocking-max=60", workers(engine.PoolBlocking, 60, 59.5, 0, 20), model.WallWorkers, "blocking-workers", "blocking-max=120", 60, ""},
	} {
		b := newBench(t, c.engine)
		broke := trial(1000, record.Failed)
		c.plant(broke)
		e := b.run(trial(960, record.Passed), broke)
		if next := Confirm(e.Trials, b.cfg, b.w, 3); next.Variant.String() != c.raise {
			t.Errorf("%s: tries %q first, not %q", c.why, next.Variant, c.raise)
		}
		e.Trials = append(e.Trials, confirm(c.raise, 1500, record.Passed))
		w := wallOf(e, b.w, Line(e.Trials))
		if w.Kind != c.kind || w.Name != c.name || w.Limit == nil || *w.Limit != c.limit || w.ConfirmedBy == nil {
			t.Errorf("%s: got %s %q %v, confirmed by %v", c.why, w.Kind, w.Name, w.Limit, w.ConfirmedBy)
		}
		if text := strings.Join(w.Evidence, "; "); !strings.Contains(text, c.says) {
			t.Errorf("%s: %q does not say %q", c.why, text, c.says)
		}
	}
}

func TestWhatIsBusyAndHoldsNobodyUpIsNoWall(t *testing.T) {
	for _, c := range []struct {
		why, engine string
		plant       func(*record.Trial)
	}{
		{"computing carriers are the CPU's business", "vthread:carriers=8", workers(engine.PoolCarriers, 8, 8, 0.5, 300)},
		{"nobody waits for a worker", "hybrid", workers(engine.PoolBlocking, 40, 39.5, 0, 0)},
		{"short stalls", "loop", stalledLoop(0.6, 0.55, 3)},
	} {
		b := newBench(t, c.engine)
		broke := trial(1000, record.Failed)
		c.plant(broke)
		if full := saturated(broke, b.cfg, b.w); len(full) > 0 {
			t.Errorf("%s, and yet %s is said to be reached", c.why, full[0].Kind)
		}
	}
}

// A limit is not raised to what does not run for real, where it did run for real.
func TestNothingIsRaisedPastWhatRuns(t *testing.T) {
	for text, want := range map[string]string{"thread:max=4500": "max=9000", "thread:max=5000": "", "thread:max=50000": "max=100000"} {
		cfg, err := model.ParseEngine(text)
		if err != nil {
			t.Fatal(err)
		}
		if v := more(cfg, 2*cfg.Int("max"), "max"); v != (Variant{}) && v.String() != want || v == (Variant{}) && want != "" {
			t.Errorf("%s is raised to %q, not %q", text, v, want)
		}
	}
}

func TestAwaitedCallsAreTheSameWaits(t *testing.T) {
	b := newBench(t, "loop")
	native := model.Dist{Kind: model.DistConstant, A: 30 * time.Millisecond}
	b.w.Routes[0].Steps = []model.Step{
		{Verb: model.Call, Op: "ask", Upstream: "api"},
		{Verb: model.Hold, Resource: "pool", Steps: []model.Step{{Verb: model.Block, Op: "native", Time: native}}},
		{Verb: model.Parallel, Branches: []model.Branch{{Steps: []model.Step{{Verb: model.Call, Upstream: "api"}}}}},
	}
	v, err := ParseVariant(Variant{Awaited: true}.String())
	if err != nil {
		t.Fatal(err)
	}
	_, w, err := v.Apply(b.cfg, b.w)
	if err != nil {
		t.Fatal(err)
	}
	steps := w.Routes[0].Steps
	inner := steps[1].Steps[0]
	if steps[0].Verb != model.Await || inner.Verb != model.Await || inner.Op != "native" || steps[2].Branches[0].Steps[0].Verb != model.Await {
		t.Errorf("got %+v", steps)
	}
	if u := w.Upstream(inner.Upstream); u == nil || u.Latency.Mean() != native.Mean() {
		t.Errorf("the blocking step waits for %+v", u)
	}
	if b.w.Routes[0].Steps[0].Verb != model.Call || b.w.Routes[0].Steps[1].Steps[0].Verb != model.Block || len(b.w.Upstreams) != 1 {
		t.Error("the workload itself was changed")
	}
}

// Who is kept for how long, for each engine, on a workload of which the answer
// is plain: 200 ms awaited, 50 ms called, 20 ms blocked, 10 ms computed.
func TestFirstGuessIsLittlesLaw(t *testing.T) {
	ms := func(n int) model.Dist {
		return model.Dist{Kind: model.DistConstant, A: time.Duration(n) * time.Millisecond}
	}
	w := &model.Workload{
		Upstreams: []model.Upstream{{Name: "slow", Latency: ms(200)}, {Name: "db", Latency: ms(50)}},
		Routes: []model.Route{{Weight: 1, Steps: []model.Step{
			{Verb: model.Await, Upstream: "slow"}, {Verb: model.Call, Upstream: "db"}, {Verb: model.Block, Time: ms(20)}, {Verb: model.Compute, Time: ms(10)},
		}}},
	}
	const own = 0.15e-3 // of the engine
	for text, want := range map[string]float64{
		"thread:max=2":             2 / 0.280,
		"thread:max=500":           1 / (0.010 + own),
		"future:max=2":             2 / 0.080,
		"future:max=9,executor=1":  1 / 0.080,
		"loop":                     1 / (0.080 + own),
		"hybrid:blocking=1":        40 / 0.070, // it grows to blocking-max
		"hybrid":                   1 / (0.010 + own),
		"vthread:carriers=1":       1 / (0.030 + own),
		"vthread:carriers=4":       1 / (0.010 + own),
		"goroutine":                1 / (0.010 + own),
		"thread:max=2,queue=10":    2 / 0.280,
		"hybrid:loops=4,workers=1": 1 / (0.010 + own),
	} {
		cfg, err := model.ParseEngine(text)
		if err != nil {
			t.Fatal(err)
		}
		want = min(want, 1/(0.010+own))
		if got := FirstGuess(cfg, w, 1); got < want*0.999 || got > want*1.001 {
			t.Errorf("%s: %.2f/s, want %.2f", text, got, want)
		}
	}
}

// A warm-up is short, and may be at a higher rate than what the search finds it
// can pass: it is where estimates start only while there is nothing better.
func TestEstimatesStartFromTheHighestPass(t *testing.T) {
	warm, low, high, failed := trial(500, ""), trial(300, record.Passed), trial(400, record.Passed), trial(450, record.Failed)
	warm.Purpose = record.PurposeWarmUp
	if got := Reference([]*record.Trial{warm}); got != warm {
		t.Error("the warm-up is all there is")
	}
	if got := Reference([]*record.Trial{warm, high, low, failed}); got != high {
		t.Errorf("starts from the %s at %v/s", got.Purpose, got.Rate)
	}
}

// A limit that cannot be raised further is not a variant that no server starts with.
func TestALimitAtItsHighestIsNotRaised(t *testing.T) {
	for text, want := range map[string]string{
		"thread:max=4500": "max=9000", "thread:max=4501": "",
	} {
		b := newBench(t, text)
		broke := trial(1000, record.Failed)
		broke.Server.Pool, broke.Server.Busy, broke.Server.BusyShare, broke.Server.Queued = b.cfg.Int("max"), float64(b.cfg.Int("max")), 1, 50
		full := saturated(broke, b.cfg, b.w)
		if len(full) != 1 || full[0].Raise.String() != want {
			t.Errorf("%s: got %+v, want it raised by %q", text, full, want)
		}
	}
}
