package analysis

import (
	"fmt"

	"github.com/plimsoll-dev/plimsoll/model"
)

// Conclude says in one plain sentence what a comparison shows.
func Conclude(engines []EngineVerdict) string {
	var known []EngineVerdict
	for _, e := range engines {
		if e.LoadLine.Rate != nil {
			known = append(known, e)
		}
	}
	switch len(known) {
	case 0:
		return "No load line could be measured."
	case 1:
		e := known[0]
		return fmt.Sprintf("%s carries %s; %s.", e.Name, lineText(e.LoadLine), because(e))
	}
	worst, best := known[0], known[0]
	for _, e := range known[1:] {
		if *e.LoadLine.Rate < *worst.LoadLine.Rate {
			worst = e
		}
		if *e.LoadLine.Rate > *best.LoadLine.Rate {
			best = e
		}
	}
	ratio, differ := Differ(worst.LoadLine, best.LoadLine)
	if !differ && (worst.LoadLine.High == nil || best.LoadLine.High == nil) {
		return fmt.Sprintf("The engines cannot be told apart: %s carries %s, and what was tried past the lines does not count.", best.Name, lineText(best.LoadLine))
	}
	if !differ {
		return fmt.Sprintf("No engine carries more than another beyond noise: about %s; %s.", lineText(best.LoadLine), because(best))
	}
	atLeast := ""
	if best.LoadLine.High == nil {
		atLeast = "at least "
	}
	there := "there"
	if best.Wall.Kind == worst.Wall.Kind && best.Wall.Name == worst.Wall.Name {
		there = "there too"
	}
	return fmt.Sprintf("%s stops at %s because %s; %s carries %s%s times as much, and %s %s.",
		worst.Name, lineText(worst.LoadLine), because(worst), best.Name, atLeast, Grouped(sig(ratio, 2)), there, because(best))
}

func lineText(l LoadLine) string {
	if l.High == nil {
		return "at least " + Rate(*l.Low) + " requests/s"
	}
	low := 0.0
	if l.Low != nil {
		low = *l.Low
	}
	return between(low, *l.High) + " requests/s"
}

// because names the wall in words, with how idle the CPU was where that is the point.
func because(e EngineVerdict) string {
	cpu := ""
	if e.AtLine != nil && e.AtLine.CPUShare < 0.8 {
		cpu = fmt.Sprintf(" while the CPU is %.0f %% used", 100*e.AtLine.CPUShare)
	}
	limit := 0.0
	if e.Wall.Limit != nil {
		limit = *e.Wall.Limit
	}
	switch e.Wall.Kind {
	case model.WallThreadPool:
		return fmt.Sprintf("all of its %.0f threads are taken%s", limit, cpu)
	case model.WallResource:
		return fmt.Sprintf("all %.0f of %s are taken%s", limit, e.Wall.Name, cpu)
	case model.WallRejecting:
		return fmt.Sprintf("it refuses what exceeds %.0f at once%s", limit, cpu)
	case model.WallConnections:
		return fmt.Sprintf("it serves only %.0f connections%s", limit, cpu)
	case model.WallCPU:
		return "the CPU is the wall"
	case model.WallUpstream:
		return "what stands behind it gives no more"
	case model.WallLoop, model.WallCarriers, model.WallExecutor, model.WallWorkers:
		return becauseInside(e.Wall, limit) + cpu
	case model.WallNone:
		return "no wall was met"
	default:
		return "what stops it is not known"
	}
}
