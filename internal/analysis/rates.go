package analysis

import (
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
)

// RateTrial returns what was measured at a rate that a workload names: of several
// trials the first that was not disturbed, or else the last; nil if none was made.
func RateTrial(trials []*record.Trial, at model.RateTrial, slo model.SLO) *record.Trial {
	var last *record.Trial
	for _, t := range trials {
		if t.Purpose != record.PurposeRate || t.Rate != at.Rate || t.Route != at.Route || t.Load.Arrivals == 0 {
			continue
		}
		if last = t; Undisturbed(t, slo) {
			return t
		}
	}
	return last
}

// Undisturbed reports whether nothing disturbed a trial at a rate: its latencies,
// or what a request costs.
func Undisturbed(t *record.Trial, slo model.SLO) bool {
	return len(Disturbances(t, slo)) == 0 && crowded(t) == ""
}

// atRates lists what was measured at the rates that a workload names.
func atRates(trials []*record.Trial, w *model.Workload) []AtRate {
	out := []AtRate{}
	for _, at := range w.Rates {
		t := RateTrial(trials, at, w.SLO)
		if t == nil {
			continue
		}
		a := AtRate{AtLine: *Describe(t), Route: t.Route, Within: share(t.Load.Within, t.Load.Arrivals), Routes: []RouteRate{}, Disturbed: notNil(Disturbances(t, w.SLO))}
		for _, r := range t.Load.Routes {
			if r.Arrivals > 0 {
				a.Routes = append(a.Routes, RouteRate{Name: r.Name, Within: share(r.Within, r.Arrivals), ErrorRatio: share(r.Failed, r.Arrivals),
					P50MS: float64(r.P50us) / 1000, P99MS: float64(r.P99us) / 1000})
			}
		}
		out = append(out, a)
	}
	return out
}

func share(k, n int64) float64 { return sig(float64(k)/float64(n), 4) }
