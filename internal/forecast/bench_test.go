package forecast

import (
	"io"
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/costs"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
	"github.com/plimsoll-dev/plimsoll/sim"
	"github.com/plimsoll-dev/plimsoll/workload"
)

// An hour of black-friday at 1,000/s, with its record.
func BenchmarkAnHour(b *testing.B) {
	doc, err := workload.Load("black-friday")
	if err != nil {
		b.Fatal(err)
	}
	if doc, err = AtRate(doc, 1000, time.Hour); err != nil {
		b.Fatal(err)
	}
	cfg, err := model.ParseEngine("thread")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		o := Options{Document: doc, Engines: []model.EngineConfig{cfg}, CPUs: 1, Costs: costs.Choice{Costs: sim.DefaultCosts(), From: costs.Shipped}, Record: record.NewWriter(io.Discard)}
		if err := Run(b.Context(), o); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/hour")
}
