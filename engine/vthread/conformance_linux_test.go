package vthread

import (
	"testing"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/enginetest"
	"github.com/plimsoll-dev/plimsoll/model"
)

func TestConformance(t *testing.T) {
	for _, text := range []string{"vthread:carriers=1", "vthread:carriers=4", "vthread:pinning=jdk21,carriers=2"} {
		t.Run(text, func(t *testing.T) { enginetest.Run(t, text, New) })
	}
}

func TestModel(t *testing.T) { enginetest.RunModel(t, "vthread", New) }

func TestPlantedFaultsAreFound(t *testing.T) {
	planted := func(p Plant) enginetest.Build {
		return func(cfg model.EngineConfig) (engine.Engine, error) { return NewPlanted(cfg, p) }
	}
	for _, f := range []enginetest.Fault{
		{Row: "of nine opaque waits eight pin a carrier, and nobody else is served", Says: "9 wait at once", Build: planted(Plant{Carriers: 1})},
		{Row: "8 carriers carry 421 requests in a second that pin one for 19 ms each, and no more", Says: "it is still not so that 8 are in", Build: planted(Plant{Carriers: 1})},
		{Row: "who is ready first goes on first (vthread:carriers=1)", Says: "[/1 /3 /0 /2]", Build: planted(Plant{NewestFirst: true})},
		{Row: "a slot given back elsewhere is enough to wake who waits for it", Says: "i/o timeout", Config: "vthread:carriers=1", Build: planted(Plant{LostWake: true})},
	} {
		t.Run(f.Row, func(t *testing.T) { enginetest.Red(t, "vthread", f) })
	}
}
