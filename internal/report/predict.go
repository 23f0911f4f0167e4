package report

import (
	"fmt"
	"math"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
)

// predictions is what a simulation says beside what was measured; nil where
// nothing was simulated.
func predictions(v *analysis.Verdict) *grid {
	g := newGrid("predicted", "load line /s", "measured", "error", "predicted wall", "measured").right(1, 2, 3)
	any := false
	for _, e := range v.Engines {
		if e.Predicted == nil {
			continue
		}
		any = true
		as := AsPredicted(e)
		g.row(e.Name, Interval(as), Interval(e), Error(e), WallName(as), WallName(e))
	}
	if !any {
		return nil
	}
	return g
}

// AsPredicted is an engine's verdict with the predicted line and wall in place of
// the measured ones.
func AsPredicted(e analysis.EngineVerdict) analysis.EngineVerdict {
	p := e.Predicted
	confirmed := ""
	return analysis.EngineVerdict{Name: e.Name, LoadLine: p.LoadLine, Void: p.LoadLine.Low == nil && p.LoadLine.High == nil,
		Wall: analysis.Wall{Kind: p.Wall.Kind, Name: p.Wall.Name, Limit: p.Wall.Limit, ConfirmedBy: &confirmed}}
}

// Error is by how much a predicted line is above the measured one.
func Error(e analysis.EngineVerdict) string {
	if e.Predicted == nil || e.Predicted.Error == nil {
		return "?"
	}
	return Percents(*e.Predicted.Error)
}

// Percents prints a difference with its sign.
func Percents(x float64) string {
	if math.Abs(x) < 0.005 {
		return "0 %"
	}
	sign := "+"
	if x < 0 {
		sign = "−"
	}
	return fmt.Sprintf("%s%.0f %%", sign, 100*math.Abs(x))
}
