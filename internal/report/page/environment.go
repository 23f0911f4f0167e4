package page

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/internal/report"
	"github.com/plimsoll-dev/plimsoll/record"
)

// A fact is one line of the environment.
type fact struct{ Name, Text string }

// environment is what somebody needs to judge the figures, or to have them again.
func (c *comparison) environment() []fact {
	m, h := c.run.Meta, c.run.Meta.Host
	facts := []fact{
		{"started", m.Started.UTC().Format("2006-01-02 15:04:05 UTC")},
		{"command", "plimsoll " + strings.Join(m.Args, " ")},
		{"program", m.Tool},
		{"system", join(h.OS+"/"+h.Arch, h.Kernel, h.Virtual)},
		{"CPU", join(h.CPU, fmt.Sprintf("%d logical", h.Cores), "usable: "+list(h.CPUs), prefixed("governor ", h.Governor))},
		{"memory", report.Size(h.Memory)},
		{"Go", fmt.Sprintf("%s, GOMAXPROCS %d in the process that measured", h.Go, h.GOMAXPROCS)},
		{"limits", fmt.Sprintf("%d descriptors a process (hard limit %d), %d threads", h.Descriptors, h.DescriptorsHard, h.Threads)},
	}
	if h.CPUQuota > 0 {
		facts = append(facts, fact{"CPU quota", report.Figures(h.CPUQuota, 3) + " CPUs, by the control group"})
	}
	if h.MemoryLimit > 0 {
		facts = append(facts, fact{"memory limit", report.Size(h.MemoryLimit) + ", by the control group"})
	}
	for _, role := range slices.Sorted(maps.Keys(m.Placement)) {
		p := m.Placement[role]
		facts = append(facts, fact{role + " ran on", fmt.Sprintf("CPU %s, nice %d", list(p.CPUs), p.Nice)})
	}
	var procs []string
	for _, e := range c.engines {
		if e.verdict.AtLine != nil {
			procs = append(procs, fmt.Sprintf("%s: %d", e.verdict.Name, e.verdict.AtLine.GOMAXPROCS))
		}
	}
	if len(procs) > 0 {
		facts = append(facts, fact{"GOMAXPROCS of the servers", strings.Join(procs, "; ")})
	}
	if k := m.Calibration; k != nil {
		facts = append(facts, fact{"compute, calibrated", fmt.Sprintf("%s units of work per µs of CPU time, half of the repetitions within %.1f %%", report.Figures(k.UnitsPerMicrosecond, 3), 100*k.Spread)})
	}
	facts = append(facts, fact{"seed", fmt.Sprint(m.Seed)})
	for _, name := range slices.Sorted(maps.Keys(m.Options)) {
		facts = append(facts, fact{"option " + name, fmt.Sprint(m.Options[name])})
	}
	return append(facts, fact{"workload", join(m.Workload.Name, "sha256:"+m.Workload.SHA256)}, fact{"record", c.verdict.Record})
}

func join(parts ...string) string { return joined(", ", parts...) }

// joined leaves out what is empty.
func joined(by string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), by)
}

func prefixed(prefix, s string) string {
	if s == "" {
		return ""
	}
	return prefix + s
}

func list(cpus []int) string {
	var s []string
	for _, c := range cpus {
		s = append(s, fmt.Sprint(c))
	}
	return orNone(strings.Join(s, ", "))
}

// trials lists every trial that was made, whatever came of it.
func (c *comparison) trials() table {
	t := table{Caption: "All trials, by engine, in the order in which they were made", Text: 3,
		Head: []string{"engine", "purpose", "outcome", "rate /s", "seconds", "requests", "in time", "p50", "p99", "sent late, p99", "in flight"}}
	for _, e := range c.engines {
		for _, tr := range e.run.Trials {
			outcome := joined(": ", tr.Outcome, strings.Join(tr.Reasons, "; "))
			purpose := tr.Purpose
			if tr.Variant != "" {
				purpose += ", " + tr.Variant
			}
			if tr.Purpose == record.PurposeOverload || tr.Purpose == record.PurposeRecovery {
				purpose += " at " + report.Figures(100*tr.Factor, 3) + " %"
			}
			within := "–"
			if tr.Load.Arrivals > 0 {
				within = report.Figures(100*float64(tr.Load.Within)/float64(tr.Load.Arrivals), 3) + " %"
			}
			t.Rows = append(t.Rows, []string{e.verdict.Name, purpose, orNone(outcome), analysis.Rate(tr.Rate), report.Figures(tr.Seconds, 2),
				analysis.Grouped(float64(tr.Load.Arrivals)), within, micros(tr.Load.P50us), micros(tr.Load.P99us), micros(tr.Load.DelayP99), analysis.Grouped(rounded(tr.Load.InFlight))})
		}
	}
	return t
}

func micros(us int64) string { return report.Millis(float64(us) / 1000) }
