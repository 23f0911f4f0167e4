package plan

import (
	"context"
	"testing"

	"github.com/plimsoll-dev/plimsoll/internal/forecast"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
	"github.com/plimsoll-dev/plimsoll/sim"
	"github.com/plimsoll-dev/plimsoll/workload"
)

// free costs nothing: what is simulated is the queueing theory of the document.
var free = sim.Costs{Machine: "nothing costs anything", Speed: 1}

func document(t testing.TB, source string) *model.Workload {
	t.Helper()
	w, _, err := workload.Parse("test.yaml", []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func engines(t testing.TB, texts ...string) (all []model.EngineConfig) {
	t.Helper()
	for _, text := range texts {
		e, err := model.ParseEngine(text)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	return all
}

// simulates tries what a plan is about on instances of so many CPUs.
func simulates(cpus int, costs sim.Costs) Simulate {
	return func(ctx context.Context, s Setup) (*record.Trial, error) {
		return forecast.Try{Workload: s.Workload, Engine: s.Engine, CPUs: cpus, Costs: costs, Seed: s.Seed, Instances: s.Instances, Balancer: s.Balancer,
			Rate: s.Rate, Burst: s.Burst, Long: s.Long}.Run(ctx)
	}
}

// simulator is one of a workload.
func simulator(w *model.Workload, cpus int, costs sim.Costs) *Simulator {
	return &Simulator{Workload: w, Simulate: simulates(cpus, costs)}
}
