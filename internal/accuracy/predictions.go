package accuracy

import (
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/internal/report"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
)

// Predicted is a comparison in which every engine was simulated, too.
type Predicted struct {
	Host    record.Host
	Costs   *record.Costs // that the simulations were given
	Verdict *analysis.Verdict
}

// What a prediction is meant to be within, by what stops the engine: where that
// is the CPU, the costs are all there is to it.
const (
	GoalWaiting = 0.10
	GoalCPU     = 0.20
)

// mostlyCPU is the share of the CPU from which an engine that is stopped by
// something inside it is stopped by that.
const mostlyCPU = 0.8

// WritePredictions writes the table of prediction errors as Markdown.
func WritePredictions(out io.Writer, all []Predicted) error {
	w := &writer{w: out}
	if len(all) == 0 {
		w.printf("Nothing was predicted.\n")
		return w.err
	}
	h := all[0].Host
	w.printf("Measured on: %s; %d CPUs; %s %s; %s.\n\n", h.CPU, len(h.CPUs), h.OS, h.Kernel, h.Go)
	waiting, cpu := &tally{goal: GoalWaiting}, &tally{goal: GoalCPU}
	for _, p := range all {
		for _, e := range p.Verdict.Engines {
			tallyFor(e, waiting, cpu).add(e)
		}
	}
	w.printf("Where something else than the CPU stops an engine: %s. Where it is the CPU: %s.\n\n", waiting, cpu)
	w.printf("| workload | engine | measured line /s | predicted | error | measured wall | predicted | CPU/request | predicted |\n|---|---|--:|--:|--:|---|---|--:|--:|\n")
	for _, p := range all {
		for _, e := range p.Verdict.Engines {
			row(w, p.Verdict.Workload, e)
		}
	}
	w.printf("\nCosts that were fitted, by comparison (ranges: each round of calibration alone):\n\n")
	for _, p := range all {
		costs(w, p.Verdict.Workload, p.Costs)
	}
	for _, p := range all {
		for _, x := range p.Verdict.Warnings {
			w.printf("- Warning of %s: %s\n", p.Verdict.Workload, x.Text)
		}
	}
	return w.err
}

func row(w *writer, workload string, e analysis.EngineVerdict) {
	if e.Predicted == nil {
		return
	}
	as, measured := report.AsPredicted(e), "–"
	if e.AtLine != nil {
		measured = report.Figures(e.AtLine.CPUMicros, 2) + " µs"
	}
	w.printf("| %s | %s | %s | %s | %s | %s | %s | %s | %s µs |\n", workload, e.Name, report.Interval(e), report.Interval(as), report.Error(e),
		report.WallName(e), report.WallName(as), measured, report.Figures(e.Predicted.CPUMicros, 2))
}

func costs(w *writer, workload string, c *record.Costs) {
	w.printf("- %s:", workload)
	names := make([]string, 0, len(c.Low))
	for name := range c.Low {
		names = append(names, name)
	}
	slices.Sort(names)
	us := func(ns int64) string { return report.Millis(float64(ns) / 1e6) }
	for i, name := range names {
		if i > 0 {
			w.printf(",")
		}
		w.printf(" %s %s (%s … %s)", name, us(c.Nanos[name]), us(c.Low[name]), us(c.High[name]))
	}
	w.printf(".\n")
}

// A tally counts predictions that are within a goal.
type tally struct {
	goal        float64
	n, within   int
	worst, mean float64
}

func (t *tally) add(e analysis.EngineVerdict) {
	if e.Predicted == nil || e.Predicted.Error == nil {
		return
	}
	off := math.Abs(*e.Predicted.Error)
	t.n++
	t.mean += (off - t.mean) / float64(t.n)
	t.worst = max(t.worst, off)
	if off <= t.goal {
		t.within++
	}
}

func (t *tally) String() string {
	if t.n == 0 {
		return "no line that is known from both sides"
	}
	return fmt.Sprintf("**%d of %d** lines are within %.0f %%; off by %.0f %% on average and %.0f %% at worst", t.within, t.n, 100*t.goal, 100*t.mean, 100*t.worst)
}

// tallyFor sorts an engine by the wall that was measured: what a loop is stalled by,
// or workers are busy with, is the CPU where it computes, and so is what is not
// known where hardly any of it is left.
func tallyFor(e analysis.EngineVerdict, waiting, cpu *tally) *tally {
	switch e.Wall.Kind {
	case model.WallCPU:
		return cpu
	case model.WallLoop, model.WallWorkers, model.WallCarriers, model.WallUnknown:
		if e.AtLine != nil && e.AtLine.CPUShare >= mostlyCPU {
			return cpu
		}
	}
	return waiting
}
