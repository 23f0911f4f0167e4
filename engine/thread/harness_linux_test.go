package thread

import (
	"net/http"
	"runtime"
	"testing"

	"go.uber.org/goleak"

	"github.com/plimsoll-dev/plimsoll/engine/enginetest/rig"
)

// Keeps the main thread for the main goroutine. Where a goroutine that locked
// it ends, Go does not end that thread, and the tests count threads.
func init() { runtime.LockOSThread() }

// An engine of this kind is given a processor for each thread; see Procs.
func TestMain(m *testing.M) {
	rig.Main(play)
	runtime.GOMAXPROCS(64)
	goleak.VerifyTestMain(m)
}

// running is an engine that serves.
type running struct {
	*Engine
	*rig.Server
}

func serve(t testing.TB, text string, h http.HandlerFunc) *running {
	t.Helper()
	return start(t, rig.Build(t, text, newEngine), h)
}

func start(t testing.TB, e *Engine, h http.HandlerFunc) *running {
	t.Helper()
	return &running{e, rig.Serve(t, e, h)}
}
