package analysis

import (
	"encoding/json"
	"fmt"

	"github.com/plimsoll-dev/plimsoll/record"
)

// What became of a claim.
const (
	BorneOut    = "borne out"
	NotBorneOut = "not borne out"
	Void        = "void"
)

// A Suite is the record of a suite of claims: runs, each from its meta row on.
type Suite struct {
	Runs []*Run
	Hash string
}

// Add puts one more row into the suite.
func (s *Suite) Add(row record.Row, parse ParseWorkload) error {
	if _, ok := row.(*record.Meta); ok {
		s.Runs = append(s.Runs, &Run{})
	}
	return s.Runs[len(s.Runs)-1].Add(row, parse)
}

// End takes note that the record has no more rows, as [Run.End] does; the verdict
// of a suite stands at the end of its last run.
func (s *Suite) End() { s.Runs[len(s.Runs)-1].End() }

// A SuiteVerdict is what a suite of claims comes to, in the form that programs
// read.
type SuiteVerdict struct {
	Schema  string         `json:"schema"`
	Kind    string         `json:"kind"`
	Record  string         `json:"record"`
	Host    record.Host    `json:"host"`
	Server  []int          `json:"server_cpus"` // that the service ran on
	Quick   bool           `json:"quick"`
	Claims  []ClaimVerdict `json:"claims"`
	Partial bool           `json:"partial"` // the run was interrupted
}

// A ClaimVerdict is what became of one claim.
type ClaimVerdict struct {
	Name    string               `json:"name"`
	Claim   string               `json:"claim"`
	About   string               `json:"about"`
	Outcome string               `json:"outcome"` // borne out, not borne out or void
	Reason  string               `json:"reason,omitempty"`
	Expect  []ExpectationVerdict `json:"expectations"` // that have to be met
	Control []ExpectationVerdict `json:"control"`      // of which one has to be missed
	// ControlAbout says what the control changes, where its document does.
	ControlAbout string `json:"control_about,omitempty"`
}

// DeriveSuite concludes a verdict from the runs of a suite.
func DeriveSuite(s *Suite) *SuiteVerdict {
	first := s.Runs[0].Meta
	v := &SuiteVerdict{Schema: Schema, Kind: "claims", Record: s.Hash, Host: first.Host, Server: first.Placement["server"].CPUs, Claims: []ClaimVerdict{}}
	v.Quick, _ = first.Options["quick"].(bool)
	for i, r := range s.Runs {
		v.Partial = v.Partial || r.Partial
		if r.Meta.Control {
			continue
		}
		var control *Run
		if i+1 < len(s.Runs) && s.Runs[i+1].Meta.Control {
			control = s.Runs[i+1]
		}
		v.Claims = append(v.Claims, deriveClaim(r, control))
	}
	return v
}

func deriveClaim(r, control *Run) ClaimVerdict {
	w := r.Workload
	v := ClaimVerdict{Name: w.Name, Claim: w.Claim, About: w.About, Control: []ExpectationVerdict{}}
	d := Derive(r)
	v.Expect = d.Expectations
	switch c := w.Control; {
	case c == nil:
	case c.Same:
		v.Control = r.expectations(c.Expect, d.Engines)
	case control != nil:
		v.Control = Derive(control).Expectations
	default: // interrupted before it
		v.Control = (&Run{Workload: &c.Workload}).expectations(c.Expect, nil)
	}
	if c := w.Control; c != nil && c.About != w.About {
		v.ControlAbout = c.About
	}
	v.Outcome, v.Reason = judgeClaim(&v, w.Control != nil)
	return v
}

// judgeClaim: a claim is borne out by what meets its expectations, if the
// control misses its own: what holds there, too, is no evidence.
func judgeClaim(v *ClaimVerdict, controlled bool) (outcome, reason string) {
	whole := Together(v.Expect)
	control := Missed
	if controlled {
		control = Together(v.Control)
	}
	switch {
	case whole == Missed:
		return NotBorneOut, ""
	case control == Met:
		return NotBorneOut, "it holds in the control, too"
	case whole == Undone:
		return Void, why(v.Expect)
	case control == Undone:
		return Void, "the control: " + why(v.Control)
	}
	return BorneOut, ""
}

// why is the first reason for which an expectation is void.
func why(list []ExpectationVerdict) string {
	for _, x := range list {
		if x.Outcome == Undone {
			return fmt.Sprintf("%s of %s: %s", x.Measure, x.Engine, x.Reason)
		}
	}
	return ""
}

// SuiteRow puts a suite's verdict into the form in which a record keeps it.
func SuiteRow(v *SuiteVerdict) (*record.Verdict, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("analysis: verdict: %w", err)
	}
	return &record.Verdict{JSON: b}, nil
}
