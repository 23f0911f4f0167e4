package engines

import (
	"runtime"
	"testing"

	"go.uber.org/goleak"

	"github.com/plimsoll-dev/plimsoll/engine/enginetest/rig"
)

// Engines with threads are given a processor for each.
func TestMain(m *testing.M) {
	rig.Main(play)
	runtime.GOMAXPROCS(64)
	goleak.VerifyTestMain(m)
}
