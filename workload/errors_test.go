package workload

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/plimsoll-dev/plimsoll/internal/golden"
)

// rest completes a document to which one part is given.
const (
	slo    = "slo: {within: 1s}\n"
	routes = "routes: {a: {steps: [{compute: 1ms}]}}\n"
	around = "workload: x\n" + slo
)

// withSteps is a document with the steps at its end, in flow style.
func withSteps(steps string) string {
	return "workload: x\n" + slo + "upstreams: {up: {latency: 1ms}}\nresources: {pool: {size: 5}, other: {size: 5}}\nroutes:\n  a: {steps: [{await: up}, {hold: pool, steps: [{call: up}]}, {hold: other, steps: [{block: 1ms}]}]}\n  b:\n    steps: " + steps + "\n"
}

func withLatency(dist string) string {
	return around + "upstreams: {up: {latency: " + dist + "}}\nroutes: {a: {steps: [{await: up}]}}\n"
}

// withExpect is a document with expectations.
func withExpect(list string) string {
	return around + "routes: {a: {steps: [{compute: 1ms}]}, b: {steps: [{compute: 1ms}]}}\nengines: [thread, goroutine]\nrates: [200, {rate: 70, route: b}]\nexpect: " + list + "\n"
}

// badDocuments are documents with one fault each, with « where the error must
// point.
var badDocuments = []struct{ name, doc string }{
	// The document as a whole.
	{"empty file", "«"},
	{"only comments", "«# nothing\n"},
	{"only a text", "«hello\n"},
	{"a list", "«- a\n"},
	{"a number where keys should be", "«3\n"},
	{"two documents", around + routes + "---\n«workload: y\n"},
	{"not UTF-8", "workload: x«\xff\n"},
	{"UTF-16", "«\xff\xfew\x00o\x00"},
	{"control character", "workload: «\x1b[31mx\n"},
	{"lone carriage return", "workload: x«\rseed: 1\n"},
	{"tab as indentation", "workload: x\nslo:\n«\twithin: 1s\n"},
	{"unclosed bracket", "workload: x\nengines: «[thread\n"},
	{"unclosed quote", "workload: «'x\n"},
	{"two colons", "workload: «x: y\n"},
	{"anchor", around + "routes: «&r {a: {steps: [{compute: 1ms}]}}\n"},
	{"alias", around + routes + "stages: «*s\n"},
	{"merge key", around + "routes: {a: {«<<: 1}}\n"},
	{"tag", "workload: «!!str x\n"},
	{"directive", "«%YAML 1.2\n---\nworkload: x\n"},
	{"complex key", "«? workload\n: x\n"},
	{"deep brackets", "workload: " + strings.Repeat("[", maxNesting) + "«[\n"},
	{"deep dashes", "workload:\n" + strings.Repeat("- ", maxNesting) + "«- x\n"},
	{"very large", "«workload: x\n" + strings.Repeat("# padding\n", maxBytes/10)},

	{"very many keys", strings.Repeat("a: 1\n", maxKeys) + "a«: 1\n"},

	// Keys.
	{"unknown key", around + routes + "«timeot: 5s\n"},
	{"unknown key that resembles none", around + routes + "«x: 5s\n"},
	{"duplicate key", around + routes + "«slo: {within: 2s}\n"},
	{"duplicate quoted key", around + routes + "«\"slo\": {within: 2s}\n"},
	{"key without value", around + routes + "«timeout:\n"},
	{"key with null", around + routes + "«timeout: ~\n"},
	{"list as key", around + "routes: {[a]«: 1}\n"},
	{"no name", "«routes: {a: {steps: [{compute: 1ms}]}}\n" + slo},
	{"no routes", "«workload: x\n" + slo},
	{"no slo", "«workload: x\n" + routes},
	{"bad name", "workload: «black friday\n" + slo + routes},
	{"name with a path", "workload: «../x\n" + slo + routes},
	{"name that is a list", "workload: «[x]\n" + slo + routes},
	{"about that is a mapping", around + routes + "about: «{a: b}\n"},
	{"seed below zero", around + routes + "seed: «-1\n"},
	{"seed with a fraction", around + routes + "seed: «1.5\n"},

	// Times, rates, shares, counts.
	{"time without unit", around + routes + "timeout: «5\n"},
	{"time with a fraction without unit", around + routes + "timeout: «0.5\n"},
	{"time with a space", around + routes + "timeout: «5 s\n"},
	{"time in words", around + routes + "timeout: «2min\n"},
	{"time with an unknown unit", around + routes + "timeout: «2fortnights\n"},
	{"time that is text", around + routes + "timeout: «soon\n"},
	{"time below zero", around + routes + "timeout: «-5s\n"},
	{"time of zero", around + routes + "timeout: «0s\n"},
	{"time of bare zero", around + routes + "timeout: «0\n"},
	{"time too long", around + routes + "timeout: «25h\n"},
	{"time past what Go can hold", around + routes + "timeout: «99999999h\n"},
	{"time that is a list", around + routes + "timeout: «[5s]\n"},
	{"within after the timeout", "workload: x\n" + routes + "timeout: 5s\nslo: {within: «6s}\n"},
	{"ratio above one", "workload: x\n" + routes + "slo: {within: 1s, ratio: «99}\n"},
	{"ratio above 100 %", "workload: x\n" + routes + "slo: {within: 1s, ratio: «101%}\n"},
	{"ratio below zero", "workload: x\n" + routes + "slo: {within: 1s, ratio: «-0.5}\n"},
	{"ratio of zero", "workload: x\n" + routes + "slo: {within: 1s, ratio: «0}\n"},
	{"ratio that is text", "workload: x\n" + routes + "slo: {within: 1s, ratio: «most}\n"},
	{"ratio that is not a number", "workload: x\n" + routes + "slo: {within: 1s, ratio: «.nan}\n"},
	{"errors in exponents", "workload: x\n" + routes + "slo: {within: 1s, errors: «1e-3}\n"},
	{"slo without within", "workload: x\n" + routes + "slo: «{ratio: 99%}\n"},
	{"slo that is a time", "workload: x\n" + routes + "slo: «1s\n"},
	{"in-flight of zero", around + routes + "in-flight: «0\n"},
	{"in-flight with a fraction", around + routes + "in-flight: «1.5\n"},
	{"stages that are a mapping", around + routes + "stages: «{for: 10s, rate: 5}\n"},
	{"no stages", around + routes + "stages: «[]\n"},
	{"stage without rate", around + routes + "stages: [«{for: 10s}]\n"},
	{"rate per minute", around + routes + "stages: [{for: 10s, rate: «5/m}]\n"},
	{"rate below zero", around + routes + "stages: [{for: 10s, rate: «-5}]\n"},
	{"rate beyond all generators", around + routes + "stages: [{for: 10s, rate: «2000000}]\n"},
	{"ramp to zero", around + routes + "stages: [{for: 10s, rate: 5, to: «0}]\n"},
	{"nothing arrives", around + routes + "stages: «[{for: 10s, rate: 0}]\n"},
	{"unknown arrivals", around + routes + "arrivals: «poison\n"},
	{"bursts without a size", around + routes + "arrivals: «bursts\n"},
	{"bursts of zero", around + routes + "arrivals: {bursts: «0}\n"},
	{"unknown engine", around + routes + "engines: [«thraed]\n"},
	{"unknown engine option", around + routes + "engines:\n  - goroutine\n  - «thread:mx=3\n"},
	{"engine with a space", around + routes + "engines:\n  - «thread: max=200\n"},
	{"engine twice", around + routes + "engines: [thread, «thread:max=200]\n"},
	{"no engines", around + routes + "engines: «[]\n"},
	{"engines that are text", around + routes + "engines: «thread\n"},

	// Rates, expectations, controls.
	{"rates that are a number", around + routes + "rates: «200\n"},
	{"no rates", around + routes + "rates: «[]\n"},
	{"rate of zero", around + routes + "rates: [«0]\n"},
	{"rate twice", around + routes + "rates: [200, «200/s]\n"},
	{"rate of an unknown route", around + routes + "rates: [{rate: 5, route: «b}]\n"},
	{"rate with a unit missing", around + routes + "rates: [{rate: 5, for: «3}]\n"},
	{"rate for half a second", around + routes + "rates: [{rate: 5, for: «500ms}]\n"},
	{"neither search nor rates", around + routes + "search: «false\n"},
	{"expectations that are a mapping", withExpect("«{engine: thread, load-line: \">= 5\"}")},
	{"no expectations", withExpect("«[]")},
	{"expectation of no engine", withExpect("[«{load-line: \">= 5\"}]")},
	{"expectation of an engine that is not compared", withExpect("[{engine: «thread:max=20, load-line: \">= 5\"}]")},
	{"expectation of no such engine", withExpect("[{engine: «treads, load-line: \">= 5\"}]")},
	{"expectation without a bound", withExpect("[«{engine: thread}]")},
	{"unknown measure", withExpect("[{engine: thread, «load-lien: \">= 5\"}]")},
	{"bound without a direction", withExpect("[{engine: thread, load-line: «900/s}]")},
	{"bound without quotes", around + routes + "expect:\n  - engine: thread\n    load-line: «>= 900/s\n"},
	{"bound without quotes in braces", withExpect("[{engine: thread, load-line: «>= 900/s}]")},
	{"bound of nothing", withExpect("[{engine: thread, load-line: «\">=\"}]")},
	{"bound on a rate in another unit", withExpect("[{engine: thread, load-line: «\">= 5ms\"}]")},
	{"bound on a time without a unit", withExpect("[{engine: thread, p99: «\"<= 50\"}]")},
	{"bound on a share above one", withExpect("[{engine: thread, errors: «\"<= 5\"}]")},
	{"bound on a size without a unit", withExpect("[{engine: thread, memory: «\"<= 64\"}]")},
	{"bound on a number with a unit", withExpect("[{engine: thread, threads: «\"<= 64 MiB\"}]")},
	{"ratio to nothing", withExpect("[{engine: thread, load-line: «\">= 2x\"}]")},
	{"ratio that is none", withExpect("[{engine: thread, versus: goroutine, load-line: «\">= 900/s\"}]")},
	{"ratio of words", withExpect("[{engine: thread, versus: «goroutine, wall: cpu}]")},
	{"compared with itself", withExpect("[{engine: thread, versus: «thread, load-line: \">= 2x\"}]")},
	{"compared with an engine that is not compared", withExpect("[{engine: thread, versus: «thread:max=20, load-line: \">= 2x\"}]")},
	{"unknown wall", withExpect("[{engine: thread, wall: «thread-poll}]")},
	{"several walls and a not", withExpect("[{engine: thread, wall: [cpu, «not none]}]")},
	{"no wall", withExpect("[{engine: thread, wall: «[]}]")},
	{"rate that is not measured", withExpect("[{engine: thread, at: «300/s, p99: \"<= 50ms\"}]")},
	{"multiple that is not measured", withExpect("[{engine: thread, at: «130%, goodput: \">= 50%\"}]")},
	{"load line at a rate", withExpect("[{engine: thread, at: «200/s, load-line: \">= 5\"}]")},
	{"latency past the line", withExpect("[{engine: thread, at: «200%, p99: \"<= 50ms\"}]")},
	{"goodput at the line", withExpect("[{engine: thread, goodput: «\">= 50%\"}]")},
	{"unknown route expected", withExpect("[{engine: thread, route: «c, p99: \"<= 50ms\"}]")},
	{"memory of a route", withExpect("[{engine: thread, route: a, memory: «\"<= 50MiB\"}]")},
	{"memory of a route among others", withExpect("[{engine: thread, route: a, at: «200/s, memory: \"<= 50MiB\"}]")},
	{"all routes at the rate of one", withExpect("[{engine: thread, at: «70/s, p99: \"<= 50ms\"}]")},
	{"step of a latency", withExpect("[{engine: thread, step: «compute, p99: \"<= 50ms\"}]")},
	{"unknown step", withExpect("[{engine: thread, step: «parse, stalled: \"<= 1%\"}]")},
	{"line without a search", around + routes + "rates: [200]\nsearch: false\nexpect: [{engine: thread, load-line: «\">= 5\"}]\n"},
	{"claim that is a list", around + routes + "claim: «[a]\n"},
	{"control without expectations", around + routes + "control: «{engines: [thread]}\n"},
	{"control of nothing", withExpect("[{engine: thread, load-line: \">= 5\"}]") + "control: «{}\n"},
	{"control with a name", withExpect("[{engine: thread, load-line: \">= 5\"}]") + "control: {«workload: y}\n"},
	{"control without the engine expected", withExpect("[{engine: «thread, load-line: \">= 5\"}]") + "control: {engines: [goroutine]}\n"},

	// Upstreams and resources.
	{"upstreams that are a list", around + routes + "upstreams: «[a]\n"},
	{"upstream that is a time", around + routes + "upstreams: {a: «5ms}\n"},
	{"upstream without latency", around + routes + "upstreams: {a: «{}}\n"},
	{"upstream twice", around + routes + "upstreams:\n  a: {latency: 1ms}\n  «a: {latency: 2ms}\n"},
	{"unknown distribution", withLatency("{«lognorml: {p50: 1ms, p99: 2ms}}")},
	{"two distributions", withLatency("«{constant: 1ms, exponential: 1ms}")},
	{"no distribution", withLatency("«{}")},
	{"list as distribution", withLatency("«[1ms, 2ms]")},
	{"p99 below p50", withLatency("{lognormal: {p50: 5ms, p99: «2ms}}")},
	{"p99 at p50", withLatency("{lognormal: {p50: 5ms, p99: «5ms}}")},
	{"p99 beyond measure", withLatency("{lognormal: {p50: 1ms, p99: «10s}}")},
	{"lognormal without p99", withLatency("{lognormal: «{p50: 5ms}}")},
	{"lognormal that is a time", withLatency("{lognormal: «5ms}")},
	{"uniform backwards", withLatency("{uniform: {from: 5ms, to: «1ms}}")},
	{"uniform with a unit missing", withLatency("{uniform: {from: «1, to: 2ms}}")},
	{"empirical without values", withLatency("{empirical: «[]}")},
	{"empirical of zeros", withLatency("{empirical: «[0s, 0s]}")},
	{"empirical with a number", withLatency("{empirical: [1ms, «2]}")},
	{"pareto without a mean", withLatency("{«pareto: {alpha: 0.9, min: 1ms}}")},
	{"exponential of zero", withLatency("{exponential: «0s}")},
	{"resource that is a number", around + routes + "resources: {a: «50}\n"},
	{"resource without size", around + routes + "resources: {a: «{}}\n"},
	{"resource of size zero", around + routes + "resources: {a: {size: «0}}\n"},
	{"resource of half a slot", around + routes + "resources: {a: {size: «0.5}}\n"},
	{"monitor that is not a boolean", around + routes + "resources: {a: {monitor: «yes}}\n"},
	{"shared that is not a boolean", around + routes + "resources: {a: {size: 2, shared: «yes}}\n"},
	{"monitor that is shared", around + routes + "resources: {a: {monitor: true, shared: «true}}\n"},
	{"monitor with a size", around + routes + "resources: {a: {monitor: true, size: «2}}\n"},

	// Routes and steps.
	{"routes that are a list", around + "routes: «[a]\n"},
	{"routes without any", around + "routes: «{}\n"},
	{"route without steps", around + "routes: {a: «{weight: 3}}\n"},
	{"route that is a list", around + "routes: {a: «[{compute: 1ms}]}\n"},
	{"weight zero everywhere", around + "routes:\n  «a: {weight: 0, steps: [{compute: 1ms}]}\n  b: {weight: 0, steps: [{compute: 1ms}]}\n"},
	{"weight below zero", around + "routes: {a: {weight: «-1, steps: [{compute: 1ms}]}}\n"},
	{"weight in per cent", around + "routes: {a: {weight: «40%, steps: [{compute: 1ms}]}}\n"},
	{"path without slash", around + "routes: {a: {path: «x, steps: [{compute: 1ms}]}}\n"},
	{"path with a query", around + "routes: {a: {path: «/x?y=1, steps: [{compute: 1ms}]}}\n"},
	{"path with dots", around + "routes: {a: {path: «/x/../y, steps: [{compute: 1ms}]}}\n"},
	{"path twice", around + "routes:\n  a: {steps: [{compute: 1ms}]}\n  b: {path: «/a, steps: [{compute: 1ms}]}\n"},
	{"path twice by default", around + "routes:\n  b: {path: /a, steps: [{compute: 1ms}]}\n  «a: {steps: [{compute: 1ms}]}\n"},
	{"no steps", withSteps("«[]")},
	{"steps that are a mapping", withSteps("«{await: up}")},
	{"step that is text", withSteps("[«await up]")},
	{"step that is one word", withSteps("[«up]")},
	{"unknown verb", withSteps("[{«awiat: up}]")},
	{"no verb", withSteps("[«{op: x}]")},
	{"no verb at all", withSteps("[«{}]")},
	{"two verbs", withSteps("[{await: up, «compute: 1ms}]")},
	{"key of another verb", withSteps("[{await: up, «steps: []}]")},
	{"undefined upstream", withSteps("[{await: «upp}]")},
	{"undefined upstream that resembles none", withSteps("[{call: «payment}]")},
	{"undefined resource", withSteps("[{hold: «pol, steps: [{await: up}]}]")},
	{"a resource awaited", withSteps("[{await: «pool}]")},
	{"an upstream held", withSteps("[{hold: «up, steps: [{compute: 1ms}]}]")},
	{"await of a list", withSteps("[{await: «[up]}]")},
	{"await of nothing", withSteps("[{«await: }]")},
	{"op that is no name", withSteps("[{await: up, op: «a b}]")},
	{"compute without unit", withSteps("[{compute: «150}]")},
	{"hold without steps", withSteps("[«{hold: pool}]")},
	{"hold with no steps", withSteps("[{hold: pool, steps: «[]}]")},
	{"hold inside itself", withSteps("[{hold: pool, steps: [{await: up}, {hold: «pool, steps: [{await: up}]}]}]")},
	{"hold inside itself in a branch", withSteps("[{hold: pool, steps: [{choice: [{p: 1%, steps: [{hold: «pool, steps: [{await: up}]}]}, {p: 99%, steps: []}]}]}]")},
	{"parallel of one", withSteps("[{parallel: «[[{await: up}]]}]")},
	{"parallel without lists", withSteps("[{parallel: [«{await: up}, {await: up}]}]")},
	{"parallel with an empty branch", withSteps("[{parallel: [[{await: up}], «[]]}]")},
	{"choice of one", withSteps("[{choice: «[{p: 1, steps: []}]}]")},
	{"choice without p", withSteps("[{choice: [«{steps: []}, {p: 1, steps: []}]}]")},
	{"choice without steps", withSteps("[{choice: [«{p: 50%}, {p: 50%, steps: []}]}]")},
	{"choice with an impossible branch", withSteps("[{choice: [{p: «0, steps: []}, {p: 1, steps: []}]}]")},
	{"probabilities below one", withSteps("[{choice: «[{p: 50%, steps: []}, {p: 40%, steps: []}]}]")},
	{"probabilities above one", withSteps("[{choice: «[{p: 90%, steps: []}, {p: 0.9, steps: []}]}]")},
	{"steps too deep", withSteps("[" + nested(maxDepth-1) + "]")},
	{"too many steps", around + "routes: {a: {steps: [" + strings.Repeat("{compute: 1ms}, ", maxSteps) + "«{compute: 1ms}]}}\n"},
}

// nested is a parallel with parallels inside.
func nested(depth int) string {
	if depth < 0 {
		return "{compute: 1ms}"
	}
	mark := ""
	if depth == 0 {
		mark = "«"
	}
	return "{parallel: [" + mark + "[" + nested(depth-1) + "], [{compute: 1ms}]]}"
}

func TestEveryFaultIsOneErrorThatPointsAtItsPlace(t *testing.T) {
	var all strings.Builder
	seen := map[string]bool{}
	for _, c := range badDocuments {
		if seen[c.name] {
			t.Fatalf("two cases are called %q", c.name)
		}
		seen[c.name] = true
		before, after, marked := strings.Cut(c.doc, "«")
		if !marked {
			t.Fatalf("%s: no mark", c.name)
		}
		line := strings.Count(before, "\n") + 1
		column := utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1

		w, _, err := Parse("test.yaml", []byte(before+after))
		var e *Error
		if !errors.As(err, &e) || w != nil {
			t.Errorf("%s: Parse returned %v and error %v, want an *Error alone", c.name, w, err)
			continue
		}
		if e.File != "test.yaml" || e.Line != line || e.Column != column {
			t.Errorf("%s: points at %s:%d:%d, want %d:%d\n%v", c.name, e.File, e.Line, e.Column, line, column, e)
		}
		if e.Msg == "" || strings.ToValidUTF8(err.Error(), "") != err.Error() || strings.ContainsAny(err.Error(), "\x1b\r") {
			t.Errorf("%s: not printable: %q", c.name, err)
		}
		all.WriteString("# " + c.name + "\n" + err.Error() + "\n\n")
	}
	golden.Check(t, "errors.golden", all.String())
}
