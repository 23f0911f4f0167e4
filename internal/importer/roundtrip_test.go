package importer

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/importer/span"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/workload"
)

const shop = `
workload: shop
upstreams:
  payment:     {latency: {lognormal: {p50: 40ms, p99: 90ms}}}
  db:          {latency: {exponential: 8ms}}
  tax:         {latency: 20ms}
  fraud-score: {latency: {uniform: {from: 10ms, to: 40ms}}}
  printer:     {latency: 5ms}
routes:
  search:
    weight: 3
    steps:
      - await: db
      - compute: {exponential: 2ms}
  checkout:
    weight: 1
    steps:
      - compute: 1ms
      - await: db
        op: reserve
      - parallel:
          - [{await: fraud-score}, {compute: 3ms}]
          - [{await: tax}]
      - await: payment
      - choice:
          - p: 80%
            steps: []
          - p: 20%
            steps: [{await: printer}, {compute: 2ms}]
slo: {within: 1s}
`

func parse(t *testing.T, doc string) *model.Workload {
	t.Helper()
	w, _, err := workload.Parse("test.yaml", []byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// mapped imports spans, and reads the document that comes out.
func mapped(t *testing.T, spans []span.Span, o Options) (*model.Workload, *Result) {
	t.Helper()
	tr := NewTraces("test")
	for i := range spans {
		tr.Add(&spans[i])
	}
	if o.Waits == 0 {
		o.Waits = model.Await
	}
	res, err := tr.Workload(o)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := res.Document()
	if err != nil {
		t.Fatalf("%v\n%s", err, workload.FormatCommented(res.Workload, res.Comments))
	}
	return parse(t, string(doc)), res
}

// outline is the structure of steps without their times.
func outline(steps []model.Step) string {
	var out []string
	for _, s := range steps {
		switch s.Verb {
		case model.Await, model.Call:
			text := s.Verb.String() + " " + s.Upstream
			if s.Op != s.Upstream {
				text += "/" + s.Op
			}
			out = append(out, text)
		case model.Hold:
			out = append(out, outline(s.Steps))
		case model.Parallel, model.Choice:
			var branches []string
			for _, b := range s.Branches {
				branches = append(branches, outline(b.Steps))
			}
			slices.Sort(branches) // their order means nothing
			out = append(out, s.Verb.String()+"("+strings.Join(branches, " | ")+")")
		default:
			out = append(out, s.Verb.String())
		}
	}
	return strings.Join(out, ", ")
}

func TestATraceOfAWorkloadComesBackAsItsStructure(t *testing.T) {
	w := parse(t, shop)
	got, res := mapped(t, generate(w, 20_000), Options{})
	if len(res.Unmapped) != 0 {
		t.Errorf("not mapped: %v", res.Unmapped)
	}
	for i := range w.Routes {
		r := got.Route(w.Routes[i].Name)
		if r == nil {
			t.Fatalf("no route %s", w.Routes[i].Name)
		}
		if g, want := outline(r.Steps), outline(w.Routes[i].Steps); g != want {
			t.Errorf("%s:\n%s\nwant\n%s", r.Name, g, want)
		}
	}
	close := func(what string, got, want, within float64) {
		t.Helper()
		if math.Abs(got-want) > within*want {
			t.Errorf("%s: %.4g, want %.4g", what, got, want)
		}
	}
	// 20,000 draws: the mean of an exponential is then known to 0.7 %, twice that is
	// allowed, and a weight of a quarter to 1.2 %.
	close("weights", got.Route("search").Weight/got.Route("checkout").Weight, 3, 0.05)
	for _, u := range w.Upstreams {
		g := got.Upstream(u.Name).Latency
		close("mean of "+u.Name, float64(g.Mean()), float64(u.Latency.Mean()), 0.02)
		close("median of "+u.Name, float64(g.Quantile(0.5)), float64(u.Latency.Quantile(0.5)), 0.04)
		close("p95 of "+u.Name, float64(g.Quantile(0.95)), float64(u.Latency.Quantile(0.95)), 0.05)
	}
	for _, s := range got.Route("checkout").Steps {
		if s.Verb == model.Choice {
			close("choice", s.Branches[len(s.Branches)-1].P, 0.2, 0.1)
		}
	}
}

// What a document asks for survives for every built-in workload: residence time, waiting, own
// time and the requests sent to each upstream. Holds are not in spans, and block looks like compute.
func TestBuiltinsComeBackWithTheirDemand(t *testing.T) {
	for _, name := range workload.Builtins() {
		doc, err := workload.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		w := doc.Workload
		got, _ := mapped(t, generate(w, 8000), Options{})
		want, have := workload.Demand(w), workload.Demand(got)
		for i, r := range w.Routes {
			if r.Weight == 0 {
				continue
			}
			a := want.Routes[r.Name]
			route := routeOf(got, w.Routes[i].Path)
			if route == nil {
				t.Errorf("%s: no route for %s", name, r.Path)
				continue
			}
			b := have.Routes[route.Name]
			// A rare route has few draws, and a thousand of an exponential know its mean to 3 %.
			for _, c := range []struct {
				what       string
				have, want time.Duration
			}{{"residence", b.Residence, a.Residence}, {"own time", b.CPU, a.CPU + a.Block}, {"waiting", b.Await, a.Await + a.Call}} {
				if math.Abs(float64(c.have-c.want)) > 0.05*float64(a.Residence) {
					t.Errorf("%s %s: %s %s, want %s", name, r.Name, c.what, c.have, c.want)
				}
			}
			if g, w := total(b.Upstreams), total(a.Upstreams); math.Abs(g-w) > 0.05*w+1e-9 {
				t.Errorf("%s %s: %.3f requests to upstreams, want %.3f", name, r.Name, g, w)
			}
		}
	}
}

func total(m map[string]float64) (sum float64) {
	for _, v := range m {
		sum += v
	}
	return sum
}

func routeOf(w *model.Workload, path string) *model.Route {
	return w.Route(plain(path))
}

func TestClientSpansAreCallsIfAsked(t *testing.T) {
	got, _ := mapped(t, generate(parse(t, shop), 100), Options{Waits: model.Call})
	if s := outline(got.Route("search").Steps); s != "call db, compute" {
		t.Error(s)
	}
}

func TestTheSameSpansGiveTheSameDocument(t *testing.T) {
	spans := generate(parse(t, shop), 500)
	_, first := mapped(t, spans, Options{})
	slices.Reverse(spans)
	_, second := mapped(t, spans, Options{})
	a, _ := first.Document()
	b, _ := second.Document()
	if string(a) != string(b) {
		t.Errorf("the order of spans in a file matters:\n%s\n%s", a, b)
	}
}

func TestMemoryIsBoundedByKeepingWholeTraces(t *testing.T) {
	w := parse(t, shop)
	spans := generate(w, 20_000)
	tr := NewTraces("test")
	tr.max = 10_000
	for i := range spans {
		tr.Add(&spans[i])
		if tr.kept > tr.max {
			t.Fatalf("%d spans kept, at most %d may be", tr.kept, tr.max)
		}
	}
	res, err := tr.Workload(Options{Waits: model.Await})
	if err != nil {
		t.Fatal(err)
	}
	if s := outline(res.Workload.Route("search").Steps); s != "await db, compute" {
		t.Error(s)
	}
	ratio := res.Workload.Route("search").Weight / res.Workload.Route("checkout").Weight
	if math.Abs(ratio-3) > 0.5 {
		t.Errorf("search is %.2f times as frequent as checkout, want 3", ratio)
	}
	if want := lostSampled; len(res.Unmapped) == 0 || res.Unmapped[0].What != want || res.Unmapped[0].N != len(spans)-tr.kept {
		t.Errorf("not mapped: %v", res.Unmapped)
	}
}
