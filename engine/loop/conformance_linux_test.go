package loop

import (
	"testing"

	"github.com/plimsoll-dev/plimsoll/engine/enginetest"
)

func TestConformance(t *testing.T) {
	for _, config := range []string{"loop", "loop:poll=busy"} {
		t.Run(config, func(t *testing.T) { enginetest.Run(t, config, New) })
	}
}

func TestModel(t *testing.T) { enginetest.RunModel(t, "loop", New) }
