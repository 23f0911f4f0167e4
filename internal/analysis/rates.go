package analysis

import (
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
)

// atRates lists what was measured at the rates that a workload names.
func atRates(trials []*record.Trial, slo model.SLO) []AtRate {
	out := []AtRate{}
	for _, t := range trials {
		if t.Purpose != record.PurposeRate || t.Load.Arrivals == 0 {
			continue
		}
		a := AtRate{AtLine: *Describe(t), Route: t.Route, Within: share(t.Load.Within, t.Load.Arrivals), Routes: []RouteRate{}, Disturbed: notNil(Disturbances(t, slo))}
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
