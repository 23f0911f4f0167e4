package future

import (
	"net/http"
	"runtime"
	"testing"

	"go.uber.org/goleak"

	"github.com/plimsoll-dev/plimsoll/engine/enginetest/rig"
)

func TestMain(m *testing.M) {
	rig.Main(play)
	runtime.GOMAXPROCS(64) // see Procs
	goleak.VerifyTestMain(m)
}

// running is an engine that serves.
type running struct {
	*Engine
	*rig.Server
}

func serve(t testing.TB, text string, h http.HandlerFunc) *running {
	t.Helper()
	e := rig.Build(t, text, newEngine)
	return &running{e, rig.Serve(t, e, h)}
}
