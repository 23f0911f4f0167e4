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

var environmentTemplate = define("environment", `{{template "surroundings" .}}<details><summary>All {{len .Trials.Rows}} trials</summary>
{{template "table" .Trials}}</details>
`)

// surroundings are everything that somebody who doubts a page has to know.
type surroundings struct {
	Facts     []fact
	Documents []fact
	Trials    table
}

func (s surroundings) section() (*section, error) {
	return section{ID: "environment", Title: "Where and how this was measured", Contents: "Environment",
		Text: "Server, load and upstreams were separate processes under open-loop load. A figure from another machine, kernel or placement is another figure.",
	}.filled(environmentTemplate, s)
}

// A fact is one line of the environment.
type fact struct{ Name, Text string }

// environment is what somebody needs to judge the figures, or to have them again.
func (c *comparison) environment() (*section, error) {
	m := c.run.Meta
	s := surroundings{Facts: append(machineFacts(m), optionFacts(m)...), Documents: []fact{{"The workload document", m.Workload.Source}}, Trials: newTrials("engine")}
	var procs []string
	for _, e := range c.engines {
		if e.verdict.AtLine != nil && e.verdict.AtLine.GOMAXPROCS > 0 {
			procs = append(procs, fmt.Sprintf("%s: %d", e.verdict.Name, e.verdict.AtLine.GOMAXPROCS))
		}
		addTrials(&s.Trials, e.run, e.verdict.Name)
	}
	if len(procs) > 0 {
		s.Facts = append(s.Facts, fact{"GOMAXPROCS of the servers", strings.Join(procs, "; ")})
	}
	s.Facts = append(s.Facts, fact{"seed", fmt.Sprint(m.Seed)}, fact{"workload", join(m.Workload.Name, "sha256:"+m.Workload.SHA256)}, fact{"record", c.verdict.Record})
	return s.section()
}

// machineFacts are the machine, what ran where on it, and the command.
func machineFacts(m *record.Meta) []fact {
	h := m.Host
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
	if k := m.Calibration; k != nil {
		facts = append(facts, fact{"compute, calibrated", fmt.Sprintf("%s units of work per µs of CPU time, half of the repetitions within %.1f %%", report.Figures(k.UnitsPerMicrosecond, 3), 100*k.Spread)})
	}
	return facts
}

// optionFacts are the options as the record has them.
func optionFacts(m *record.Meta) (facts []fact) {
	for _, name := range slices.Sorted(maps.Keys(m.Options)) {
		facts = append(facts, fact{"option " + name, fmt.Sprint(m.Options[name])})
	}
	return facts
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

// newTrials is a table of trials, whatever came of them, by who.
func newTrials(who ...string) table {
	return table{Caption: "All trials, by " + strings.Join(who, " and ") + ", in the order in which they were made", Text: len(who) + 2,
		Head: append(who, "purpose", "outcome", "rate /s", "seconds", "requests", "in time", "p50", "p99", "sent late, p99", "in flight")}
}

// addTrials adds those of one engine.
func addTrials(t *table, e *analysis.EngineRun, who ...string) {
	for _, tr := range e.Trials {
		outcome := joined(": ", tr.Outcome, strings.Join(tr.Reasons, "; "))
		purpose := tr.Purpose
		if tr.Variant != "" {
			purpose += ", " + tr.Variant
		}
		if tr.Purpose == record.PurposeRate && tr.Route != "" {
			purpose += ", " + tr.Route + " alone"
		}
		if tr.Purpose == record.PurposeOverload || tr.Purpose == record.PurposeRecovery {
			purpose += " at " + report.Figures(100*tr.Factor, 3) + " %"
		}
		within := "–"
		if tr.Load.Arrivals > 0 {
			within = report.Figures(100*float64(tr.Load.Within)/float64(tr.Load.Arrivals), 3) + " %"
		}
		t.Rows = append(t.Rows, append(slices.Clone(who), purpose, orNone(outcome), analysis.Rate(tr.Rate), report.Figures(tr.Seconds, 2),
			analysis.Grouped(float64(tr.Load.Arrivals)), within, micros(tr.Load.P50us), micros(tr.Load.P99us), micros(tr.Load.DelayP99), analysis.Grouped(rounded(tr.Load.InFlight))))
	}
}

func micros(us int64) string { return report.Millis(float64(us) / 1000) }
