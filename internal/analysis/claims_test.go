package analysis

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
	"github.com/plimsoll-dev/plimsoll/workload"
)

// A claim about the load line of threads, whose control is a run of its own.
const claimed = `workload: c
claim: Threads carry much.
about: What is run.
routes: {r: {steps: [{compute: 1ms}]}}
slo: {within: 1s}
engines: [thread]
expect: [{engine: thread, load-line: ">= 1000/s"}]
`

const ownControl = claimed + `control: {about: Another., seed: 2}
`

// sharedControl is served by the claim's own run.
const sharedControl = `workload: c
claim: Threads carry much.
routes: {r: {steps: [{compute: 1ms}]}}
slo: {within: 1s}
engines: [thread, goroutine]
expect: [{engine: thread, load-line: ">= 1000/s"}]
control: {expect: [{engine: goroutine, load-line: ">= 1000/s"}]}
`

// suiteOf writes the record of one claim: lines[i] are the brackets of run i's
// engines.
func suiteOf(t *testing.T, source string, runs ...[][2]float64) *SuiteVerdict {
	t.Helper()
	s := &Suite{Hash: "sha256:0"}
	parse := func(name string, src []byte) (*model.Workload, error) {
		w, _, err := workload.Parse(name, src)
		return w, err
	}
	add := func(row record.Row) {
		t.Helper()
		if err := s.Add(row, parse); err != nil {
			t.Fatal(err)
		}
	}
	doc, err := workload.Read("c.yaml", strings.NewReader(source))
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"thread:max=200", "goroutine"}
	for i, run := range runs {
		from := doc
		if i > 0 {
			from = doc.ControlDocument()
		}
		add(&record.Meta{Command: "compare", Claim: "c", Control: i > 0, Host: record.Host{Cores: 2}, Options: map[string]any{"quick": true},
			Workload: &record.Workload{Name: "c.yaml", Source: string(from.Source)}, Engines: names[:len(run)]})
		for k, line := range run {
			for j, outcome := range []string{record.Passed, record.Failed} {
				if line[j] > 0 {
					add(&record.Trial{ID: 2*k + j + 1, Engine: names[k], Purpose: record.PurposeSearch, Rate: line[j], Seconds: 1, Outcome: outcome})
				}
			}
		}
	}
	return DeriveSuite(s)
}

func TestAClaimIsBorneOutOnlyIfItsControlMissesTheBound(t *testing.T) {
	type line = [][2]float64
	high, low, near, none := [2]float64{1100, 1150}, [2]float64{800, 840}, [2]float64{980, 1030}, [2]float64{}
	for _, c := range []struct {
		source string
		runs   []line
		want   string
		reason string // part of it
	}{
		{ownControl, []line{{high}, {low}}, BorneOut, ""},
		{ownControl, []line{{low}, {low}}, NotBorneOut, ""},
		{ownControl, []line{{high}, {high}}, NotBorneOut, "it holds in the control, too"},
		{ownControl, []line{{low}, {high}}, NotBorneOut, ""},
		{ownControl, []line{{near}, {low}}, Void, "the bound lies inside"},
		{ownControl, []line{{high}, {near}}, Void, "the control: load-line of thread:max=200"},
		{ownControl, []line{{near}, {high}}, NotBorneOut, "it holds in the control, too"},
		{ownControl, []line{{none}, {low}}, Void, "not measured"},
		{ownControl, []line{{high}}, Void, "was not run"}, // interrupted before the control
		{sharedControl, []line{{high, low}}, BorneOut, ""},
		{sharedControl, []line{{high, high}}, NotBorneOut, "control"},
		{sharedControl, []line{{high, near}}, Void, "goroutine"},
		{claimed, []line{{high}}, BorneOut, ""},
	} {
		v := suiteOf(t, c.source, c.runs...)
		if len(v.Claims) != 1 {
			t.Fatalf("%v: %d claims", c.runs, len(v.Claims))
		}
		got := v.Claims[0]
		if got.Outcome != c.want || !strings.Contains(got.Reason, c.reason) || c.reason == "" && got.Reason != "" {
			t.Errorf("%v is %s because %q, want %s and %q", c.runs, got.Outcome, got.Reason, c.want, c.reason)
		}
	}
}

func TestAClaimWhoseRunFailedIsVoidForThatReason(t *testing.T) {
	s := &Suite{}
	for _, row := range []record.Row{
		&record.Meta{Command: "compare", Claim: "c", Workload: &record.Workload{Name: "c.yaml", Source: claimed}, Engines: []string{"thread"}},
		&record.Event{Name: EventFailed, Text: "no descriptors left\nraise the limit"},
	} {
		if err := s.Add(row, func(name string, src []byte) (*model.Workload, error) {
			w, _, err := workload.Parse(name, src)
			return w, err
		}); err != nil {
			t.Fatal(err)
		}
	}
	if c := DeriveSuite(s).Claims[0]; c.Outcome != Void || !strings.HasSuffix(c.Reason, "no descriptors left") {
		t.Errorf("%s because %q", c.Outcome, c.Reason)
	}
}

// What was killed had no time to say so.
func TestARecordWithoutAnEndBreaksOff(t *testing.T) {
	for _, c := range []struct {
		why     string
		last    record.Row
		partial bool
		warns   bool
	}{
		{"killed", &record.Event{Name: "reached"}, true, true},
		{"interrupted, which it says itself", &record.Event{Name: EventInterrupted}, true, false},
		{"ended", &record.Verdict{}, false, false},
	} {
		s := &Suite{}
		for _, row := range []record.Row{
			&record.Meta{Command: "compare", Claim: "c", Workload: &record.Workload{Name: "c.yaml", Source: claimed}, Engines: []string{"thread"}},
			c.last,
		} {
			if err := s.Add(row, func(name string, src []byte) (*model.Workload, error) {
				w, _, err := workload.Parse(name, src)
				return w, err
			}); err != nil {
				t.Fatal(err)
			}
		}
		s.End()
		v := Derive(s.Runs[0])
		warns := slices.ContainsFunc(v.Warnings, func(w Warning) bool { return w.Code == WarnBreaksOff })
		if v.Partial != c.partial || DeriveSuite(s).Partial != c.partial || warns != c.warns {
			t.Errorf("%s: partial %v and %v, warnings %v", c.why, v.Partial, DeriveSuite(s).Partial, v.Warnings)
		}
	}
}

func TestASuiteSaysWhatItsControlsAreAndWhereItRan(t *testing.T) {
	v := suiteOf(t, ownControl, [][2]float64{{1100, 1150}}, [][2]float64{{800, 840}})
	c := v.Claims[0]
	if v.Kind != "claims" || v.Record != "sha256:0" || v.Host.Cores != 2 || !v.Quick || v.Partial {
		t.Errorf("suite %+v", v)
	}
	if c.Name != "c" || c.Claim != "Threads carry much." || c.About != "What is run." || c.ControlAbout != "Another." {
		t.Errorf("claim %+v", c)
	}
	figures := fmt.Sprint(*c.Expect[0].Low, *c.Control[0].High)
	if figures != "1100 840" {
		t.Errorf("measured %s", figures)
	}
}
