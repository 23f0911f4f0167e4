package loop

import (
	"io"
	"log"
	"net/http"
	"testing"

	"go.uber.org/goleak"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/enginetest/rig"
)

func TestMain(m *testing.M) {
	rig.Main(play)
	log.SetOutput(io.Discard) // panics and stalls are planted
	goleak.VerifyTestMain(m)
}

// running is an engine that serves.
type running struct {
	engine.Engine
	*rig.Server
}

func serve(t testing.TB, text string, h http.HandlerFunc) *running {
	t.Helper()
	return serveHandler(t, text, h)
}

func serveHandler(t testing.TB, text string, h http.Handler) *running {
	t.Helper()
	e := rig.Build(t, text, New)
	return &running{e, rig.Serve(t, e, h)}
}
