package report

import (
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/internal/golden"
	"github.com/plimsoll-dev/plimsoll/record"
)

// suite has a claim of each outcome.
func suite() *analysis.SuiteVerdict {
	bound := func(engine, outcome string, low, high float64) analysis.ExpectationVerdict {
		return analysis.ExpectationVerdict{Engine: engine, At: "1200/s", Measure: "within", Bound: "<= 50%", Unit: "share", Value: ptr((low + high) / 2), Low: ptr(low), High: ptr(high), Outcome: outcome}
	}
	ratio := analysis.ExpectationVerdict{Engine: "vthread", Route: "called", Versus: "loop", VersusRoute: "awaited", At: "1200/s", Measure: "cpu", Bound: "<= 1.3x", Unit: "ratio",
		Value: ptr(1.1), Low: ptr(1.02), High: ptr(1.19), Outcome: analysis.Met}
	past := analysis.ExpectationVerdict{Engine: "loop", At: "200%", Measure: "goodput", Bound: ">= 50%", Unit: "share", Outcome: analysis.Undone, Reason: "it was not measured"}
	return &analysis.SuiteVerdict{
		Host: record.Host{OS: "linux", Kernel: "6.1", CPU: "A CPU", Cores: 2, Go: "go1.26"}, Server: []int{0},
		Claims: []analysis.ClaimVerdict{
			{Name: "pool-saturates", Claim: "A pool of 200 threads saturates and queues while the CPU idles, however long the sentence that says so may be.", About: "Requests that wait.",
				Outcome: analysis.BorneOut, Expect: []analysis.ExpectationVerdict{bound("thread:max=200", analysis.Met, 0.161, 0.192)},
				Control: []analysis.ExpectationVerdict{bound("thread:max=400", analysis.Missed, 0.998, 1)}, ControlAbout: "The same with 400 threads."},
			{Name: "vthreads-carry-calls", Claim: "Virtual threads carry calls.", About: "Requests that call | await.", Outcome: analysis.NotBorneOut, Reason: "it holds in the control, too",
				Expect: []analysis.ExpectationVerdict{ratio}, Control: []analysis.ExpectationVerdict{ratio}},
			{Name: "goodput", Claim: "A loop goes on.", Outcome: analysis.Void, Reason: "goodput of loop: it was not measured", Expect: []analysis.ExpectationVerdict{past}, Control: []analysis.ExpectationVerdict{}},
		},
	}
}

func TestClaimsReadAsMeant(t *testing.T) {
	for file, write := range map[string]func(io.Writer, *analysis.SuiteVerdict) error{"claims.golden": Claims, "claims.md": ClaimsMarkdown} {
		var out strings.Builder
		if err := write(&out, suite()); err != nil {
			t.Fatal(err)
		}
		golden.Check(t, file, out.String())
	}
}

func TestExpectationsAndRatesReadAsMeant(t *testing.T) {
	v := complete()
	v.Searched = false
	at := analysis.AtRate{AtLine: *v.Engines[0].AtLine, Within: 0.9987, Routes: []analysis.RouteRate{
		{Name: "light", Within: 1, P50MS: 0.4, P99MS: 12}, {Name: "slow", Within: 0.99, ErrorRatio: 0.002, P50MS: 250, P99MS: 1410},
	}, Disturbed: []string{"generator: up to 15.3 ms late with its requests"}}
	at.Rate = 1200
	alone := at
	alone.Route, alone.Routes, alone.Disturbed = "slow", at.Routes[1:], nil
	v.Engines[0].Rates, v.Engines[1].Rates = []analysis.AtRate{at, alone}, []analysis.AtRate{at}
	for _, c := range suite().Claims {
		v.Expectations = append(append(v.Expectations, c.Expect...), c.Control...)
	}
	v.Expectations = append(v.Expectations,
		analysis.ExpectationVerdict{Engine: "loop", At: "line", Measure: "wall", Bound: "not cpu", Unit: "word", Word: "loop-stalled", Outcome: analysis.Met},
		analysis.ExpectationVerdict{Engine: "loop", At: "line", Measure: "load-line", Bound: ">= 900/s", Unit: "1/s", Value: ptr(1000.0), Low: ptr(1000.0), Outcome: analysis.Met},
		analysis.ExpectationVerdict{Engine: "loop", At: "line", Step: "parse", Measure: "memory", Bound: "<= 64MiB", Unit: "bytes", Value: ptr(43e6), Low: ptr(43e6), High: ptr(43e6), Outcome: analysis.Met},
		analysis.ExpectationVerdict{Engine: "loop", At: "200/s", Route: "light", Measure: "p99", Bound: "<= 50ms", Unit: "s", Value: ptr(0.03), Low: ptr(0.0), High: ptr(0.061), Outcome: analysis.Undone, Reason: "the measuring was disturbed: generator: late"},
	)
	var out strings.Builder
	if err := Compare(&out, v); err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "expect.golden", out.String())
	for l := range strings.Lines(out.String()) {
		if n := utf8.RuneCountInString(strings.TrimRight(l, "\n")); n > 120 {
			t.Errorf("%d characters: %s", n, l)
		}
	}
}
