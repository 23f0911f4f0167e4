package workload

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/plimsoll-dev/plimsoll/model"
)

// Format writes a workload as a document, with its defaults spelt out. Parse
// reads it back to an equal workload.
func Format(w *model.Workload) []byte {
	return FormatCommented(w, nil)
}

// Comments are texts that stand above keys of a document, by the key: "slo" for
// one of the document, "routes.NAME" or "upstreams.NAME" for one inside, "" for
// the document itself.
type Comments map[string]string

// FormatCommented is [Format] with comments.
func FormatCommented(w *model.Workload, comments Comments) []byte {
	f := &formatter{comments: comments}
	f.comment(0, "")
	f.line(0, "workload: %s", quoteName(w.Name))
	f.workload(w)
	if w.Claim != "" {
		f.line(0, "claim: %s", quoteText(w.Claim))
	}
	if w.Control != nil {
		f.control(w)
	}
	return f.Bytes()
}

// control writes a control with all keys that it can have, so that nothing is
// inherited from the document around it.
func (f *formatter) control(w *model.Workload) {
	f.line(0, "control:")
	f.base++
	defer func() { f.base-- }()
	c := &w.Control.Workload
	if w.Control.Same {
		if c.About != w.About {
			f.about(c.About)
		}
		f.expect(c.Expect)
		return
	}
	f.workload(c)
	for _, gone := range []struct {
		is   bool
		line string
	}{
		{c.About == "" && w.About != "", `about: ""`},
		{len(c.Upstreams) == 0 && len(w.Upstreams) > 0, "upstreams: {}"},
		{len(c.Resources) == 0 && len(w.Resources) > 0, "resources: {}"},
	} {
		if gone.is {
			f.line(0, "%s", gone.line)
		}
	}
}

// workload writes what a document and its control both have.
func (f *formatter) workload(w *model.Workload) {
	if w.About != "" {
		f.about(w.About)
	}
	f.line(0, "seed: %d", w.Seed)
	if len(w.Upstreams) > 0 {
		f.line(0, "upstreams:")
		for _, u := range w.Upstreams {
			f.comment(1, "upstreams."+u.Name)
			f.line(1, "%s: {latency: %s}", quoteName(u.Name), formatDist(u.Latency))
		}
	}
	if len(w.Resources) > 0 {
		f.line(0, "resources:")
		for _, r := range w.Resources {
			switch {
			case r.Monitor:
				f.line(1, "%s: {monitor: true}", quoteName(r.Name))
			case r.Shared:
				f.line(1, "%s: {size: %d, shared: true}", quoteName(r.Name), r.Size)
			default:
				f.line(1, "%s: {size: %d}", quoteName(r.Name), r.Size)
			}
		}
	}
	f.line(0, "routes:")
	for _, r := range w.Routes {
		f.comment(1, "routes."+r.Name)
		f.line(1, "%s:", quoteName(r.Name))
		f.line(2, "weight: %s", formatNumber(r.Weight))
		f.line(2, "path: %s", r.Path)
		f.steps(2, r.Steps)
	}
	f.comment(0, "arrivals")
	f.line(0, "arrivals: %s", formatArrivals(w.Arrivals))
	if len(w.Stages) > 0 {
		f.comment(0, "stages")
		f.line(0, "stages:")
		for _, s := range w.Stages {
			to := ""
			if s.To != 0 {
				to = ", to: " + formatNumber(s.To)
			}
			f.line(1, "- {for: %s, rate: %s%s}", formatTime(s.For), formatNumber(s.Rate), to)
		}
	}
	f.comment(0, "timeout")
	f.line(0, "timeout: %s", formatTime(w.Timeout))
	f.line(0, "in-flight: %d", w.InFlight)
	f.comment(0, "slo")
	f.line(0, "slo: {within: %s, ratio: %s, errors: %s}", formatTime(w.SLO.Within), formatShare(w.SLO.Ratio), formatShare(w.SLO.Errors))
	if len(w.Engines) > 0 {
		f.line(0, "engines:")
		for _, e := range w.Engines {
			f.line(1, "- %s", e)
		}
	}
	f.line(0, "search: %t", !w.NoSearch)
	if len(w.Rates) > 0 {
		f.line(0, "rates:")
		for _, t := range w.Rates {
			route := ""
			if t.Route != "" {
				route = ", route: " + quoteName(t.Route)
			}
			f.line(1, "- {rate: %s, for: %s%s}", formatNumber(t.Rate), formatTime(t.For), route)
		}
	}
	if len(w.Expect) > 0 {
		f.expect(w.Expect)
	}
}

func (f *formatter) expect(list []model.Expectation) {
	f.line(0, "expect:")
	for i := range list {
		f.line(1, "- {%s}", FormatExpectation(&list[i]))
	}
}

// FormatExpectation writes an expectation as its entry in a document, without
// the braces.
func FormatExpectation(e *model.Expectation) string {
	s := fmt.Sprintf("engine: %q", e.Engine)
	if e.Route != "" {
		s += ", route: " + quoteName(e.Route)
	}
	if v := e.Versus; v != nil {
		s += fmt.Sprintf(", versus: {engine: %q", v.Engine)
		if v.Route != "" {
			s += ", route: " + quoteName(v.Route)
		}
		s += "}"
	}
	switch {
	case e.At.Rate > 0:
		s += ", at: " + formatNumber(e.At.Rate) + "/s"
	case e.At.Factor > 0:
		s += fmt.Sprintf(", at: %g%%", 100*e.At.Factor)
	}
	if e.Step != "" {
		s += ", step: " + quoteName(e.Step)
	}
	b := FormatBound(e)
	if model.MeasureOf(e.Measure).Unit != model.UnitWord {
		b = strconv.Quote(b)
	}
	return s + ", " + e.Measure + ": " + b
}

type formatter struct {
	bytes.Buffer
	base     int // what every indent is added to
	comments Comments
}

// comment writes what is to be said of a key of the document itself; a control's keys
// have no comments.
func (f *formatter) comment(indent int, key string) {
	if text := f.comments[key]; text != "" && f.base == 0 {
		for line := range strings.Lines(text) {
			f.line(indent, "%s", strings.TrimRight("# "+strings.Map(printableRune, strings.TrimSuffix(line, "\n")), " "))
		}
	}
}

// printableRune replaces what may not stand in a comment: names in traces and logs
// are anybody's text.
func printableRune(r rune) rune {
	if !unicode.IsPrint(r) {
		return '\uFFFD'
	}
	return r
}

func (f *formatter) line(indent int, format string, args ...any) {
	f.WriteString(strings.Repeat("  ", f.base+indent))
	fmt.Fprintf(f, format, args...)
	f.WriteByte('\n')
}

// about writes a text as it stands where YAML's literal style keeps it, and
// quoted otherwise.
func (f *formatter) about(text string) {
	for line := range strings.SplitSeq(text, "\n") {
		if line != strings.TrimSpace(line) || line == "" {
			f.line(0, "about: %s", quoteText(text))
			return
		}
	}
	f.line(0, "about: |-")
	for line := range strings.SplitSeq(text, "\n") {
		f.line(1, "%s", line)
	}
}

func (f *formatter) steps(indent int, steps []model.Step) {
	if len(steps) == 0 {
		f.line(indent, "steps: []")
		return
	}
	f.line(indent, "steps:")
	f.items(indent+1, steps)
}

func (f *formatter) items(indent int, steps []model.Step) {
	for _, s := range steps {
		switch s.Verb {
		case model.Await, model.Call:
			f.line(indent, "- {%s: %s%s}", s.Verb, quoteName(s.Upstream), formatOp(s.Op, s.Upstream))
		case model.Compute, model.Block:
			f.line(indent, "- {%s: %s%s}", s.Verb, formatDist(s.Time), formatOp(s.Op, s.Verb.String()))
		case model.Hold:
			f.line(indent, "- hold: %s", quoteName(s.Resource))
			f.steps(indent+1, s.Steps)
		case model.Parallel:
			f.line(indent, "- parallel:")
			for _, b := range s.Branches {
				f.line(indent+2, "-")
				f.items(indent+3, b.Steps)
			}
			if s.Op != s.Verb.String() {
				f.line(indent+1, "op: %s", quoteName(s.Op))
			}
		case model.Choice:
			f.line(indent, "- choice:")
			for _, b := range s.Branches {
				f.line(indent+2, "- p: %s", formatNumber(b.P))
				f.steps(indent+3, b.Steps)
			}
		}
	}
}

func formatOp(op, otherwise string) string {
	if op == otherwise {
		return ""
	}
	return ", op: " + quoteName(op)
}

func formatDist(d model.Dist) string {
	switch d.Kind {
	case model.DistUniform:
		return fmt.Sprintf("{uniform: {from: %s, to: %s}}", formatTime(d.A), formatTime(d.B))
	case model.DistExponential:
		return fmt.Sprintf("{exponential: %s}", formatTime(d.A))
	case model.DistLognormal:
		return fmt.Sprintf("{lognormal: {p50: %s, p99: %s}}", formatTime(d.A), formatTime(d.B))
	case model.DistEmpirical:
		var times []string
		for _, v := range d.Values {
			times = append(times, formatTime(v))
		}
		return "{empirical: [" + strings.Join(times, ", ") + "]}"
	default:
		return formatTime(d.A)
	}
}

func formatArrivals(a model.Arrivals) string {
	if a.Kind == model.Bursts {
		return fmt.Sprintf("{bursts: %d}", a.Burst)
	}
	return string(a.Kind)
}

// formatTime writes a time without the zeros of Go's form: 10m, not 10m0s.
func formatTime(t time.Duration) string {
	s := strings.Replace(t.String(), "µ", "u", 1)
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

func formatNumber(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// formatShare writes a share as a percentage where that reads back to the same
// number.
func formatShare(v float64) string {
	s := strconv.FormatFloat(v*100, 'g', 12, 64)
	if _, ok := plainNumber(s); ok {
		if back, err := strconv.ParseFloat(s+"e-2", 64); err == nil && back == v {
			return s + "%"
		}
	}
	return formatNumber(v)
}

// quoteName quotes the one name that YAML would not take as text.
func quoteName(s string) string {
	if slices.Contains([]string{"null", "Null", "NULL"}, s) {
		return strconv.Quote(s)
	}
	return s
}

// quoteText writes a text in YAML's double quotes, on one line.
func quoteText(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch r {
		case '"', '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case '\n':
			b.WriteString(`\n`)
		case '\t':
			b.WriteString(`\t`)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
