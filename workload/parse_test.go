package workload

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/model"
)

func mustParse(t testing.TB, doc string) (*model.Workload, []Warning) {
	t.Helper()
	w, warnings, err := Parse("test.yaml", []byte(doc))
	if err != nil {
		t.Fatalf("%v\nin\n%s", err, doc)
	}
	return w, warnings
}

func engines(t testing.TB, texts ...string) (list []model.EngineConfig) {
	t.Helper()
	for _, text := range texts {
		cfg, err := model.ParseEngine(text)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, cfg)
	}
	return list
}

// Everything the grammar has, against the value it must become.
func TestADocumentBecomesItsWorkload(t *testing.T) {
	src, err := os.ReadFile("testdata/everything.yaml")
	if err != nil {
		t.Fatal(err)
	}
	got, warnings := mustParse(t, string(src))
	ms := func(n float64) time.Duration { return time.Duration(n * 1e6) }
	constant := func(d time.Duration) model.Dist { return model.Dist{Kind: model.DistConstant, A: d} }
	want := &model.Workload{
		Name: "everything", About: "Two lines\nthat stay.", Seed: 18446744073709551615,
		Upstreams: []model.Upstream{
			{Name: "a", Latency: constant(ms(5))},
			{Name: "b", Latency: constant(ms(1.5))},
			{Name: "c", Latency: model.Dist{Kind: model.DistUniform, A: 0, B: ms(3)}},
			{Name: "d", Latency: model.Dist{Kind: model.DistExponential, A: ms(8)}},
			{Name: "e", Latency: model.Dist{Kind: model.DistLognormal, A: ms(400), B: ms(900)}},
			{Name: "f", Latency: model.Dist{Kind: model.DistEmpirical, Values: []time.Duration{ms(1), ms(2), 0, ms(7)}}},
			{Name: "null", Latency: constant(time.Microsecond)},
			{Name: "true", Latency: constant(time.Hour + 30*time.Minute)},
			{Name: "0x10", Latency: constant(ms(1))},
		},
		Resources: []model.Resource{{Name: "pool", Size: 50}, {Name: "lock", Size: 1, Monitor: true}, {Name: "gate", Size: 7}},
		Routes: []model.Route{
			{Name: "checkout", Path: "/pay/v1", Weight: 2.5, Steps: []model.Step{
				{Verb: model.Hold, Resource: "pool", Op: "pool", Steps: []model.Step{
					{Verb: model.Await, Upstream: "d", Op: "reserve"},
					{Verb: model.Hold, Resource: "lock", Op: "lock", Steps: []model.Step{{Verb: model.Call, Upstream: "a", Op: "a"}}},
				}},
				{Verb: model.Compute, Time: constant(150 * time.Microsecond), Op: "compute"},
				{Verb: model.Block, Time: model.Dist{Kind: model.DistExponential, A: ms(2)}, Op: "native"},
				{Verb: model.Parallel, Op: "gather", Branches: []model.Branch{
					{Steps: []model.Step{{Verb: model.Await, Upstream: "b", Op: "b"}}},
					{Steps: []model.Step{{Verb: model.Await, Upstream: "c", Op: "c"}, {Verb: model.Compute, Time: constant(ms(1)), Op: "compute"}}},
				}},
				{Verb: model.Choice, Op: "choice", Branches: []model.Branch{
					{P: 0.9, Steps: []model.Step{{Verb: model.Call, Upstream: "e", Op: "e"}}},
					{P: 0.1},
				}},
			}},
			{Name: "1", Path: "/1", Weight: 1, Steps: []model.Step{
				{Verb: model.Await, Upstream: "f", Op: "f"},
				{Verb: model.Await, Upstream: "null", Op: "null"},
				{Verb: model.Await, Upstream: "true", Op: "true"},
				{Verb: model.Hold, Resource: "gate", Op: "gate", Steps: []model.Step{{Verb: model.Await, Upstream: "0x10", Op: "0x10"}}},
			}},
		},
		Arrivals: model.Arrivals{Kind: model.Bursts, Burst: 50},
		Stages:   []model.Stage{{For: 10 * time.Second, Rate: 500}, {For: time.Minute, Rate: 0, To: 1500.5}},
		Timeout:  2 * time.Hour, InFlight: 5000,
		SLO:     model.SLO{Within: 2 * time.Hour, Ratio: 0.995, Errors: 0.001},
		Engines: engines(t, "thread:max=500,spare=50", "goroutine:http=net"),
		Rates:   []model.RateTrial{{Rate: 200, For: 5 * time.Second}, {Rate: 1200, For: 3 * time.Second}, {Rate: 200, For: time.Minute, Route: "checkout"}},
		Claim:   "What is said.",
	}
	pool, control := model.Subject{Engine: want.Engines[0]}, model.Subject{Engine: want.Engines[1]}
	most, least := func(v float64) model.Bound { return model.Bound{Most: true, Value: v} }, func(v float64) model.Bound { return model.Bound{Value: v} }
	expect := func(s model.Subject, at model.Point, measure string, b model.Bound) *model.Expectation {
		want.Expect = append(want.Expect, model.Expectation{Subject: s, At: at, Measure: measure, Bound: b})
		return &want.Expect[len(want.Expect)-1]
	}
	line, at200, checkout := model.Point{}, model.Point{Rate: 200}, model.Subject{Engine: control.Engine, Route: "checkout"}
	expect(pool, line, "load-line", least(900))
	expect(pool, line, "wall", model.Bound{Words: []string{"cpu"}, Not: true})
	expect(control, line, "load-line", least(2)).Versus = &pool
	expect(checkout, at200, "p50", most(0.005))
	expect(checkout, at200, "p99", most(0.05))
	expect(checkout, at200, "within", least(0.99))
	expect(checkout, at200, "errors", most(0.001))
	expect(checkout, at200, "memory", most(64<<20)) // the trial at 200/s that has checkout alone
	expect(model.Subject{Engine: control.Engine, Route: "1"}, model.Point{Rate: 1200}, "p99", most(0.5)).Versus = &model.Subject{Engine: pool.Engine, Route: "1"}
	expect(control, line, "wall", model.Bound{Words: []string{"cpu", "none"}})
	expect(control, line, "recovery", most(3))
	expect(control, line, "in-flight", most(100))
	expect(control, line, "threads", most(12))
	expect(control, line, "memory-per-request", most(12<<10))
	expect(control, line, "switches", most(4.5))
	expect(control, line, "cpu", most(300e-6))
	expect(control, line, "cpu-share", most(0.95))
	expect(control, model.Point{Factor: 1.5}, "goodput", least(0.8))
	expect(control, line, "stalled", most(0.01)).Step = "reserve"
	want.Control = &model.Control{Workload: *want}
	want.Control.Claim, want.Control.Control = "", nil
	want.Control.About = "Another."
	want.Control.Resources = []model.Resource{{Name: "pool", Size: 1}, {Name: "lock", Size: 1, Monitor: true}, {Name: "gate", Size: 7}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s\nwant\n%s", Format(got), Format(want))
	}
	if len(warnings) != 0 {
		t.Errorf("warnings: %v", warnings)
	}
}

func TestDefaults(t *testing.T) {
	got, warnings := mustParse(t, around+routes)
	want := &model.Workload{
		Name: "x", Seed: 1, Arrivals: model.Arrivals{Kind: model.Poisson}, Timeout: 10 * time.Second, InFlight: 10_000,
		SLO:    model.SLO{Within: time.Second, Ratio: 0.99, Errors: 0.001},
		Routes: []model.Route{{Name: "a", Path: "/a", Weight: 1, Steps: []model.Step{{Verb: model.Compute, Op: "compute", Time: model.Dist{Kind: model.DistConstant, A: time.Millisecond}}}}},
	}
	for _, spec := range model.Engines {
		want.Engines = append(want.Engines, engines(t, spec.Name)...)
	}
	if !reflect.DeepEqual(got, want) || len(warnings) != 0 {
		t.Errorf("got %+v with %v, want %+v", got, warnings, want)
	}
}

func TestLineEndingsAndByteOrderMarksMakeNoDifference(t *testing.T) {
	want, _ := mustParse(t, around+routes)
	for _, doc := range []string{
		strings.ReplaceAll(around+routes, "\n", "\r\n"),
		"\ufeff" + around + routes,
		"---\n" + around + routes + "...\n",
		"# comment\n\n" + strings.ReplaceAll(around+routes, "\n", " # comment\n"),
	} {
		if got, _ := mustParse(t, doc); !reflect.DeepEqual(got, want) {
			t.Errorf("%q reads as %+v", doc, got)
		}
	}
}

func TestSuspiciousDocumentsCarryWarnings(t *testing.T) {
	for _, c := range []struct {
		name, doc string
		code      string
		line, col int
		text      string
	}{
		{"an upstream that no step uses", around + "upstreams: {db: {latency: 1ms}}\n" + routes, WarnUnusedUpstream, 3, 13, "upstream db is defined, and no step uses it"},
		{"a resource that no step uses", around + "resources: {pool: {size: 1}}\n" + routes, WarnUnusedResource, 3, 13, "resource pool is defined"},
		{"a name used as the other kind does not count", around + "upstreams: {db: {latency: 1ms}}\nresources: {db: {size: 1}}\nroutes: {a: {steps: [{await: db}]}}\n", WarnUnusedResource, 4, 13, "resource db"},
		{"a route that is never requested", around + "routes: {a: {steps: [{compute: 1ms}]}, b: {weight: 0, steps: [{compute: 1ms}]}}\n", WarnUnusedRoute, 3, 52, "route b has weight 0"},
		{"an error share that the ratio hides", "workload: x\nslo: {within: 1s, ratio: 99%, errors: 5%}\n" + routes, WarnErrorsMoot, 2, 39, "errors of 5% are never reached: a ratio of 99%"},
		{"bursts above in-flight", around + routes + "in-flight: 10\narrivals: {bursts: 11}\n", WarnBurstCapped, 5, 20, "a burst of 11 is more than in-flight allows, 10"},
		{"opposite lock orders", around + "resources: {p: {size: 9}, q: {size: 9}}\nroutes:\n  a: {steps: [{hold: p, steps: [{hold: q, steps: [{compute: 1ms}]}]}]}\n  b: {steps: [{hold: q, steps: [{hold: p, steps: [{compute: 1ms}]}]}]}\n",
			WarnLockOrder, 6, 40, "q → p → q can deadlock"},
		{"an objective that idle requests miss", "workload: x\nslo: {within: 1s, ratio: 90%}\nupstreams: {up: {latency: {exponential: 1s}}}\nroutes: {a: {steps: [{await: up}]}}\n",
			WarnSLOUnreachable, 2, 6, "of requests end within 1s even if none of them queues: a ratio of 90% holds at no rate"},
	} {
		_, warnings := mustParse(t, c.doc)
		if len(warnings) != 1 || warnings[0].Code != c.code || warnings[0].Line != c.line || warnings[0].Column != c.col || !strings.Contains(warnings[0].Text, c.text) {
			t.Errorf("%s: warnings are %+v, want one %s at %d:%d with %q", c.name, warnings, c.code, c.line, c.col, c.text)
		}
	}
}

// Holding in the same order everywhere, however often, cannot deadlock; nor
// can holding one after another.
func TestLockOrderWarnsOfCyclesOnly(t *testing.T) {
	const body = "resources: {p: {size: 9}, q: {size: 9}, r: {size: 9}}\nroutes:\n"
	hold := func(names ...string) string {
		s := "{compute: 1ms}"
		for i := len(names) - 1; i >= 0; i-- {
			s = "{hold: " + names[i] + ", steps: [" + s + "]}"
		}
		return s
	}
	for _, c := range []struct {
		steps string
		want  string
	}{
		{hold("p", "q", "r") + ", " + hold("p", "r") + ", " + hold("q", "r"), ""},
		{hold("p") + ", " + hold("q") + ", " + hold("p") + ", " + hold("r"), ""},
		{hold("p", "q") + ", " + hold("q", "r") + ", " + hold("r", "p"), "r → p → q → r can deadlock"},
	} {
		_, warnings := mustParse(t, around+body+"  a: {steps: ["+c.steps+"]}\n")
		got := ""
		if len(warnings) > 0 {
			got = warnings[0].Text
		}
		if !strings.HasPrefix(got, c.want) || (c.want == "") != (got == "") {
			t.Errorf("%s: warns %q, want %q", c.steps, got, c.want)
		}
	}
}

func TestLoadFindsBuiltinsAndFiles(t *testing.T) {
	for _, name := range Builtins() {
		doc, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		if doc.Name != name || doc.Workload.Name != name || len(doc.Warnings) != 0 || len(doc.Source) == 0 {
			t.Errorf("%s: name %q, workload %q, warnings %v", name, doc.Name, doc.Workload.Name, doc.Warnings)
		}
	}
	file := filepath.Join(t.TempDir(), "w.yaml")
	if err := os.WriteFile(file, []byte(around+routes), 0o600); err != nil {
		t.Fatal(err)
	}
	doc, err := Load(file)
	if err != nil || doc.Name != file || string(doc.Source) != around+routes {
		t.Errorf("Load(%s) = %+v, %v", file, doc, err)
	}
}

func TestLoadSaysWhatThereIs(t *testing.T) {
	_, err := Load("black-fryday")
	if !errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), `did you mean "black-friday"`) || !strings.Contains(err.Error(), "document-qa") {
		t.Errorf("a misspelt name: %v", err)
	}
	if _, err := Load(t.TempDir()); err == nil || errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), "write the path of a YAML file") {
		t.Errorf("a directory: %v", err)
	}
	if _, err := Read("pipe", failing{}); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("a stream that fails: %v", err)
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, fs.ErrClosed }

func TestReadStopsAtTheLimit(t *testing.T) {
	r := &endless{}
	var e *Error
	if _, err := Read("pipe", r); !errors.As(err, &e) || !strings.Contains(e.Msg, "at most") {
		t.Errorf("an endless stream: %v", err)
	}
	if r.n > 2*maxBytes {
		t.Errorf("read %d bytes of an endless stream", r.n)
	}
}

type endless struct{ n int }

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '#'
	}
	e.n += len(p)
	return len(p), nil
}
