package hybrid

import (
	"testing"

	"github.com/plimsoll-dev/plimsoll/engine/enginetest"
)

func TestConformance(t *testing.T) {
	for _, text := range []string{"hybrid:loops=1,workers=1", "hybrid:loops=2,workers=2,blocking=4"} {
		t.Run(text, func(t *testing.T) { enginetest.Run(t, text, New) })
	}
}

func TestModel(t *testing.T) { enginetest.RunModel(t, "hybrid", New) }
