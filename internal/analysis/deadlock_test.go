package analysis

import (
	"strings"
	"testing"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
)

// stuck is a trial in which two carriers were deadlocked half-way: the lock, the
// threads that wait for it and the machine look as if they were the wall.
func stuck(b *bench, rate float64) *record.Trial {
	t := trial(rate, "")
	t.Load.Within /= 2
	t.Load.DelayP99 = 1e6 // the generator was disturbed, too
	t.Server.Resources = []record.TrialResource{{Name: "lock", Size: 1, InUse: 1, FullShare: 1, Waiting: 30}}
	workers(engine.PoolCarriers, 2, 1.2, 1.1, 20)(t)
	t.Server.Deadlocks = []record.TrialDeadlock{{Queued: 7, Waits: []record.TrialPinned{
		{Op: "lock", Verb: "hold", Resource: "lock", Carriers: 1}, {Op: "fan-out", Verb: "parallel", Carriers: 1},
	}}}
	Judge(t, b.w.SLO)
	return t
}

const standstillText = "deadlock: each of the 2 carriers is pinned by a wait for lock or the others of fan-out (parallel), " +
	"and whoever could end that has no carrier to run on (ready and queued for one: 7)"

func TestADeadlockIsTheWallAndItsPinsAreTakenAwayToConfirmIt(t *testing.T) {
	b := newBench(t, "vthread:carriers=2,pinning=jdk21")
	broke := stuck(b, 100)
	if broke.Outcome != record.Failed || broke.Reasons[0] != standstillText {
		t.Fatalf("%s %q: what disturbed the generator is no excuse", broke.Outcome, broke.Reasons)
	}
	e := b.run(trial(60, record.Passed), broke)
	next := Confirm(e.Trials, b.cfg, b.w, 3)
	if next.Variant != (Variant{Option: "pinning", Value: "jdk24"}) || next.Rate <= 100 {
		t.Errorf("tries %+v", next)
	}
	e.Trials = append(e.Trials, confirm(next.Variant.String(), 500, record.Passed))
	v := deriveEngine(e, b.w)
	if v.Wall.Kind != model.WallCarriers || *v.Wall.Limit != 2 || v.Wall.ConfirmedBy == nil || !strings.HasPrefix(*v.Wall.ConfirmedBy, "with pinning=jdk24 the line moved") {
		t.Errorf("wall %+v", v.Wall)
	}
	if text := strings.Join(v.Wall.Evidence, "; "); !strings.Contains(text, standstillText) {
		t.Errorf("evidence %q", text)
	}
	if len(v.Warnings) != 1 || v.Warnings[0] != (Warning{WarnDeadlock, "at 100/s it came to a standstill for good: " + standstillText}) {
		t.Errorf("warnings %+v", v.Warnings)
	}
}

// Where nothing is known that pins, there is nothing to try.
func TestADeadlockWithoutMonitorsIsNotConfirmed(t *testing.T) {
	b := newBench(t, "vthread:carriers=2,pinning=jdk24")
	e := b.run(trial(60, record.Passed), stuck(b, 100))
	if next := Confirm(e.Trials, b.cfg, b.w, 3); !next.Done {
		t.Errorf("tries %+v", next)
	}
	if w := wallOf(e, b.w, Line(e.Trials)); w.Kind != model.WallCarriers || w.ConfirmedBy != nil {
		t.Errorf("wall %+v", w)
	}
}

// More slots would only be taken later, so that nothing is tried.
func TestACircleIsTheWallAndNothingConfirmsIt(t *testing.T) {
	b := newBench(t, "thread:max=50")
	broke := trial(100, "")
	broke.Load.Within /= 2
	broke.Server.Resources = []record.TrialResource{{Name: "a", Size: 1, InUse: 1, FullShare: 1, Waiting: 20}, {Name: "b", Size: 2, InUse: 2, FullShare: 1, Waiting: 20}}
	broke.Server.Busy, broke.Server.BusyShare, broke.Server.Queued, broke.Server.Pool = 50, 1, 30, 50
	broke.Server.Circle = []string{"a", "b"}
	Judge(broke, b.w.SLO)
	e := b.run(trial(60, record.Passed), broke)
	if next := Confirm(e.Trials, b.cfg, b.w, 3); !next.Done {
		t.Errorf("tries %+v", next)
	}
	v := deriveEngine(e, b.w)
	if v.Wall.Kind != model.WallResource || v.Wall.Name != "a" || v.Wall.ConfirmedBy != nil || len(v.Warnings) != 1 || !strings.Contains(v.Warnings[0].Text, "every slot of a and b is held") {
		t.Errorf("wall %+v, warnings %+v", v.Wall, v.Warnings)
	}
}

func TestADeadlockFailsATrialThatHeldItsObjective(t *testing.T) {
	b := newBench(t, "vthread")
	late := trial(100, "")
	late.Server.Deadlocks = []record.TrialDeadlock{{Waits: []record.TrialPinned{{Resource: "lock", Carriers: 1}}}}
	if Judge(late, b.w.SLO); late.Outcome != record.Failed || late.Doubtful || !strings.Contains(late.Reasons[0], "the only carrier is pinned by a wait for lock") {
		t.Errorf("%s %q", late.Outcome, late.Reasons)
	}
	warmed := trial(40, "")
	warmed.Purpose = record.PurposeWarmUp
	if got := Reference([]*record.Trial{warmed, late}); got != warmed {
		t.Errorf("estimates start from %+v", got)
	}
}
