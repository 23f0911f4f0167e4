package report

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/internal/plan"
)

// Plan prints a plan: the conclusion first, then what each engine needs, what
// stops it next, what becomes of it if something changes, and the rules of thumb.
func Plan(w io.Writer, p *plan.Plan) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s at %s requests/s: %s of requests answered within %s, at most %s failing\n\n", p.Workload, analysis.Rate(p.Rate),
		Share(p.SLO.Ratio), Millis(p.SLO.WithinMS), Share(p.SLO.Errors))
	if p.Partial {
		b.WriteString("Interrupted: what follows is from the trials made until then.\n\n")
	}
	wrap(&b, p.Conclusion, "", 98)
	for _, g := range []*grid{needs(p), atRates(p), nextWalls(p), whatIfs(p)} {
		if len(g.rows) > 1 {
			b.WriteByte('\n')
			g.print(&b)
		}
	}
	lost(&b, p)
	for _, e := range p.Engines {
		if e.None != nil && !strings.Contains(p.Conclusion, e.None.Text) {
			b.WriteByte('\n')
			wrap(&b, fmt.Sprintf("%s: no size holds: %s", e.Engine, e.None.Text), "  ", 98)
		}
	}
	grids(&b, p)
	rules(&b, p)
	if len(p.Warnings) > 0 {
		b.WriteByte('\n')
	}
	for _, x := range p.Warnings {
		wrap(&b, "warning: "+x.Text, "  ", 98)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// needs is the smallest of each engine.
func needs(p *plan.Plan) *grid {
	header := []string{"engine", "instances", "sizes of each", "memory", "carries /s", "headroom"}
	if p.Price != nil {
		header = append(header, "cost")
	}
	g := newGrid(header...).right(1, 3, 5, 6)
	for i := range p.Engines {
		e := &p.Engines[i]
		if e.Instances == nil {
			row := []string{e.Engine, "–", "none that holds", "–", "–", "–", "–"}
			if e.None == nil {
				row[2] = "not found out"
			}
			g.row(row[:len(header)]...)
			continue
		}
		row := []string{e.Engine, analysis.Grouped(float64(*e.Instances)), PlanSizes(e.Sizes), Size(*e.Memory), PlanLine(e.LoadLine), PlanHeadroom(e)}
		if p.Price != nil {
			row = append(row, PlanCost(e))
		}
		g.row(row...)
	}
	return g
}

// PlanSizes lists sizes with what seeds make of them.
func PlanSizes(sizes []plan.Size) string {
	var parts []string
	for _, s := range sizes {
		parts = append(parts, sizeText(s)+interval(s))
	}
	if len(parts) == 0 {
		return "as they are"
	}
	return strings.Join(parts, ", ")
}

func interval(s plan.Size) string {
	if s.Low == s.High {
		return ""
	}
	return fmt.Sprintf(" (%s … %s)", analysis.Grouped(float64(s.Low)), analysis.Grouped(float64(s.High)))
}

// sizeText is "690 threads" for an engine's own, "inventory-pool 22" for a
// resource.
func sizeText(s plan.Size) string {
	n := analysis.Grouped(float64(s.N))
	if s.Option == "" {
		return s.Name + " " + n
	}
	if s.N == 1 {
		return n + " " + strings.TrimSuffix(s.Name, "s")
	}
	return n + " " + s.Name
}

// PlanLine is a load line of all instances.
func PlanLine(l *plan.LoadLine) string {
	switch {
	case l == nil || l.Low == nil && l.High == nil:
		return "–"
	case l.Low == nil:
		return "below " + analysis.Rate(*l.High)
	case l.High == nil:
		return "at least " + analysis.Rate(*l.Low)
	}
	return analysis.Rate(*l.Low) + " … " + analysis.Rate(*l.High)
}

// PlanHeadroom is the share by which the line lies above the rate.
func PlanHeadroom(e *plan.Engine) string {
	return cmp.Or(plan.HeadroomText(e), "–")
}

// monthHours are those of a month.
const monthHours = 365.25 / 12 * 24

// PlanCost is what all instances cost, to three figures: a price is known to more
// of them than what is simulated.
func PlanCost(e *plan.Engine) string {
	if e.Cost == nil {
		return "–"
	}
	return fmt.Sprintf("%s/h, %s a month", Figures(*e.Cost, 3), Figures(monthHours**e.Cost, 3))
}

// atRates is how the smallest do at the rate.
func atRates(p *plan.Plan) *grid {
	g := newGrid("at "+analysis.Rate(p.Rate)+"/s", "in time", "p50", "p99", "CPU", "in flight", "threads").right(1, 2, 3, 4, 5, 6)
	for _, e := range p.Engines {
		if a := e.AtRate; a != nil {
			g.row(e.Config, InTime(a), Millis(a.P50MS), Millis(a.P99MS), fmt.Sprintf("%.0f %%", 100*a.CPUShare),
				analysis.Grouped(figure(a.InFlight, 2)), analysis.Grouped(float64(a.Threads)))
		}
	}
	return g
}

// InTime is the share that is answered in time, never rounded up to all.
func InTime(a *plan.AtRate) string {
	grows := ""
	if a.Grows {
		grows = ", falling"
	}
	switch x := 100 * a.Within; {
	case x == 100:
		return "all" + grows
	case x > 99.9:
		return "> 99.9 %" + grows
	default:
		return fmt.Sprintf("%.1f %%", float64(int(x*10))/10) + grows
	}
}

// nextWalls are what stops each, each limit raised in turn.
func nextWalls(p *plan.Plan) *grid {
	g := newGrid("each limit raised in turn").right(1, 3, 5, 7)
	widest := 0
	for _, e := range p.Engines {
		row := []string{e.Config}
		for _, w := range e.Walls {
			up := "–"
			if w.LoadLine.Low != nil {
				up = analysis.Rate(*w.LoadLine.Low)
			}
			row = append(row, up, plan.WallText(w))
		}
		if len(e.Walls) > 0 {
			g.row(row...)
		}
		widest = max(widest, len(e.Walls))
	}
	for i := range widest {
		up := "then up to"
		if i == 0 {
			up = "up to /s"
		}
		g.rows[0] = append(g.rows[0], up, "stopped by")
	}
	for i, c := range g.rows[0] {
		if i == len(g.width) {
			g.width = append(g.width, 0)
		}
		g.width[i] = max(g.width[i], utf8.RuneCountInString(c))
	}
	return g
}

// rules are the rules of thumb beside the plan.
func rules(b *strings.Builder, p *plan.Plan) {
	if len(p.Rules) == 0 {
		return
	}
	g := newGrid("rule of thumb", "of each instance", "says", "planned", "in time", "p99").right(2, 3, 4, 5)
	for _, r := range p.Rules {
		in, p99 := "–", "–"
		if r.At != nil {
			in, p99 = InTime(r.At), Millis(r.At.P99MS)
		}
		g.row(r.Title, r.Size, analysis.Grouped(float64(r.Figure)), analysis.Grouped(float64(r.Planned)), in, p99)
	}
	b.WriteByte('\n')
	g.print(b)
	for _, r := range p.Rules {
		wrap(b, fmt.Sprintf("  %s for %s: %s; %s", strings.SplitN(r.Title, ":", 2)[0], r.Size, r.Formula, r.Says), "  ", 98)
	}
}
