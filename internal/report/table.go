// Package report puts a verdict into the form that a person reads.
package report

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/model"
)

// Compare prints the verdict of a comparison: the conclusion first, then a row
// an engine, then each wall with its evidence.
func Compare(w io.Writer, v *analysis.Verdict) error {
	var b strings.Builder
	wrap(&b, fmt.Sprintf("%s: %s of requests answered within %s, at most %s failing", Service(v),
		Share(v.SLO.Ratio), Millis(v.SLO.WithinMS), Share(v.SLO.Errors)), "", 98)
	b.WriteByte('\n')
	if v.Partial {
		b.WriteString("Interrupted: what follows is from the trials made until then.\n\n")
	}
	wrap(&b, v.Conclusion, "", 98)
	b.WriteByte('\n')
	if v.Searched {
		searched(&b, v)
	}
	if g := rates(v); g != nil {
		g.print(&b)
		b.WriteByte('\n')
	}
	disturbed(&b, v)
	expectations(&b, v.Expectations)
	warnings(&b, v)
	_, err := io.WriteString(w, b.String())
	return err
}

// Service names what was compared: the workload, on how many instances if that is
// not one.
func Service(v *analysis.Verdict) string {
	if v.Instances <= 1 {
		return v.Workload
	}
	return fmt.Sprintf("%s on %s instances behind a %s balancer", v.Workload, analysis.Grouped(float64(v.Instances)), v.Balancer)
}

// searched prints what follows from the search of a load line.
func searched(b *strings.Builder, v *analysis.Verdict) {
	for _, g := range []*grid{lines(v), predictions(v), costs(v), overload(v)} {
		if g != nil {
			g.print(b)
			b.WriteByte('\n')
		}
	}
	walls(b, v)
	if len(v.Expectations) > 0 || len(v.Engines[0].Rates) > 0 {
		b.WriteByte('\n')
	}
}

// lines is where each engine's load line is, and what stops it there.
func lines(v *analysis.Verdict) *grid {
	g := newGrid("engine", "load line /s", "", "p50", "p99", "wall").right(1, 3, 4)
	for _, e := range v.Engines {
		p50, p99 := "", ""
		if e.AtLine != nil {
			p50, p99 = Millis(e.AtLine.P50MS), Millis(e.AtLine.P99MS)
		}
		g.row(e.Name, Interval(e), Versus(v, e), p50, p99, WallName(e))
	}
	return g
}

// Interval is an engine's load line in requests per second, one-sided where one
// side is not known.
func Interval(e analysis.EngineVerdict) string {
	l := e.LoadLine
	switch {
	case e.Void:
		return "void"
	case l.Low == nil:
		return "below " + analysis.Rate(*l.High)
	case l.High == nil:
		return "at least " + analysis.Rate(*l.Low)
	}
	return analysis.Rate(*l.Low) + " … " + analysis.Rate(*l.High)
}

// Versus is the line as a multiple of the first engine's; "~" where the
// difference is within noise.
func Versus(v *analysis.Verdict, e analysis.EngineVerdict) string {
	first := v.Engines[0]
	switch {
	case e.Name == first.Name:
		return ""
	case e.VersusFirst != nil:
		more := ""
		if e.LoadLine.High == nil {
			more = "≥ "
		}
		return more + "× " + Figures(*e.VersusFirst, 2)
	case e.LoadLine.Rate == nil || first.LoadLine.Rate == nil:
		return "?"
	}
	return "~"
}

// WallName is what stops an engine, its size, and whether that was confirmed.
func WallName(e analysis.EngineVerdict) string {
	s := string(e.Wall.Kind)
	switch {
	case e.Wall.Kind == model.WallLoop && e.Wall.Name != "":
		s += " by"
		fallthrough
	case e.Wall.Name != "":
		s += " " + e.Wall.Name
	}
	if e.Wall.Limit != nil && e.Wall.Kind != model.WallCPU && e.Wall.Kind != model.WallLoop {
		s += " " + analysis.Grouped(*e.Wall.Limit)
	}
	if e.Wall.Limit != nil && e.Wall.ConfirmedBy == nil {
		s += ", not confirmed"
	}
	return s
}

// costs is what the load line takes.
func costs(v *analysis.Verdict) *grid {
	head := []string{"at the line", "threads", "memory", "switches/request", "CPU/request", "CPU", "in flight"}
	// What is simulated is on no runtime.
	real := slices.ContainsFunc(v.Engines, func(e analysis.EngineVerdict) bool { return e.AtLine != nil && e.AtLine.GOMAXPROCS > 0 })
	if real {
		head = append(head, "GOMAXPROCS")
	}
	g := newGrid(head...).right(1, 2, 3, 4, 5, 6, 7)
	for _, e := range v.Engines {
		a := e.AtLine
		if a == nil {
			g.row(append([]string{e.Name}, slices.Repeat([]string{"–"}, len(head)-1)...)...)
			continue
		}
		row := []string{e.Name, strconv.Itoa(a.Threads), Size(a.RSSBytes), Figures(a.Switches, 2), Figures(a.CPUMicros, 2) + " µs",
			fmt.Sprintf("%.0f %%", 100*a.CPUShare), analysis.Grouped(figure(a.InFlight, 2))}
		if real {
			row = append(row, strconv.Itoa(a.GOMAXPROCS))
		}
		g.row(row...)
	}
	return g
}

// overload is what becomes of the service past its line.
func overload(v *analysis.Verdict) *grid {
	g := newGrid("past the line", "goodput at 120 %", "150 %", "200 %", "recovers in").right(1, 2, 3, 4)
	for _, e := range v.Engines {
		row := []string{e.Name}
		for _, f := range [...]string{"1.2", "1.5", "2.0"} {
			if rate, ok := e.Goodput[f]; ok {
				row = append(row, analysis.Rate(rate)+"/s")
			} else {
				row = append(row, "–")
			}
		}
		g.row(append(row, Recovery(e))...)
	}
	return g
}

// Recovery is how long after an overload a service answers in time again.
func Recovery(e analysis.EngineVerdict) string {
	switch {
	case e.RecoveryS != nil && *e.RecoveryS == 0:
		return "at once"
	case e.RecoveryS != nil:
		return Figures(*e.RecoveryS, 2) + " s"
	case len(e.Goodput) > 0:
		return "not seen to"
	}
	return "–"
}

func walls(b *strings.Builder, v *analysis.Verdict) {
	for _, e := range v.Engines {
		var said []string
		if len(e.Wall.Evidence) > 0 {
			said = append(said, e.Wall.Evidence[0])
		}
		if e.Wall.ConfirmedBy != nil {
			said = append(said, *e.Wall.ConfirmedBy)
		}
		if len(e.Wall.Evidence) > 1 {
			said = append(said, e.Wall.Evidence[1:]...)
		}
		if len(said) == 0 {
			said = []string{"nothing is known of what stops it"}
		}
		wrap(b, e.Name+": "+strings.Join(said, "; "), "  ", 98)
		if r := residence(e); r != "" {
			wrap(b, "  where a request's time goes at the line: "+r, "  ", 98)
		}
		for _, reason := range e.VoidReasons {
			wrap(b, "  void past the line: "+reason, "  ", 98)
		}
	}
}

// States are the states of a request in the words of a report, by the key that
// records and verdicts have, in the order of a reader's interest.
var States = [...]struct{ Key, Text string }{
	{"await", "awaiting"}, {"call", "calling"}, {"queued", "queued"}, {"holding", "waiting for a resource"},
	{"runnable", "waiting for the CPU"}, {"cpu", "on the CPU"}, {"block", "blocked"},
}

// residence lists the states that matter.
func residence(e analysis.EngineVerdict) string {
	var parts []string
	for _, n := range States {
		if s := e.Residence[n.Key]; s >= 0.005 {
			parts = append(parts, fmt.Sprintf("%s %.0f %%", n.Text, 100*s))
		}
	}
	return strings.Join(parts, ", ")
}

func warnings(b *strings.Builder, v *analysis.Verdict) {
	all := append([]analysis.Warning(nil), v.Warnings...)
	for _, e := range v.Engines {
		for _, w := range e.Warnings {
			all = append(all, analysis.Warning{Code: w.Code, Text: e.Name + ": " + w.Text})
		}
	}
	if len(all) > 0 {
		b.WriteByte('\n')
	}
	for _, w := range all {
		wrap(b, "warning: "+w.Text, "  ", 98)
	}
}
