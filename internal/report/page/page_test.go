package page

import (
	"regexp"
	"strings"
	"testing"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/internal/golden"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
)

func TestThePageSaysWhatIsMeant(t *testing.T) {
	html, _ := recorded(t,
		plan{engine: "thread:max=200", passed: []float64{500, 1000}, failed: []float64{1070}, overload: true},
		plan{engine: "vthread", passed: []float64{500, 2000}, voided: []float64{2400}, gauges: map[string]float64{"carriers.pinned_seconds": 4}, stall: "native"},
		plan{engine: "loop", voided: []float64{90}},
	).page()
	says(t, html, "page.golden")
}

// says checks that a page says what a file has.
func says(t *testing.T, html, file string) {
	t.Helper()
	var b strings.Builder
	outline(parsePage(t, html), &b)
	golden.Check(t, file, b.String())
}

func TestOneEngine(t *testing.T) {
	html, v := recorded(t, plan{engine: "thread:max=200", passed: []float64{500, 1000}, failed: []float64{1070}}).page()
	page := parsePage(t, html)
	if got := page.all("h1")[0].words(); got != v.Conclusion {
		t.Errorf("the page begins with %q, the verdict is %q", got, v.Conclusion)
	}
	if n := len(page.all("article")); n != 1 {
		t.Errorf("%d engines", n)
	}
	if !strings.Contains(page.text, "No engine was driven past its line.") {
		t.Error("there was no overload, and the page does not say so")
	}
}

func TestNothingMeasured(t *testing.T) {
	b := recorded(t, plan{engine: "thread:max=200"}, plan{engine: "loop"})
	b.add(&record.Event{Name: analysis.EventInterrupted})
	html, _ := b.page()
	page := parsePage(t, html)
	for _, want := range []string{
		"No load line could be measured.", "Interrupted.", "Void: no trial was completed",
		"No search trial was completed, so there is no curve.", "No rate passed", "nothing is known of costs", "No engine was driven past its line.",
	} {
		if !strings.Contains(page.text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	for _, svg := range page.all("svg") {
		for name, value := range svg.attr {
			if strings.Contains(value, "NaN") || strings.Contains(value, "Inf") {
				t.Errorf("%s=%q", name, value)
			}
		}
	}
}

// Every chart has a name for who cannot see it and a table behind it; both
// screens get the same charts.
func TestNoChartWithoutItsTable(t *testing.T) {
	html, _ := everything(t).page()
	noChartWithoutItsTable(t, html)
}

func noChartWithoutItsTable(t *testing.T, html string) {
	t.Helper()
	page := parsePage(t, html)
	charts := 0
	for _, svg := range page.all("svg") {
		if svg.attr["role"] == "img" {
			charts++
			if len(svg.attr["aria-label"]) < 20 {
				t.Errorf("a chart is called %q", svg.attr["aria-label"])
			}
		} else if svg.attr["aria-hidden"] != "true" {
			t.Error("a picture is neither named nor hidden")
		}
	}
	if charts == 0 {
		t.Fatal("no charts")
	}
	wide, narrow, behind := 0, 0, 0
	var walk func(e *element)
	walk = func(e *element) {
		for i, c := range e.children {
			if c.has("charts") {
				for _, svg := range c.children {
					if svg.has("wide") {
						wide++
					}
					if svg.has("narrow") {
						narrow++
					}
				}
				tables := 0
				for _, after := range e.children[i:] {
					if after.name == "details" {
						tables += len(after.all("table"))
					}
				}
				if tables == 0 {
					t.Error("there is no table behind a chart")
				}
				behind++
			}
			walk(c)
		}
	}
	walk(page)
	if wide == 0 || wide != narrow {
		t.Errorf("%d charts for wide screens, %d for narrow ones", wide, narrow)
	}
	for _, table := range page.all("table") {
		columns := len(table.all("thead")[0].all("th"))
		for _, tr := range table.all("tbody")[0].all("tr") {
			if len(tr.children) != columns {
				t.Errorf("a row of %q has %d cells under %d headings", table.all("caption")[0].words(), len(tr.children), columns)
			}
		}
	}
}

var (
	geometry = regexp.MustCompile(`\s(?:points|x|y|x1|x2|y1|y2|cx|cy|r|width|height|transform)="([^"]*)"`)
	numbers  = regexp.MustCompile(`^(translate\()?-?[0-9]+(\.[0-9]+)?([ ,]-?[0-9]+(\.[0-9]+)?)*\)?$`)
)

func TestEveryCoordinateIsANumber(t *testing.T) {
	html, _ := everything(t).page()
	everyCoordinateIsANumber(t, html, 1000)
}

func everyCoordinateIsANumber(t *testing.T, html string, least int) {
	t.Helper()
	found := geometry.FindAllStringSubmatch(html, -1)
	if len(found) < least {
		t.Fatalf("only %d coordinates", len(found))
	}
	for _, m := range found {
		if !numbers.MatchString(m[1]) {
			t.Errorf("%s", m[0])
		}
	}
}

// A record may come from anybody, and so may every text in it.
func TestHostileTextStaysText(t *testing.T) {
	const evil = `"'></title></style></pre><script>alert(1)</script><img src=http://example.com/x onerror=alert(1)>`
	b := &builder{t: t, w: &model.Workload{Name: evil, Resources: []model.Resource{{Name: evil, Size: 5}}, SLO: shop.SLO}}
	b.add(&record.Meta{Command: "compare", Tool: evil, Args: []string{evil}, Engines: []string{"thread:max=200"},
		Host:      record.Host{OS: evil, Arch: evil, Kernel: evil, CPU: evil, Governor: evil, Virtual: evil, Go: evil},
		Placement: map[string]record.Role{evil: {}}, Options: map[string]any{evil: evil},
		Workload: &record.Workload{Name: evil, Source: evil, SHA256: evil}})
	p := plan{engine: "thread:max=200", gauges: map[string]float64{evil: 1, evil + ".in_use": 1}}
	for _, outcome := range []string{record.Passed, record.Failed, record.Voided, evil} {
		tr := b.trial("thread:max=200", p, 500+float64(len(outcome)), outcome == record.Failed)
		tr.Purpose, tr.Outcome, tr.Variant = record.PurposeSearch, outcome, ""
		tr.Reasons = append(tr.Reasons, evil)
		tr.Server.Resources = []record.TrialResource{{Name: evil, Size: 5, InUse: 5, FullShare: 1, Waiting: 9}}
		b.trialRows(tr, p)
		b.add(&record.Step{Trial: tr.ID, Engine: tr.Engine, Op: evil, Verb: evil, Count: 1})
	}
	past := b.trial("thread:max=200", p, 900, true)
	past.Purpose, past.Variant = evil, evil
	b.add(past)
	b.add(&record.Warning{Code: evil, Text: evil})
	b.add(&record.Warning{Engine: "thread:max=200", Code: evil, Text: evil})
	html, _ := b.page()
	staysText(t, parsePage(t, html), 20)
}

// staysText checks that script is on the page as text, so many times at least,
// and as nothing else.
func staysText(t *testing.T, page *element, least int) {
	t.Helper()
	for _, name := range []string{"script", "img", "iframe", "object"} {
		if n := len(page.all(name)); n > 0 {
			t.Errorf("%d <%s> in the page", n, name)
		}
	}
	if n := strings.Count(page.text, "alert(1)</script>"); n < least {
		t.Errorf("the text is there %d times only: something was dropped, not escaped", n)
	}
	var walk func(e *element)
	walk = func(e *element) {
		for name := range e.attr {
			if strings.HasPrefix(name, "on") {
				t.Errorf("<%s %s>", e.name, name)
			}
		}
		for _, c := range e.children {
			walk(c)
		}
	}
	walk(page)
}

func TestADamagedHistogramIsAnError(t *testing.T) {
	b := recorded(t, plan{engine: "loop", passed: []float64{100}})
	for _, rows := range b.rows.latency {
		rows[2].HDR = "AAAA"
	}
	if err := Compare(&strings.Builder{}, analysis.Derive(&b.run), &b.run, &b.rows); err == nil || !strings.Contains(err.Error(), "trial 1") {
		t.Errorf("%v; it should name the trial", err)
	}
}
