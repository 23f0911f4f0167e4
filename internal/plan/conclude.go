package plan

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/model"
)

// conclude says in a few plain sentences what a plan comes to.
func conclude(p *Plan) string {
	var holds []*Engine
	var none []string
	for i := range p.Engines {
		switch e := &p.Engines[i]; {
		case e.Instances != nil:
			holds = append(holds, e)
		case e.None != nil:
			none = append(none, e.Engine)
		}
	}
	rate := analysis.Rate(p.Rate) + " requests/s"
	switch {
	case len(holds) == 0 && len(none) == 0:
		return "Nothing was found out yet."
	case len(holds) == 0 && len(none) == len(p.Engines) && len(none) > 1:
		return fmt.Sprintf("No engine holds %s, %s.", rate, whatever(p))
	case len(holds) == 0 && len(none) == 1:
		i := slices.IndexFunc(p.Engines, func(e Engine) bool { return e.None != nil })
		return fmt.Sprintf("No size of %s holds %s: %s.", none[0], rate, p.Engines[i].None.Text)
	case len(holds) == 0:
		return fmt.Sprintf("%s cannot hold %s, %s.", strings.Join(none, ", "), rate, whatever(p))
	}
	slices.SortStableFunc(holds, func(a, b *Engine) int {
		return cmp.Or(cmp.Compare(*a.Instances, *b.Instances), cmp.Compare(*a.Memory, *b.Memory))
	})
	least, worst := holds[0], holds[len(holds)-1]
	best := least // which of those that need as little leaves most to others
	for _, e := range holds {
		if same(e, least) && resources(e) < resources(best) {
			best = e
		}
	}
	var names []string
	for _, e := range holds {
		if same(e, least) && withSizes(e) == withSizes(best) && spare(e) == spare(best) {
			names = append(names, e.Config)
		}
	}
	s := fmt.Sprintf("%s of %s hold%s %s%s, %s in all%s.", instances(p, best), oneOf(names), singular(*best.Instances), rate, withSizes(best), memory(*best.Memory), spare(best))
	if !same(worst, least) {
		s += fmt.Sprintf(" %s needs the most: %s%s, %s in all.", worst.Config, counted(*worst.Instances, "instance"), withSizes(worst), memory(*worst.Memory))
	} else if next := nextWalls(best); next != "" {
		s += " " + next
	}
	if len(none) > 0 {
		s += fmt.Sprintf(" %s cannot hold it, %s.", strings.Join(none, ", "), whatever(p))
	}
	return s
}

// whatever is all that was tried.
func whatever(p *Plan) string {
	return "of whatever size, with up to " + counted(p.MaxInstances, "instance")
}

// same reports whether what two engines need is the same but for what the costs
// of memory are not known to.
func same(a, b *Engine) bool {
	low, high := min(*a.Memory, *b.Memory), max(*a.Memory, *b.Memory)
	return *a.Instances == *b.Instances && float64(low) >= 0.9*float64(high)
}

// resources is how many of all resources an engine needs.
func resources(e *Engine) (n int) {
	for _, s := range e.Sizes {
		if s.Option == "" {
			n += s.N * *e.Instances
		}
	}
	return n
}

func oneOf(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

func instances(p *Plan, e *Engine) string {
	cpus := fmt.Sprintf("%d CPUs", p.CPUs)
	if p.CPUs == 1 {
		cpus = "1 CPU"
	}
	if *e.Instances > 1 {
		cpus += " each"
	}
	return counted(*e.Instances, "instance") + " (" + cpus + ")"
}

func counted(n int, what string) string {
	return analysis.Grouped(float64(n)) + " " + plural(n, what)
}

func singular(n int) string {
	if n == 1 {
		return "s"
	}
	return ""
}

// withSizes are those that do not stand in the configuration's own text.
func withSizes(e *Engine) string {
	var parts []string
	for _, s := range e.Sizes {
		if s.Option == "" {
			parts = append(parts, fmt.Sprintf("%s %s", s.Name, analysis.Grouped(float64(s.N))))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return " with " + strings.Join(parts, " and ")
}

func memory(n int64) string {
	if n >= 10<<30 {
		return fmt.Sprintf("%.0f GiB", float64(n)/(1<<30))
	}
	if n >= 1<<30 {
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	}
	return fmt.Sprintf("%.0f MiB", float64(n)/(1<<20))
}

func spare(e *Engine) string {
	switch h := headroom(e, "less than ", "at least "); h {
	case "":
		return ""
	case notKnown:
		return ", and how much there is to spare is not known"
	default:
		return " and " + h + " to spare"
	}
}

// HeadroomText is by how much the line lies above the rate: "3 %", "< 1 %" where that is
// little, "≥ 40 %" where the line has no upper end, "not known" where that is little; "" if it was not searched.
func HeadroomText(e *Engine) string { return headroom(e, "< ", "≥ ") }

// notKnown is the headroom of a line that has no end, and is less than 1 % above the rate.
const notKnown = "not known"

func headroom(e *Engine, less, least string) string {
	if e.Headroom == nil {
		return ""
	}
	switch share := *e.Headroom; {
	case e.LoadLine.High == nil && share < 0.01:
		return notKnown
	case e.LoadLine.High == nil:
		return least + analysis.Grouped(math.Floor(100*share)) + " %"
	case share < 0.005: // what holds has something to spare
		return less + "1 %"
	default:
		return perCent(share)
	}
}

// perCent prints a share to the whole per cent, and a large one to the two
// figures that the load line of a service that has to do little is known to.
func perCent(x float64) string {
	if x = math.Round(100 * max(0, x)); x >= 1000 {
		x = twoFigures(x)
	}
	return analysis.Grouped(x) + " %"
}

// nextWalls says what stops it, and what does after that.
func nextWalls(e *Engine) string {
	var parts []string
	for i, w := range e.Walls {
		if w.LoadLine.Low == nil {
			return ""
		}
		at := analysis.Rate(*w.LoadLine.Low) + "/s"
		switch {
		case w.Kind == model.WallNone && i == 0:
			return fmt.Sprintf("Nothing stops it up to %s.", at)
		case w.Kind == model.WallNone:
			parts = append(parts, "nothing up to "+at)
		case i == 0:
			parts = append(parts, fmt.Sprintf("It stops at %s because of %s", at, WallText(w)))
		case i == 1:
			parts = append(parts, fmt.Sprintf("with more of that, %s is next at %s", WallText(w), at))
		default:
			parts = append(parts, fmt.Sprintf("then %s at %s", WallText(w), at))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return strings.Join(parts, "; ") + "."
}

// WallText names a wall: "340 threads", "inventory-pool 50", "the CPU".
func WallText(w Wall) string {
	switch {
	case w.Limit != nil && w.Kind == model.WallResource:
		return fmt.Sprintf("%s %s", w.Name, analysis.Grouped(float64(*w.Limit)))
	case w.Limit != nil && *w.Limit == 1:
		return "1 " + strings.TrimSuffix(w.Name, "s")
	case w.Limit != nil:
		return fmt.Sprintf("%s %s", analysis.Grouped(float64(*w.Limit)), w.Name)
	case w.Kind == model.WallCPU:
		return "the CPU"
	case w.Kind == model.WallNone:
		return "nothing"
	case w.Kind == model.WallUnknown:
		return "something unknown"
	case w.Name != "":
		return string(w.Kind) + " by " + w.Name
	}
	return string(w.Kind)
}
