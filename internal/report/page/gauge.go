package page

import (
	"cmp"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/internal/report"
	"github.com/plimsoll-dev/plimsoll/record"
)

// A reading says how a gauge is shown.
type reading struct {
	text    string
	growing bool // what counts is its growth per second
	scale   float64
	format  func(float64) string
	rank    int // in the order of strips
}

func perCent(v float64) string { return report.Figures(v, 3) + " %" }

// hidden are counters that other figures are about.
var hidden = map[gaugeKey]bool{
	{source: record.SourceEngine, name: "switches"}:   true,
	{source: record.SourceUpstream, name: "requests"}: true,
}

// readings are the gauges whose names do not say enough. Others are shown under
// their own name; their suffixes are those of Go's metrics and Prometheus.
var readings = map[gaugeKey]reading{
	{source: record.SourceLoad, name: "in_flight"}:             {text: "requests in flight", rank: 1},
	{source: record.SourceEngine, name: "busy"}:                {text: "threads busy", rank: 2},
	{source: record.SourceEngine, name: "queued"}:              {text: "requests queued", rank: 3},
	{source: record.SourceEngine, name: "cpu_seconds"}:         {text: "CPU used, 100 % is one CPU", growing: true, scale: 100, format: perCent, rank: 5},
	{source: record.SourceEngine, name: "rejected"}:            {text: "requests refused, 1/s", growing: true, rank: 6},
	{source: record.SourceEngine, name: "responses"}:           {text: "responses, 1/s", growing: true, rank: 7},
	{source: record.SourceUpstream, name: "in_flight_seconds"}: {text: "in flight at the upstreams", growing: true, rank: 8},
	{source: record.SourceUpstream, name: "waiting"}:           {text: "waiting for the upstreams' capacity", rank: 9},
	{source: record.SourceEngine, name: "threads"}:             {text: "threads that can serve a request", rank: 10},
	{source: record.SourceEngine, name: "connections"}:         {text: "connections open", rank: 11},
}

// readingOf says how to show a gauge, whatever engine has it.
func readingOf(k gaugeKey) reading {
	r, ok := readings[gaugeKey{source: k.source, name: k.name}]
	if !ok {
		r = guess(k.name)
	}
	if r.scale == 0 {
		r.scale = 1
	}
	if r.format == nil {
		r.format = analysis.Grouped
	}
	return r
}

// ofALoop is what an event loop's own gauges begin with.
var ofALoop = regexp.MustCompile(`^loop[0-9]+\.`)

func guess(name string) reading {
	words := func(s string) string { return strings.NewReplacer("_", " ", ".", ": ").Replace(s) }
	r := reading{text: words(name), rank: 4}
	millis := func(v float64) string { return report.Millis(v) }
	for _, s := range [...]struct {
		suffix string
		r      reading
	}{
		{".in_use", reading{text: " in use"}},
		{"_ms", reading{format: millis}},
		{"_us", reading{format: millis, scale: 1e-3}},
		{"_ns", reading{format: millis, scale: 1e-6}},
		{"_bytes", reading{format: func(v float64) string { return report.Size(int64(v)) }}},
		{"_share", reading{format: perCent, scale: 100}},
		{"_total", reading{text: ", 1/s", growing: true}},
		{"_nanos", reading{text: ", mean", growing: true, scale: 1e-9}}, // integrals over time
		{"_seconds", reading{text: ", mean", growing: true}},
		{"_seconds2", reading{text: ", mean", growing: true, scale: 1000, format: millis}},
	} {
		if base, ok := strings.CutSuffix(name, s.suffix); ok {
			if s.suffix == "_seconds" && ofALoop.MatchString(name) { // there is one of it, so a mean is a share
				s.r = reading{growing: true, scale: 100, format: perCent}
			}
			s.r.text, s.r.rank = words(base)+s.r.text, r.rank
			return s.r
		}
	}
	return r
}

// A strip is one gauge of one engine over a stretch of time.
type strip struct {
	reading
	source  string
	samples []sample // values as they are shown
	limit   float64  // how many there are; 0: not known
}

// strips are an engine's gauges over a stretch, without those that do not
// change: flat says what they are.
func (c *comparison) strips(e engine, from, to int64, last *record.Trial) (strips []strip, flat []string) {
	for k, s := range c.rows.gauges {
		if k.engine != e.run.Name || hidden[gaugeKey{source: k.source, name: k.name}] {
			continue
		}
		r := readingOf(k)
		in := s.within(from, to)
		if r.growing {
			in = perSecond(in)
		}
		low, high := math.Inf(1), 0.0
		for i := range in {
			in[i].value *= r.scale
			low, high = min(low, in[i].value), max(high, in[i].value)
		}
		switch {
		case len(in) < 2:
		case low == high:
			flat = append(flat, r.text+" "+r.format(rounded(high)))
		default:
			strips = append(strips, strip{r, k.source, in, limitOf(k, last)})
		}
	}
	slices.SortFunc(strips, func(a, b strip) int { return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.text, b.text)) })
	slices.Sort(flat)
	return strips, flat
}

// limitOf is how many there are of what a gauge counts.
func limitOf(k gaugeKey, t *record.Trial) float64 {
	switch {
	case k.source != record.SourceEngine:
	case k.name == "busy":
		return float64(t.Server.Pool)
	case k.name == "cpu_seconds":
		return 100 * float64(t.Server.CPUs)
	default:
		for _, r := range t.Server.Resources {
			if k.name == r.Name+".in_use" {
				return float64(r.Size)
			}
		}
		for _, w := range t.Server.Workers {
			if k.name == w.Name+".busy_seconds" || k.name == w.Name+".pinned_seconds" {
				return float64(w.Size)
			}
		}
	}
	return 0
}
