package workload

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/plimsoll-dev/plimsoll/model"
)

func TestFormatIsReadBackToTheSameWorkload(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorkload(t)
		doc := Format(w)
		got, _, err := Parse("formatted.yaml", doc)
		if err != nil {
			t.Fatalf("%v\nin\n%s", err, doc)
		}
		if !reflect.DeepEqual(got, w) {
			t.Fatalf("read back as\n%+v\nwant\n%+v\nfrom\n%s", got, w, doc)
		}
	})
}

func TestBuiltinsSurviveFormat(t *testing.T) {
	for _, name := range Builtins() {
		doc, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := mustParse(t, string(Format(doc.Workload))); !reflect.DeepEqual(got, doc.Workload) {
			t.Errorf("%s changed:\n%s", name, Format(doc.Workload))
		}
	}
}

// drawWorkload draws any workload that Parse could return.
func drawWorkload(t *rapid.T) *model.Workload {
	name := rapid.OneOf(
		rapid.StringMatching(`[A-Za-z0-9]([A-Za-z0-9._-]{0,6}[A-Za-z0-9])?`),
		// What YAML takes for something else than text, or reads in bases and exponents.
		rapid.SampledFrom([]string{"null", "Null", "NULL", "true", "no", "0x1f", "1e3", "0o17", "1_000", "007", "2024-01-01", "1.5", "0b1", "y"}),
	)
	names := func(min int, label string) []string {
		return rapid.SliceOfNDistinct(name, min, 4, rapid.ID[string]).Draw(t, label)
	}
	g := &drawer{T: t, name: name, ups: names(1, "upstreams"), res: names(1, "resources")}
	w := &model.Workload{
		Name: name.Draw(t, "name"), About: strings.TrimSpace(rapid.OneOf(
			rapid.StringMatching(`([a-z#:'"&*!{}%@-]{0,8} ?\n?){0,8}`),
			rapid.StringOf(rapid.RuneFrom([]rune("ab \n\t\"\\:#-é→"))),
		).Draw(t, "about")),
		Seed:     rapid.Uint64().Draw(t, "seed"),
		Timeout:  g.time("timeout"),
		InFlight: rapid.IntRange(1, maxInFlight).Draw(t, "in-flight"),
	}
	for _, n := range g.ups {
		w.Upstreams = append(w.Upstreams, model.Upstream{Name: n, Latency: g.dist()})
	}
	for _, n := range g.res {
		r := model.Resource{Name: n, Size: rapid.IntRange(1, maxSize).Draw(t, "size"), Monitor: rapid.Bool().Draw(t, "monitor")}
		if r.Monitor {
			r.Size = 1
		} else {
			r.Shared = rapid.Bool().Draw(t, "shared")
		}
		w.Resources = append(w.Resources, r)
	}
	for i, n := range names(1, "routes") {
		w.Routes = append(w.Routes, model.Route{
			Name: n, Path: fmt.Sprintf("/%d%s", i, rapid.StringMatching(`(/[A-Za-z0-9_~-]{1,4}){0,2}/?`).Draw(t, "path")),
			Weight: rapid.Float64Range(0.001, maxWeight).Draw(t, "weight"), Steps: g.steps(0, nil),
		})
	}
	w.Arrivals = rapid.SampledFrom([]model.Arrivals{{Kind: model.Poisson}, {Kind: model.Constant}, {Kind: model.Bursts, Burst: 7}}).Draw(t, "arrivals")
	for range rapid.IntRange(0, 3).Draw(t, "stages") {
		w.Stages = append(w.Stages, model.Stage{For: g.time("for"), Rate: rapid.Float64Range(0.001, MaxRate).Draw(t, "rate"),
			To: rapid.OneOf(rapid.Just(0.0), rapid.Float64Range(0.001, MaxRate)).Draw(t, "to")})
	}
	w.SLO = model.SLO{Within: min(g.time("within"), w.Timeout), Ratio: rapid.Float64Range(1e-6, 1).Draw(t, "ratio"), Errors: rapid.Float64Range(0, 1).Draw(t, "errors")}
	for _, text := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"thread", "thread:max=500,spare=50", "thread:queue=100,idle=90s", "goroutine", "goroutine:http=net"}), 1, 3, rapid.ID[string]).Draw(t, "engines") {
		cfg, err := model.ParseEngine(text)
		if err != nil {
			t.Fatal(err)
		}
		w.Engines = append(w.Engines, cfg)
	}
	g.measurements(w)
	w.Claim = rapid.SampledFrom([]string{"", "It's said: \"so\" #1", "a - b"}).Draw(t, "claim")
	if len(w.Expect) > 0 && rapid.Bool().Draw(t, "control") {
		w.Control = &model.Control{Same: rapid.Bool().Draw(t, "same"), Workload: *w}
		c := &w.Control.Workload
		c.Claim, c.Control = "", nil
		c.About = rapid.SampledFrom([]string{w.About, "", "other"}).Draw(t, "about of the control")
		c.Expect = w.Expect[:1]
		if !w.Control.Same {
			c.Seed++
		}
	}
	return w
}

// measurements draws rates and expectations.
func (g *drawer) measurements(w *model.Workload) {
	for i := range rapid.IntRange(0, 3).Draw(g.T, "rates") {
		w.Rates = append(w.Rates, model.RateTrial{Rate: float64(i) + rapid.Float64Range(0.001, 0.999).Draw(g.T, "rate"), For: time.Duration(rapid.IntRange(1, 90).Draw(g.T, "for")) * time.Second,
			Route: rapid.SampledFrom([]string{"", w.Routes[0].Name}).Draw(g.T, "route")})
	}
	w.NoSearch = len(w.Rates) > 0 && rapid.Bool().Draw(g.T, "no search")
	for range rapid.IntRange(0, 3).Draw(g.T, "expectations") {
		m := rapid.SampledFrom(model.Measures).Draw(g.T, "measure")
		e := model.Expectation{Measure: m.Name, Subject: model.Subject{Engine: rapid.SampledFrom(w.Engines).Draw(g.T, "engine")}}
		switch {
		case m.Rate && len(w.Rates) > 0:
			r := rapid.SampledFrom(w.Rates).Draw(g.T, "at")
			e.At.Rate, e.Route = r.Rate, r.Route
		case w.NoSearch:
			continue
		case m.Past:
			e.At.Factor = rapid.SampledFrom(model.Overloads).Draw(g.T, "at")
		case m.Route:
			e.Route = rapid.SampledFrom([]string{"", w.Routes[0].Name}).Draw(g.T, "route")
		}
		if other := w.Engines[0]; m.Unit != model.UnitWord && other.String() != e.Engine.String() {
			e.Versus = &model.Subject{Engine: other, Route: e.Route}
		}
		e.Bound = model.Bound{Most: rapid.Bool().Draw(g.T, "most")}
		switch {
		case m.Unit == model.UnitWord:
			e.Bound = model.Bound{Words: rapid.SampledFrom([][]string{{"cpu"}, {"cpu", "none"}}).Draw(g.T, "words")}
			e.Bound.Not = len(e.Bound.Words) == 1 && rapid.Bool().Draw(g.T, "not")
		case e.Versus != nil, m.Unit == model.UnitNumber, m.Unit == model.UnitBytes:
			e.Bound.Value = rapid.Float64Range(0, 1e9).Draw(g.T, "bound")
		case m.Unit == model.UnitTime:
			e.Bound.Value = (time.Duration(rapid.IntRange(0, 1e6).Draw(g.T, "bound")) * time.Microsecond).Seconds()
		default:
			e.Bound.Value = rapid.Float64Range(0, 1).Draw(g.T, "bound")
		}
		w.Expect = append(w.Expect, e)
	}
}

type drawer struct {
	*rapid.T
	name     *rapid.Generator[string]
	ups, res []string
}

func (g *drawer) time(label string) time.Duration {
	return time.Duration(rapid.Int64Range(1, int64(MaxTime)).Draw(g.T, label))
}

func (g *drawer) dist() model.Dist {
	switch a := g.time("a"); rapid.IntRange(0, 4).Draw(g.T, "kind") {
	case 0:
		return model.Dist{Kind: model.DistConstant, A: a}
	case 1:
		return model.Dist{Kind: model.DistExponential, A: a}
	case 2:
		from := time.Duration(rapid.Int64Range(0, int64(a)-1).Draw(g.T, "from"))
		return model.Dist{Kind: model.DistUniform, A: from, B: a}
	case 3:
		a = a/2 + 1
		most := min(int64(a)*maxTail-1, int64(MaxTime))
		return model.Dist{Kind: model.DistLognormal, A: a, B: time.Duration(rapid.Int64Range(int64(a)+1, max(most, int64(a)+1)).Draw(g.T, "p99"))}
	default:
		d := model.Dist{Kind: model.DistEmpirical, Values: []time.Duration{a}}
		for range rapid.IntRange(0, 3).Draw(g.T, "values") {
			d.Values = append(d.Values, g.time("value"))
		}
		return d
	}
}

func (g *drawer) op(otherwise string) string {
	return rapid.OneOf(rapid.Just(otherwise), g.name).Draw(g.T, "op")
}

// steps draws steps that do not hold again what is held.
func (g *drawer) steps(depth int, held []string) (steps []model.Step) {
	for range rapid.IntRange(1, 3).Draw(g.T, "steps") {
		steps = append(steps, g.step(depth, held))
	}
	return steps
}

func (g *drawer) step(depth int, held []string) model.Step {
	verbs := []model.Verb{model.Await, model.Call, model.Compute, model.Block}
	var free []string
	for _, r := range g.res {
		if !slices.Contains(held, r) {
			free = append(free, r)
		}
	}
	if depth < 3 {
		verbs = append(verbs, model.Parallel, model.Choice)
		if len(free) > 0 {
			verbs = append(verbs, model.Hold)
		}
	}
	s := model.Step{Verb: rapid.SampledFrom(verbs).Draw(g.T, "verb")}
	switch s.Verb {
	case model.Await, model.Call:
		s.Upstream = rapid.SampledFrom(g.ups).Draw(g.T, "upstream")
		s.Op = g.op(s.Upstream)
	case model.Compute, model.Block:
		s.Time, s.Op = g.dist(), g.op(s.Verb.String())
	case model.Hold:
		s.Resource = rapid.SampledFrom(free).Draw(g.T, "resource")
		s.Op = s.Resource
		s.Steps = g.steps(depth+1, append(held[:len(held):len(held)], s.Resource))
	case model.Parallel:
		s.Op = g.op("parallel")
		for range rapid.IntRange(2, 3).Draw(g.T, "branches") {
			s.Branches = append(s.Branches, model.Branch{Steps: g.steps(depth+1, held)})
		}
	case model.Choice:
		s.Op = "choice"
		p := rapid.Float64Range(0.001, 0.999).Draw(g.T, "p")
		s.Branches = []model.Branch{{P: p, Steps: g.steps(depth+1, held)}, {P: 1 - p}}
	}
	return s
}
