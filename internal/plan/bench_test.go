package plan

import (
	"io"
	"testing"

	"github.com/plimsoll-dev/plimsoll/internal/costs"
	"github.com/plimsoll-dev/plimsoll/record"
	"github.com/plimsoll-dev/plimsoll/sim"
	"github.com/plimsoll-dev/plimsoll/workload"
)

// What `plimsoll plan black-friday --rate 5000` does, for all engines: 20 s on two
// CPUs is what it may take.
func BenchmarkBlackFriday(b *testing.B) {
	doc, err := workload.Load("black-friday")
	if err != nil {
		b.Fatal(err)
	}
	tried := 0
	for b.Loop() {
		err := Run(b.Context(), Options{
			Question: Question{Rate: 5000, CPUs: 1, MaxInstances: 1000, Burst: 500}, Document: doc, Engines: doc.Workload.Engines,
			Costs: costs.Choice{Costs: sim.DefaultCosts(), From: costs.Shipped}, Simulate: simulates(1, sim.DefaultCosts()),
			Record: record.NewWriter(io.Discard), Progress: func(n int) { tried = n },
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/plan")
	b.ReportMetric(float64(tried), "trials")
}
