package analysis

import (
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
)

var sloOfTests = model.SLO{Within: time.Second, Ratio: 0.99, Errors: 0.001}

func TestJudge(t *testing.T) {
	for _, c := range []struct {
		name    string
		change  func(*record.Trial)
		outcome string
		reason  string // part of the first reason
	}{
		{"everything answered in time", func(*record.Trial) {}, record.Passed, ""},
		{"2 % too late", func(t *record.Trial) { t.Load.Within -= 100; t.Load.Late = 100 }, record.Failed, "98.0 % answered within 1 s, 99 % asked"},
		{"1 % failed", func(t *record.Trial) { t.Load.Within -= 50; t.Load.Failures = map[string]int64{"reset": 50} }, record.Failed, "1 % failed (50 reset), 0.1 % allowed"},
		{"in time, but piling up", func(t *record.Trial) { t.Drift = record.Drift{PerSecond: 80, Noise: 20, Drifts: true} }, record.Failed, "requests in flight grew by 80 a second"},
		{"nothing was sent", func(t *record.Trial) { t.Load = record.TrialLoad{} }, record.Voided, "nothing was sent"},
		// Void is one-sided.
		{"a late generator does not hurt a pass", func(t *record.Trial) { t.Load.DelayP99 = 900_000 }, record.Passed, ""},
		{"a late generator voids a fail", func(t *record.Trial) { t.Load.Within -= 100; t.Load.DelayP99 = 400_000 }, record.Voided, "generator: up to 400 ms late"},
		{"so does a late upstream", func(t *record.Trial) { t.Load.Within -= 100; t.Upstream.LatenessP99us = 80_000 }, record.Voided, "upstream: answered up to 80 ms later"},
		{"so does a machine that is not ours", func(t *record.Trial) { t.Load.Within -= 100; t.Machine.StealShare = 0.3 }, record.Voided, "machine: the hypervisor took 30 %"},
		{"a CPU that others use matters where it is scarce", func(t *record.Trial) {
			t.Load.Within -= 100
			t.Machine.OthersShare, t.Server.CPUSeconds, t.Server.Available = 0.2, 3.9, 4
		}, record.Voided, "machine: other processes used 20 %"},
		{"and not where it idles", func(t *record.Trial) {
			t.Load.Within -= 100
			t.Machine.OthersShare, t.Machine.StealShare, t.Server.CPUSeconds, t.Server.Available = 0.2, 0.08, 1, 4
		}, record.Failed, "98.0 %"},
		{"waiting for a connection is the service's doing", func(t *record.Trial) { t.Load.Within -= 100; t.Load.LagP99us = 400_000 }, record.Failed, "98.0 %"},
		{"a lag that cannot matter does not", func(t *record.Trial) { t.Load.Within -= 100; t.Load.DelayP99 = 8_000 }, record.Failed, "98.0 %"},
	} {
		tr := trial(1000, "")
		c.change(tr)
		Judge(tr, sloOfTests)
		first := ""
		if len(tr.Reasons) > 0 {
			first = tr.Reasons[0]
		}
		if tr.Outcome != c.outcome || !strings.HasPrefix(first, c.reason) || (c.reason == "") != (first == "") {
			t.Errorf("%s: %s, %q", c.name, tr.Outcome, tr.Reasons)
		}
	}
}

func TestOnlyACloseCallIsDoubtful(t *testing.T) {
	for _, c := range []struct {
		late     int64
		doubtful bool
	}{{0, false}, {45, true}, {55, true}, {500, false}} {
		tr := trial(1000, "")
		tr.Load.Within -= c.late
		Judge(tr, sloOfTests)
		if tr.Doubtful != c.doubtful {
			t.Errorf("%d of 5,000 late: doubtful %v", c.late, tr.Doubtful)
		}
	}
}

// Of few requests more depends on chance; and what catches up is not past its line.
func TestGrowthIsDoubtfulByHowManyTell(t *testing.T) {
	for _, c := range []struct {
		name     string
		arrivals int64
		growth   float64 // as a multiple of the criterion
		late     bool
		doubtful bool
	}{
		{"1.35 × of many", 5000, 1.35, false, false},
		{"1.35 × of few", 1000, 1.35, false, true},
		{"twice, of few", 1000, 2, false, false},
		{"a little less, of few", 1000, 0.7, false, true},
		{"late, and growing", 5000, 3, true, false},
		{"late, and steady", 5000, 0, true, false},
		{"late, and shrinking no more than by chance", 5000, -0.7, true, false},
		{"late, and catching up", 5000, -3, true, true},
	} {
		tr := trial(100, "")
		tr.Load.Arrivals, tr.Load.Within = c.arrivals, c.arrivals
		if c.late {
			tr.Load.Within -= c.arrivals / 10
		}
		tr.Drift = record.Drift{PerSecond: 20 * c.growth, Noise: 20, Drifts: c.growth > 1}
		if Judge(tr, sloOfTests); tr.Doubtful != c.doubtful {
			t.Errorf("%s: doubtful %v; %s, %q", c.name, tr.Doubtful, tr.Outcome, tr.Reasons)
		}
	}
}
