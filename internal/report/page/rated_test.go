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

// desk is a workload that is measured at rates, with both of its routes and with
// one of them alone, and has expectations of every kind.
func desk(t *testing.T) *model.Workload {
	t.Helper()
	engine := func(s string) model.EngineConfig {
		e, err := model.ParseEngine(s)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	loop, vthread := engine("loop"), engine("vthread")
	at := model.Point{Rate: 300}
	most := func(v float64) model.Bound { return model.Bound{Most: true, Value: v} }
	return &model.Workload{
		Name: "desk", About: "Light requests beside slow ones.", SLO: model.SLO{Within: time.Second, Ratio: 0.99},
		Routes:   []model.Route{{Name: "light", Path: "/light", Weight: 9}, {Name: "slow", Path: "/slow", Weight: 1}},
		NoSearch: true, Rates: []model.RateTrial{{Rate: 300, For: 4 * time.Second}, {Rate: 270, For: 4 * time.Second, Route: "light"}},
		Expect: []model.Expectation{
			{Subject: model.Subject{Engine: loop, Route: "light"}, At: at, Measure: "p50", Bound: model.Bound{Value: 0.2}},
			{Subject: model.Subject{Engine: vthread, Route: "light"}, At: at, Measure: "p50", Bound: model.Bound{Value: 0.2}},
			{Subject: model.Subject{Engine: vthread, Route: "light"}, At: at, Measure: "p99", Bound: most(0.1)},
			{Subject: model.Subject{Engine: vthread}, At: at, Measure: "within", Bound: model.Bound{Value: 0.99}},
			{Subject: model.Subject{Engine: loop}, Versus: &model.Subject{Engine: vthread}, At: at, Measure: "memory", Bound: most(1.01)},
			{Subject: model.Subject{Engine: loop}, Measure: "load-line", Bound: model.Bound{Value: 200}},
			{Subject: model.Subject{Engine: loop}, Measure: "wall", Bound: model.Bound{Words: []string{"cpu"}}},
		},
	}
}

// rated is the record of a workload measured at its rates; its engine "loop" is
// slow wherever it has more than one route.
func rated(t *testing.T, w *model.Workload, engines ...string) *builder {
	b := &builder{t: t, w: w}
	b.add(&record.Meta{Format: record.Format, Tool: "plimsoll test", Command: "compare", Args: []string{"compare", w.Name}, Claim: w.Claim,
		Engines: engines, Placement: map[string]record.Role{"server": {CPUs: []int{1}}}, Workload: &record.Workload{Name: w.Name, Source: "workload: " + w.Name + "\n"},
		Host: record.Host{OS: "linux", Kernel: "6.1", CPU: "a CPU", Cores: 4, Go: "go1.26"}})
	for _, e := range engines {
		for _, at := range w.Rates {
			b.rateTrial(e, at)
		}
	}
	return b
}

func (b *builder) rateTrial(engine string, at model.RateTrial) {
	t := b.trial(engine, plan{engine: engine}, at.Rate, false)
	t.Purpose, t.Route, t.LeadIn, t.Outcome = record.PurposeRate, at.Route, 1, record.Passed
	slow := engine == "loop" && at.Route == ""
	t.Load.Routes = nil
	b.add(t)
	for _, r := range b.w.Routes {
		if at.Route != "" && at.Route != r.Name {
			continue
		}
		median := 20 * time.Millisecond
		if slow {
			median = 400 * time.Millisecond
		}
		n := int64(at.Rate * 4 * r.Weight / 10)
		t.Load.Routes = append(t.Load.Routes, record.TrialRoute{Name: r.Name, Arrivals: n, Within: n, P50us: median.Microseconds(), P99us: 4 * median.Microseconds()})
		for second := range 5 {
			h := record.NewHist()
			for i := range 300 {
				z := math.Sqrt2 * math.Erfinv(2*(float64(i)+0.5)/300-1)
				h.Record(time.Duration(math.Exp(z*0.5) * float64(median)))
			}
			row := &record.Histogram{Head: t.Head, Trial: t.ID, Engine: engine, Route: r.Name, Status: "200", Metric: record.MetricLatency, Second: second}
			if err := row.Set(h); err != nil {
				b.t.Fatal(err)
			}
			b.add(row)
		}
	}
	for i := range 50 {
		b.add(&record.Gauge{Head: record.Head{T: b.now + int64(i)*1e8}, Trial: t.ID, Engine: engine, Source: record.SourceLoad, Values: map[string]float64{"in_flight": float64(i % 7)}})
	}
	b.now += 5e9
}

func TestAPageOfRatesSaysWhatIsMeant(t *testing.T) {
	html, v := rated(t, desk(t), "loop", "vthread").page()
	if v.Searched {
		t.Fatal("a load line was searched")
	}
	says(t, html, "rates.golden")
}

func TestAPageHasTheSectionsThatItsRecordHas(t *testing.T) {
	ids := func(html string) string {
		var all []string
		for _, h := range parsePage(t, html).all("h2") {
			all = append(all, h.attr["id"])
		}
		return strings.Join(all, " ")
	}
	searched, _ := recorded(t, plan{engine: "loop", passed: []float64{100}}).page()
	if got := ids(searched); got != "lines walls latency residence cost overload occupancy environment" {
		t.Errorf("after a search: %s", got)
	}
	w := desk(t)
	html, _ := rated(t, w, "loop", "vthread").page()
	if got := ids(html); got != "expectations rates occupancy environment" {
		t.Errorf("at rates: %s", got)
	}
	w.Expect = nil
	html, _ = rated(t, w, "loop", "vthread").page()
	if got := ids(html); got != "rates occupancy environment" {
		t.Errorf("without expectations: %s", got)
	}
	// Every entry of the contents leads somewhere.
	page := parsePage(t, html)
	for _, a := range page.all("a") {
		if !strings.Contains(html, `id="`+strings.TrimPrefix(a.attr["href"], "#")+`"`) {
			t.Errorf("nothing is called %s", a.attr["href"])
		}
	}
}

// suite has a claim that is borne out, one that is not, and one whose control was
// not reached.
func suite(t *testing.T) *analysis.Suite {
	var s analysis.Suite
	add := func(name, claim string, control *model.Control, engines ...string) *model.Workload {
		w := desk(t)
		w.Name, w.Claim, w.Control = name, claim, control
		w.Expect = w.Expect[:1]
		s.Runs = append(s.Runs, &rated(t, w, engines...).run)
		return w
	}
	counter := func(about string) *model.Control {
		c := &model.Control{Workload: *desk(t)}
		c.About, c.Expect = about, c.Expect[1:2]
		return c
	}
	run := func(c *model.Control, engines ...string) {
		b := rated(t, &c.Workload, engines...)
		b.run.Meta.Control = true
		s.Runs = append(s.Runs, &b.run)
	}
	c := counter("The same with virtual threads.")
	add("freezes", "One slow route freezes a loop.", c, "loop")
	run(c, "vthread")
	same := counter("Nothing is changed.")
	same.Same, same.Expect = true, desk(t).Expect[:1]
	add("no-evidence", "What holds everywhere is evidence.", same, "loop")
	add("interrupted", "This one was not finished.", counter("The same, later."), "loop")
	return &s
}

func claimsPage(t *testing.T, s *analysis.Suite) string {
	t.Helper()
	s.Hash = "sha256:00"
	var b bytes.Buffer
	if err := Claims(&b, analysis.DeriveSuite(s), s); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestAPageOfClaimsSaysWhatIsMeant(t *testing.T) {
	says(t, claimsPage(t, suite(t)), "claims.golden")
}

func TestAPageOfOneClaimBeginsWithIt(t *testing.T) {
	s := suite(t)
	s.Runs = s.Runs[:2]
	page := parsePage(t, claimsPage(t, s))
	if got := page.all("h1")[0].words(); got != "Borne out: One slow route freezes a loop." {
		t.Errorf("it begins with %q", got)
	}
	if n := len(page.all("section")); n != 2 {
		t.Errorf("%d sections; the claim and its environment are expected", n)
	}
}

// A record that says less than its workload asks for is no reason to fail.
func TestAControlThatExpectsSomethingElse(t *testing.T) {
	s := suite(t)
	s.Runs[1].Workload.Expect = desk(t).Expect[:3]
	if html := claimsPage(t, s); !strings.Contains(html, "p99") {
		t.Error("what the control was measured against is not there")
	}
}

func TestABoundIsDrawnWhereItsIntervalIs(t *testing.T) {
	x := func(most bool, limit float64, low, high *float64, unit string) expected {
		return expected{model.Expectation{Measure: "p99", Bound: model.Bound{Most: most, Value: limit}},
			analysis.ExpectationVerdict{Engine: "loop", At: "line", Measure: "p99", Unit: unit, Low: low, High: high, Outcome: analysis.Met}, false}
	}
	for _, c := range []struct {
		name      string
		x         expected
		log       bool
		low, high float64 // of the axis
	}{
		{"a share has all of it beside it", x(true, 0.5, ptr(0.1), ptr(0.2), "share"), false, 0, 1},
		{"a small share has not", x(true, 0.001, ptr(0.002), ptr(0.004), "share"), false, 0, 0.0046},
		{"what lies close together is linear", x(true, 0.05, ptr(0.02), ptr(0.04), "s"), false, 0, 0.0575},
		{"what lies far apart is not", x(true, 0.05, ptr(1.0), ptr(2.0), "s"), true, 0.025, 4},
		{"an end may not be known", x(false, 900, ptr(1000.0), nil, "1/s"), false, 0, 1150},
		{"nothing was measured", x(false, 900, nil, nil, "1/s"), false, 0, 0},
	} {
		a := boundAxis([]expected{c.x})
		if a.log != c.log || math.Abs(a.low-c.low) > 1e-9 || math.Abs(a.high-c.high) > 1e-9 {
			t.Errorf("%s: from %g to %g, logarithmic: %t", c.name, a.low, a.high, a.log)
		}
		if c.x.Low == nil || a.high == 0 {
			continue
		}
		svg := string(c.x.draw(a, true))
		if open := strings.Contains(svg, "<polyline"); open != (c.x.High == nil) {
			t.Errorf("%s: an arrow: %t", c.name, open)
		}
	}
}
