package workload

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/plimsoll-dev/plimsoll/model"
)

// Describe says in a paragraph what a workload asks for, and what Little's law
// makes of it: the rates that no engine of the kind can exceed.
func Describe(w *model.Workload) string {
	d := Demand(w)
	r := d.Request
	var b strings.Builder
	fmt.Fprintf(&b, "An average request (%s) lives %s: %s of CPU work", shares(w), rounded(r.Residence), rounded(r.CPU))
	for _, part := range []struct {
		verb model.Verb
		time time.Duration
	}{{model.Await, r.Await}, {model.Call, r.Call}, {model.Block, r.Block}} {
		if part.time > 0 {
			fmt.Fprintf(&b, ", %s in %s", rounded(part.time), part.verb)
		}
	}
	b.WriteString(". By Little's law ")
	var limits []string
	if r.Residence > 0 {
		limits = append(limits, fmt.Sprintf("200 threads that each keep a request carry at most %s/s", perSecond(200, r.Residence)))
	}
	for _, name := range slices.SortedFunc(maps.Keys(r.Holding), func(a, b string) int { return cmp.Compare(order(w, a), order(w, b)) }) {
		if t := r.Holding[name]; t > 0 {
			size := w.Resource(name).Size
			limits = append(limits, fmt.Sprintf("%s (%d) %s/s", name, size, perSecond(size, t)))
		}
	}
	if r.CPU > 0 {
		limits = append(limits, fmt.Sprintf("one CPU %s/s before the engine's own work", perSecond(1, r.CPU)))
	}
	b.WriteString(strings.Join(limits, ", "))
	fmt.Fprintf(&b, ". The load line is where %s of requests are still answered within %s, and at most %s fail.",
		formatShare(w.SLO.Ratio), formatTime(w.SLO.Within), formatShare(w.SLO.Errors))
	return b.String()
}

// order is where a resource stands in the document.
func order(w *model.Workload, resource string) int {
	return slices.IndexFunc(w.Resources, func(r model.Resource) bool { return r.Name == resource })
}

// shares lists the routes with their part of the traffic.
func shares(w *model.Workload) string {
	var total float64
	for _, r := range w.Routes {
		total += r.Weight
	}
	var parts []string
	for _, r := range w.Routes {
		parts = append(parts, fmt.Sprintf("%.3g%% %s", 100*r.Weight/total, r.Name))
	}
	return strings.Join(parts, ", ")
}

// rounded writes a time with three significant digits.
func rounded(t time.Duration) string {
	unit := time.Nanosecond
	for unit*1000 <= t {
		unit *= 10
	}
	return formatTime(t.Round(unit))
}

// perSecond is Little's law: n served at once, each for t.
func perSecond(n int, t time.Duration) string {
	v := float64(n) / t.Seconds()
	if v < 10 {
		return fmt.Sprintf("%.2g", v)
	}
	return grouped(int64(v + 0.5))
}

// grouped writes a whole number in groups of three digits: 12,345.
func grouped(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
