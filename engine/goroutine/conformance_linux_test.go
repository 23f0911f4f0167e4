package goroutine_test

import (
	"testing"

	"github.com/plimsoll-dev/plimsoll/engine/enginetest"
	"github.com/plimsoll-dev/plimsoll/engine/goroutine"
)

func TestConformance(t *testing.T) {
	enginetest.Run(t, "goroutine", goroutine.New)
}

func TestModel(t *testing.T) { enginetest.RunModel(t, "goroutine", goroutine.New) }

func TestConformanceOfNetHTTP(t *testing.T) {
	enginetest.Run(t, "goroutine:http=net", goroutine.New,
		enginetest.Except("a head that takes too long is answered 408", "net/http closes without an answer"),
		enginetest.Except("a panic is answered 500, and the engine lives", "net/http closes without an answer"),
		enginetest.Except("a panic inside a verb is answered 500, and the engine lives", "net/http closes without an answer"))
}
