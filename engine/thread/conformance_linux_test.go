package thread

import (
	"testing"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/enginetest"
	"github.com/plimsoll-dev/plimsoll/model"
)

func TestConformance(t *testing.T) {
	for _, text := range []string{"thread:max=20", "thread:max=20,reuse=off"} {
		t.Run(text, func(t *testing.T) { enginetest.Run(t, text, New) })
	}
}

func TestModel(t *testing.T) { enginetest.RunModel(t, "thread", New) }

func TestPlantedFaultsAreFound(t *testing.T) {
	planted := func(p Plant) enginetest.Build {
		return func(cfg model.EngineConfig) (engine.Engine, error) { return NewPlanted(cfg, p) }
	}
	for _, f := range []enginetest.Fault{
		{Row: "of 201 requests 200 are at the upstream, each with a thread in read(2), and the 201st waits", Says: "201 wait at once", Build: planted(Plant{Workers: 201})},
		{Row: "200 threads carry 1,000 requests of 200 ms in a second, and no more", Says: "it is still not so that 200 are in", Build: planted(Plant{Workers: 201})},
		{Row: "threads are added before anything is queued", Says: "with 2 requests 2 threads are in read(2)", Build: planted(Plant{QueueFirst: true})},
		{Row: "who waits longest for a thread gets one", Says: "[/0 /4 /3 /2 /1]", Build: planted(Plant{NewestFirst: true})},
		{Row: "the connection past the cap is accepted, and not served", Says: "at the cap: 4 accepted", Build: planted(Plant{Connections: 1})},
	} {
		t.Run(f.Row, func(t *testing.T) { enginetest.Red(t, "thread", f) })
	}
}
