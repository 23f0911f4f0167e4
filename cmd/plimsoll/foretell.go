package main

import (
	"fmt"
	"math"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/internal/plan"
	"github.com/plimsoll-dev/plimsoll/internal/report"
)

// What a service takes of this machine that has a hundred thousand requests in flight or
// more: as fast as in go test -bench Scale ./sim, and as much memory as two trials at a
// time took that had 600,000 requests each, 489 MB (docs/plan.md).
const (
	largeSpeed   = 500_000 // simulated requests per second of one CPU, about
	largeRequest = 500     // bytes, about, for each request of a usual trial
)

// patience is how long a plan may take without having said so.
const patience = time.Minute

// foretell says how long a plan will take on so many CPUs and with how much memory, and what
// would make it less; "" if it is not long.
func foretell(o *plan.Options, cpus int) (string, error) {
	f, err := o.Foretell(func(s plan.Setup) float64 { return tries(o.CPUs, o.Costs.Costs, s).Requests() })
	if err != nil {
		return "", err
	}
	long := time.Duration(f.Requests / largeSpeed / float64(cpus) * float64(time.Second))
	if long < patience {
		return "", nil
	}
	text := fmt.Sprintf("%.0f minutes", math.Ceil(max(2, long.Minutes())))
	if long > 2*time.Hour {
		text = fmt.Sprintf("%.0f hours", math.Ceil(long.Hours()))
	}
	return fmt.Sprintf("this takes about %s, and about %s of memory: some %s trials of some %s requests each\n"+
		"  sooner: one engine (-e), no --vary, or smaller instances (--cpus), of many of which a few stand for all",
		text, report.Size(int64(largeRequest*f.Each*float64(cpus))), analysis.Grouped(float64(f.Trials)), analysis.Rate(f.Each)), nil
}
