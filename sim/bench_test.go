package sim

import (
	"testing"
	"time"

	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/workload"
)

// Black-friday as it is built in, with the default costs: simulated requests per
// second of this machine's time.
func BenchmarkBlackFriday(b *testing.B) {
	doc, err := workload.Load("black-friday")
	if err != nil {
		b.Fatal(err)
	}
	for _, engine := range []string{"thread", "future", "loop", "hybrid", "vthread", "goroutine"} {
		b.Run(engine, func(b *testing.B) {
			cfg, err := model.ParseEngine(engine)
			if err != nil {
				b.Fatal(err)
			}
			const rate = 1000
			n := 0
			s, err := New(Config{Workload: doc.Workload, Engine: cfg, CPUs: 1, Costs: DefaultCosts(), Seed: 1, Ended: func(Ended) { n++ },
				Stages: []model.Stage{{For: 1000 * time.Hour, Rate: rate}}})
			if err != nil {
				b.Fatal(err)
			}
			if err := s.RunUntil(10 * time.Second); err != nil { // until no buffer grows
				b.Fatal(err)
			}
			n = 0
			b.ReportAllocs()
			b.ResetTimer()
			if err := s.RunUntil(10*time.Second + time.Duration(b.N)*time.Second/rate); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "requests/s")
		})
	}
}
