package thread

import (
	"testing"

	"github.com/plimsoll-dev/plimsoll/engine/enginetest"
)

func TestConformance(t *testing.T) {
	for _, text := range []string{"thread:max=20", "thread:max=20,reuse=off"} {
		t.Run(text, func(t *testing.T) { enginetest.Run(t, text, New) })
	}
}
