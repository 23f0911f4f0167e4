package report

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/plimsoll-dev/plimsoll/internal/plan"

	"github.com/plimsoll-dev/plimsoll/internal/golden"
)

// shop is a plan that was made once, shortened.
func shop(t *testing.T) *plan.Plan {
	t.Helper()
	b, err := os.ReadFile("testdata/plan.json")
	if err != nil {
		t.Fatal(err)
	}
	var p plan.Plan
	if err := json.Unmarshal(b, &p); err != nil {
		t.Fatal(err)
	}
	return &p
}

func TestAPlanReadsAsIsMeant(t *testing.T) {
	var b strings.Builder
	if err := Plan(&b, shop(t)); err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "plan.golden", b.String())
}

// Where there is only one, the conclusion says why no size of it holds.
func TestWhyNoSizeHoldsIsSaidOnce(t *testing.T) {
	const why = "all 4 of license are taken"
	e := plan.Engine{Engine: "loop", None: &plan.None{Text: why}}
	for conclusion, own := range map[string]bool{"No size of loop holds 50 requests/s: " + why + ".": false, "No engine holds 50 requests/s.": true} {
		var b strings.Builder
		if err := Plan(&b, &plan.Plan{Workload: "shop", Conclusion: conclusion, Engines: []plan.Engine{e}}); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(b.String(), why); n != 1 || strings.Contains(b.String(), "no size holds") != own {
			t.Errorf("said %d times in\n%s", n, &b)
		}
	}
}

func TestAPlanOfWhichNothingIsKnownYet(t *testing.T) {
	p := &plan.Plan{Workload: "shop", Question: plan.Question{Rate: 10}, Partial: true, Conclusion: "Nothing was found out yet.", Engines: []plan.Engine{{Engine: "thread"}}}
	var b strings.Builder
	if err := Plan(&b, p); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"Interrupted:", "Nothing was found out yet.", "not found out"} {
		if !strings.Contains(b.String(), part) {
			t.Errorf("no %q in\n%s", part, &b)
		}
	}
}

func TestWhatIsAlmostAllIsNotCalledAll(t *testing.T) {
	for _, c := range []struct {
		within float64
		grows  bool
		want   string
	}{
		{1, false, "all"}, {0.99999, false, "> 99.9 %"}, {0.98999, false, "98.9 %"}, {0.5, true, "50.0 %, falling"}, {0, false, "0.0 %"},
	} {
		if got := InTime(&plan.AtRate{Within: c.within, Grows: c.grows}); got != c.want {
			t.Errorf("%g, %v: %q, not %q", c.within, c.grows, got, c.want)
		}
	}
}
