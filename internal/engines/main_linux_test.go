package engines

import (
	"runtime"
	"testing"

	"go.uber.org/goleak"
)

// Engines with threads are given a processor for each.
func TestMain(m *testing.M) {
	runtime.GOMAXPROCS(64)
	goleak.VerifyTestMain(m)
}
