package page

import (
	"fmt"
	"io"
	"strings"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	planning "github.com/plimsoll-dev/plimsoll/internal/plan"
	"github.com/plimsoll-dev/plimsoll/internal/report"
	"github.com/plimsoll-dev/plimsoll/record"
)

// Plan writes the page of a plan, and of the record that it was made from. It
// fails if w does.
func Plan(w io.Writer, p *planning.Plan, meta *record.Meta) error {
	c := &sizes{p, meta}
	rate := analysis.Rate(p.Rate) + " requests/s"
	page := page{
		Title: p.Workload + ": what " + rate + " need", Subject: "plan for " + p.Workload, Conclusion: p.Conclusion, Partial: p.Partial,
		Lead: []string{
			fmt.Sprintf("Objective: %s of requests answered within %s, at most %s failing.", report.Share(p.SLO.Ratio), report.Millis(p.SLO.WithinMS), report.Share(p.SLO.Errors)),
			"Simulated, and as good as the document and the costs that it was simulated with.",
		},
	}
	for _, warning := range p.Warnings {
		page.Warnings = append(page.Warnings, sentence(warning.Text))
	}
	parts := []part{c.needs, c.ladder, c.changes}
	for i := range p.Grids {
		parts = append(parts, func() (*section, error) { return c.heat(i) })
	}
	return page.write(w, append(parts, c.thumbs, c.environment)...)
}

// sizes is a plan with what it was made from.
type sizes struct {
	plan *planning.Plan
	meta *record.Meta
}

var tablesTemplate = define("tables", `{{range .}}{{template "table" .}}{{end}}`)

// needs are the smallest of each engine, and how they do.
func (c *sizes) needs() (*section, error) {
	need := table{Caption: "The smallest that holds", Text: 2, Head: []string{"engine", "sizes of each instance", "instances", "memory in all", "carries /s", "headroom"}}
	if c.plan.Price != nil {
		need.Head = append(need.Head, "cost")
	}
	at := table{Caption: "At " + analysis.Rate(c.plan.Rate) + " requests/s", Text: 1, Head: []string{"engine", "in time", "p50", "p99", "CPU", "in flight", "threads"}}
	for i := range c.plan.Engines {
		e := &c.plan.Engines[i]
		if e.Instances == nil {
			why := "not found out"
			if e.None != nil {
				why = "none holds: " + e.None.Text
			}
			row := []string{e.Engine, why, "–", "–", "–", "–", "–"}
			need.Rows = append(need.Rows, row[:len(need.Head)])
			continue
		}
		row := []string{e.Config, report.PlanSizes(e.Sizes), analysis.Grouped(float64(*e.Instances)), report.Size(*e.Memory), report.PlanLine(e.LoadLine), report.PlanHeadroom(e)}
		if c.plan.Price != nil {
			row = append(row, report.PlanCost(e))
		}
		need.Rows = append(need.Rows, row)
		a := e.AtRate
		at.Rows = append(at.Rows, []string{e.Config, report.InTime(a), report.Millis(a.P50MS), report.Millis(a.P99MS), fmt.Sprintf("%.0f %%", 100*a.CPUShare),
			analysis.Grouped(rounded(a.InFlight)), analysis.Grouped(float64(a.Threads))})
	}
	tables := []table{need}
	if len(at.Rows) > 0 {
		tables = append(tables, at)
	}
	return section{ID: "needs", Title: "What it needs", Contents: "Needs",
		Text: fmt.Sprintf("The fewest instances, and of each size the smallest that holds under %d seeds; in parentheses what single seeds ask for. It is the smallest: plan for a higher rate to have some to spare.", c.plan.Seeds),
	}.filled(tablesTemplate, tables)
}

// changes are what becomes of each if something changes.
func (c *sizes) changes() (*section, error) {
	var tables []table
	for k := 0; ; k++ {
		t := table{Text: 1, Head: []string{"engine", "in time", "p99", "would hold"}}
		for i := range c.plan.Engines {
			e := &c.plan.Engines[i]
			if k >= len(e.WhatIf) || e.WhatIf[k].Text == "" {
				continue
			}
			w := &e.WhatIf[k]
			in, p99 := "none", "–"
			if w.After != nil {
				in, p99 = report.InTime(w.After), report.Millis(w.After.P99MS)
			}
			t.Caption = "If " + w.Text
			t.Rows = append(t.Rows, []string{e.Engine, in, p99, report.WouldHold(e, w)})
		}
		if len(t.Rows) == 0 {
			break
		}
		tables = append(tables, t)
	}
	if len(tables) == 0 {
		return nil, nil
	}
	return section{ID: "what-if", Title: "What if something changes", Contents: "What if",
		Text: "What becomes of each as planned, and what would hold instead; each change by itself. “Falling” is a share that would fall for as long as it lasts, because requests come faster than they are answered. A burst is judged by the requests of the ten seconds that follow, or of twice the objective’s time.",
	}.filled(tablesTemplate, tables)
}

// thumbs are rules of thumb beside the plan.
func (c *sizes) thumbs() (*section, error) {
	if len(c.plan.Rules) == 0 {
		return nil, nil
	}
	t := table{Caption: "Rules of thumb, each believed in turn", Text: 2, Head: []string{"rule", "where it misleads", "of each instance", "says", "planned", "in time", "p99"}}
	for _, r := range c.plan.Rules {
		in, p99 := "–", "–"
		if r.At != nil {
			in, p99 = report.InTime(r.At), report.Millis(r.At.P99MS)
		}
		t.Rows = append(t.Rows, []string{r.Title, r.Formula + "; " + r.Says, r.Size, analysis.Grouped(float64(r.Figure)), analysis.Grouped(float64(r.Planned)), in, p99})
	}
	return section{ID: "rules", Title: "What rules of thumb would have said", Contents: "Rules of thumb",
		Text: "Each figure was simulated at the planned rate and number of instances, with all other sizes no limit.",
	}.filled(tablesTemplate, []table{t})
}

// environment is what somebody needs to judge the plan, or to have it again.
func (c *sizes) environment() (*section, error) {
	m := c.meta
	s := surroundings{Facts: machineFacts(m), Documents: []fact{{"The workload document", m.Workload.Source}}}
	cpus := "1 CPU"
	if c.plan.CPUs > 1 {
		cpus = fmt.Sprintf("%d CPUs", c.plan.CPUs)
	}
	s.Facts = append(s.Facts, fact{"instances", fmt.Sprintf("%s at most, %s each", analysis.Grouped(float64(c.plan.MaxInstances)), cpus)}, fact{"balancer", string(c.plan.Balancer)})
	if costs, ok := m.Options["costs"].(map[string]any); ok {
		s.Facts = append(s.Facts, fact{"costs", fmt.Sprint(costs["Machine"])})
	}
	if len(c.plan.Keep) > 0 {
		s.Facts = append(s.Facts, fact{"kept as they are", strings.Join(c.plan.Keep, ", ")})
	}
	s.Facts = append(s.Facts, fact{"seed", fmt.Sprint(m.Seed)}, fact{"workload", join(m.Workload.Name, "sha256:"+m.Workload.SHA256)}, fact{"record", c.plan.Record})
	return section{ID: "environment", Title: "Where and how this was simulated", Contents: "Environment",
		Text: "Nothing was measured but, perhaps, the costs. All sizes were given the same requests.",
	}.filled(pieces.Lookup("surroundings"), s)
}
