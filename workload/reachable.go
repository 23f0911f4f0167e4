package workload

import (
	"math"

	"github.com/goccy/go-yaml/ast"

	"github.com/plimsoll-dev/plimsoll/model"
)

// unloaded returns the share of requests that end within the objective's time
// when none of them queues: the most that any engine can reach at any rate.
func unloaded(w *model.Workload) float64 {
	var weight, within float64
	for _, r := range w.Routes {
		if r.Weight == 0 {
			continue
		}
		_, xs := newEstimate(w, newTally()).steps(r.Steps, 1, true)
		in := 0
		for _, x := range xs {
			if x <= float64(w.SLO.Within) {
				in++
			}
		}
		weight += r.Weight
		within += r.Weight * float64(in) / draws
	}
	return within / weight
}

// unreachable warns of an objective that no load line can have. It speaks only
// where the shortfall is beyond three standard errors of the estimate.
func (d *decoder) unreachable(n ast.Node, w *model.Workload) {
	share := unloaded(w)
	if share < w.SLO.Ratio-3*math.Sqrt(w.SLO.Ratio*(1-w.SLO.Ratio)/draws) {
		d.warn(n, WarnSLOUnreachable, "only %.3g%% of requests end within %s even if none of them queues: a ratio of %s holds at no rate",
			100*share, formatTime(w.SLO.Within), formatShare(w.SLO.Ratio))
	}
}
