package workload

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestEveryClaimCanBeRefuted(t *testing.T) {
	for _, name := range Suite() {
		doc, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		w := doc.Workload
		if w.Claim == "" || w.About == "" || w.Control == nil || len(w.Control.Expect) == 0 || len(doc.Warnings) > 0 {
			t.Errorf("%s: claim %q, about %q, control %+v, warnings %v", name, w.Claim, w.About, w.Control, doc.Warnings)
			continue
		}
		if name != SuiteName+"/"+w.Name || !bytes.HasPrefix(doc.Source, []byte("#")) {
			t.Errorf("%s holds the workload %s, and begins with %.20q", name, w.Name, doc.Source)
		}
		if w.Control.About == w.About {
			t.Errorf("%s does not say what its control is", name)
		}
		if w.Control.Same && reflect.DeepEqual(w.Control.Expect, w.Expect) {
			t.Errorf("the control of %s is what it controls", name)
		}
		// A control's bound is one of the claim's, on the same measure.
		for _, c := range w.Control.Expect {
			found := false
			for _, x := range w.Expect {
				found = found || x.Measure == c.Measure && reflect.DeepEqual(x.Bound, c.Bound)
			}
			if !found {
				t.Errorf("%s: the control has a bound of its own: %s", name, FormatExpectation(&c))
			}
		}
	}
}

// A suite is to be run while one waits for it.
func TestTheSuiteTakesMinutes(t *testing.T) {
	var all time.Duration
	cost := func(doc *Document) {
		var longest time.Duration
		for _, u := range doc.Workload.Upstreams {
			longest = max(longest, u.Latency.Quantile(0.95))
		}
		for _, r := range doc.Workload.Rates {
			all += time.Duration(len(doc.Workload.Engines)) * (max(time.Second, longest) + r.For + longest)
		}
		if !doc.Workload.NoSearch {
			t.Errorf("%s searches a load line", doc.Name)
		}
	}
	for _, name := range Suite() {
		doc, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		cost(doc)
		if c := doc.ControlDocument(); c != nil {
			cost(c)
		}
	}
	if all > 5*time.Minute {
		t.Errorf("the load alone takes %s", all)
	}
}

func TestAControlIsADocumentOfItsOwn(t *testing.T) {
	for _, name := range Suite() {
		doc, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		control := doc.ControlDocument()
		if doc.Workload.Control.Same {
			if control != nil {
				t.Errorf("%s: its own measurement serves the control, and there is a document for it", name)
			}
			continue
		}
		w, _ := mustParse(t, string(control.Source))
		if !reflect.DeepEqual(*w, doc.Workload.Control.Workload) {
			t.Errorf("%s: the control's document reads as\n%s\nwant\n%s", name, Format(w), Format(&doc.Workload.Control.Workload))
		}
	}
}

func TestTheSuiteIsNoSingleDocument(t *testing.T) {
	if _, err := Load(SuiteName); err == nil || !strings.Contains(err.Error(), Suite()[0]) {
		t.Errorf("Load(%q): %v", SuiteName, err)
	}
	if _, err := Load("claims/pool-saturate"); err == nil || !strings.Contains(err.Error(), `did you mean "claims/pool-saturates"?`) {
		t.Errorf("a misspelt claim: %v", err)
	}
}
