package report

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
)

// rates is what was measured at the rates that the workload names: a row an
// engine, and where there are several routes, one for each; nil where none was.
func rates(v *analysis.Verdict) *grid {
	g := newGrid("at", "engine", "route", "in time", "failed", "p50", "p99", "in flight", "threads", "memory", "switches", "CPU/request").
		right(0, 3, 4, 5, 6, 7, 8, 9, 10, 11)
	for i := range most(v.Engines) {
		for _, e := range v.Engines {
			if i >= len(e.Rates) {
				continue
			}
			a := e.Rates[i]
			g.row(analysis.Rate(a.Rate)+"/s", e.Name, a.Route, Share(a.Within), Share(a.ErrorRatio), Millis(a.P50MS), Millis(a.P99MS), analysis.Grouped(figure(a.InFlight, 2)),
				strconv.Itoa(a.Threads), Size(a.RSSBytes), Figures(a.Switches, 2), Figures(a.CPUMicros, 2)+" µs")
			for _, r := range a.Routes {
				if len(a.Routes) > 1 {
					g.row("", "", r.Name, Share(r.Within), Share(r.ErrorRatio), Millis(r.P50MS), Millis(r.P99MS))
				}
			}
		}
	}
	if len(g.rows) == 1 {
		return nil
	}
	return g
}

// most is the largest number of rates that an engine was measured at: an
// interrupted run has fewer for some.
func most(engines []analysis.EngineVerdict) int {
	n := 0
	for _, e := range engines {
		n = max(n, len(e.Rates))
	}
	return n
}

// disturbed says where latencies at a rate may not be the service's own.
func disturbed(b *strings.Builder, v *analysis.Verdict) {
	said := false
	for _, e := range v.Engines {
		for _, a := range e.Rates {
			for _, why := range a.Disturbed {
				wrap(b, fmt.Sprintf("%s at %s/s was disturbed: %s", e.Name, analysis.Rate(a.Rate), why), "  ", 98)
				said = true
			}
		}
	}
	if said {
		b.WriteByte('\n')
	}
}
