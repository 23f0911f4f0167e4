package calibration

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Write writes the file of costs, each with where it is from. [sim.ParseCosts]
// reads it.
func (r *Result) Write(to io.Writer) error {
	m, c := r.Measured, &r.Costs
	var b strings.Builder
	line := func(format string, a ...any) { fmt.Fprintf(&b, format+"\n", a...) }
	line("# What an engine's work costs on this machine, measured by `plimsoll calibrate` on")
	line("# %s. `plimsoll simulate` charges it.", m.When.UTC().Format("2006-01-02 15:04 UTC"))
	for _, w := range r.Warnings {
		line("# Warning: %s.", w)
	}
	line("machine: %q\n", c.Machine)
	line("# Compute steps take what the document says: %.3g units of work a microsecond, half of\n# the repetitions within %.1f %%.", m.Speed.UnitsPerMicrosecond, 100*m.Speed.Spread)
	line("speed: 1\n")
	timed := func(what string, t Timed, name string, v time.Duration) {
		line("# %s:\n# the median of %d, half of which are from %s to %s.", what, t.Times, round(t.Low), round(t.High))
		line("%s: %s\n", name, round(v))
	}
	line("# A thread runs on for so long although another waits for its CPU:\n# %s.", m.Bare.QuantumFrom)
	line("quantum: %s\n", round(c.Quantum))
	timed("A goroutine runs for so long while another waits for its processor", m.Bare.Slice, "slice", c.Slice)
	timed("A coroutine is resumed and yields, one of many in turn", m.Bare.Fiber, "fiber", c.Fiber)
	timed("A thread is made", m.Bare.Start, "start", c.Start)
	line("# Fitted: with these, simulations of the loads below need the CPU time that real")
	line("# engines needed. Behind each, the range over %d rounds, each fitted alone. A switch is\n# at least %s: what two threads on one CPU took that woke one another by a pipe.", len(m.Rounds), round(m.Bare.Switch.Median))
	for _, f := range r.Fitted {
		line("%-18s # %s … %s", f.Name+": "+round(f.Cost), round(f.Low), round(f.High))
	}
	line("#\n# load                            requests/s  switches  CPU/request  simulated")
	for _, k := range r.Checks {
		line("# %-8s on %-20s %10.0f  %8.2f  %11s  %s (%+.0f %%)", k.Route, k.Engine, k.Rate, k.Switches, micros(k.CPU), micros(k.Simulated), 100*k.Off())
	}
	line("\n# Bytes resident: of servers that held hardly anything, %d idle connections, and\n# %.0f requests without and with threads of their own, by difference.",
		m.Memory.Connections.Connections, m.Memory.Requests.InFlight)
	line("memory:")
	line("  process: %d\n  thread: %d\n  connection: %d\n  request: %d", c.Memory.Process, c.Memory.Thread, c.Memory.Connection, c.Memory.Request)
	_, err := io.WriteString(to, b.String())
	return err
}

// round leaves three figures of a time, or so.
func round(d time.Duration) string {
	unit := time.Duration(1)
	for d/unit >= 1000 {
		unit *= 10
	}
	return d.Round(unit).String()
}
