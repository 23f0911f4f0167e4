package vthread

import (
	"testing"

	"github.com/plimsoll-dev/plimsoll/engine/enginetest"
)

func TestConformance(t *testing.T) {
	for _, text := range []string{"vthread:carriers=1", "vthread:carriers=4", "vthread:pinning=jdk21,carriers=2"} {
		t.Run(text, func(t *testing.T) { enginetest.Run(t, text, New) })
	}
}
