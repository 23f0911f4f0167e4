package hybrid

import (
	"testing"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/enginetest"
	"github.com/plimsoll-dev/plimsoll/model"
)

func TestConformance(t *testing.T) {
	for _, text := range []string{"hybrid:loops=1,workers=1", "hybrid:loops=2,workers=2,blocking=4"} {
		t.Run(text, func(t *testing.T) { enginetest.Run(t, text, New) })
	}
}

func TestModel(t *testing.T) { enginetest.RunModel(t, "hybrid", New) }

func TestPlantedFaultsAreFound(t *testing.T) {
	enginetest.Red(t, "hybrid", enginetest.Fault{
		Row: "blocking workers queue before they are added", Says: "with 2 requests 1 threads are in read(2)",
		Build: func(cfg model.EngineConfig) (engine.Engine, error) { return NewPlanted(cfg, Plant{Blocking: 1}) },
	})
}
