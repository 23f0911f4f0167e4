package analysis

import (
	"math/rand/v2"
	"testing"

	"github.com/plimsoll-dev/plimsoll/internal/search"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
)

// measured searches the line of a service whose capacity wanders from trial to
// trial by 2 %, as that of one on a shared machine does.
func measured(rng *rand.Rand, capacity float64) LoadLine {
	var h []search.Trial
	goal := search.Goal{Guess: capacity * (0.95 + 0.1*rng.Float64()), Precision: 1.05, Trials: 14}
	for {
		d := search.Next(goal, h)
		if d.Done {
			return loadLine(d)
		}
		now := capacity * (1 + 0.02*rng.NormFloat64())
		t := search.Trial{Rate: d.Rate, Outcome: search.Pass, Doubtful: d.Rate > 0.98*now && d.Rate < 1.02*now}
		if d.Rate > now {
			t.Outcome = search.Fail
		}
		h = append(h, t)
	}
}

// An A/A comparison prints "~" in at least 95 of 100 cases, and 15 % more
// capacity is told from none in at least 60.
func TestTheSameEngineTwiceIsTheSame(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	const runs = 2000
	same, told := 0, 0
	for range runs {
		if _, differ := Differ(measured(rng, 1000), measured(rng, 1000)); !differ {
			same++
		}
		if ratio, differ := Differ(measured(rng, 1000), measured(rng, 1150)); differ && ratio > 1 {
			told++
		}
	}
	t.Logf("A/A: ~ in %.1f %% of %d comparisons; 15 %% more told in %.1f %%", 100*float64(same)/runs, runs, 100*float64(told)/runs)
	if same < runs*95/100 {
		t.Errorf("~ in only %d of %d A/A comparisons", same, runs)
	}
	if told < runs*60/100 {
		t.Errorf("15 %% more capacity told in only %d of %d comparisons", told, runs)
	}
}

func TestALineKnownOnlyFromBelowDiffersOnlyFromAbove(t *testing.T) {
	at := func(low, high float64) LoadLine {
		return loadLine(search.Decision{Low: low, High: high})
	}
	if _, differ := Differ(at(1000, 1040), at(1010, 0)); differ {
		t.Error("at least 1,010 was told from 1,000 … 1,040")
	}
	if ratio, differ := Differ(at(1000, 1040), at(2000, 0)); !differ || ratio < 1.9 {
		t.Errorf("at least 2,000 was not told from 1,000 … 1,040: %v", ratio)
	}
	if _, differ := Differ(at(0, 500), at(400, 450)); differ {
		t.Error("a line that was not found differs from one that was")
	}
}

func TestDeriveIsAFunctionOfTheRecordAlone(t *testing.T) {
	b := newBench(t, "thread:max=200")
	broke := trial(1000, record.Failed)
	planted["threads"](broke)
	over := trial(1150, "")
	over.Purpose, over.Factor, over.Load.Goodput = record.PurposeOverload, 1.2, []float64{950, 970}
	back := trial(380, "")
	back.Purpose, back.Load.Recovered = record.PurposeRecovery, ptr(2.0)
	e := b.run(trial(960, record.Passed), broke, over, back)
	v := Derive(&Run{Meta: &record.Meta{}, Workload: b.w, Engines: []*EngineRun{e}, Hash: "sha256:x"})
	got := v.Engines[0]
	if got.Void || *got.LoadLine.Low != 960 || *got.LoadLine.High != 1000 || *got.LoadLine.Rate != 980 {
		t.Errorf("load line %+v", got.LoadLine)
	}
	if got.Goodput["1.2"] != 960 {
		t.Errorf("goodput %v", got.Goodput)
	}
	if got.RecoveryS == nil || *got.RecoveryS != 2 {
		t.Errorf("recovery %v", got.RecoveryS)
	}
	if got.Wall.Kind != model.WallThreadPool {
		t.Errorf("wall %+v", got.Wall)
	}
}

func TestAllVoidIsVoidWithItsReasons(t *testing.T) {
	b := newBench(t, "goroutine")
	late := trial(1000, record.Voided)
	late.Load.DelayP99 = 300_000
	e := b.run(late)
	v := Derive(&Run{Meta: &record.Meta{}, Workload: b.w, Engines: []*EngineRun{e}})
	if got := v.Engines[0]; !got.Void || len(got.VoidReasons) != 1 || got.LoadLine.Rate != nil {
		t.Errorf("got %+v", got)
	}
}

func TestALineBelowVoidTrialsIsAtLeast(t *testing.T) {
	b := newBench(t, "goroutine")
	late := trial(1000, record.Voided)
	late.Load.DelayP99 = 300_000
	e := b.run(trial(900, record.Passed), late)
	v := Derive(&Run{Meta: &record.Meta{}, Workload: b.w, Engines: []*EngineRun{e}})
	got := v.Engines[0]
	if got.Void || *got.LoadLine.Low != 900 || got.LoadLine.High != nil || len(got.VoidReasons) != 1 || got.Wall.Kind != model.WallUnknown {
		t.Errorf("got %+v", got)
	}
}
