package future

import (
	"testing"

	"github.com/plimsoll-dev/plimsoll/engine/enginetest"
)

func TestConformance(t *testing.T) {
	for _, text := range []string{"future:max=20", "future:max=20,executor=8"} {
		t.Run(text, func(t *testing.T) { enginetest.Run(t, text, New) })
	}
}

func TestModel(t *testing.T) { enginetest.RunModel(t, "future", New) }
