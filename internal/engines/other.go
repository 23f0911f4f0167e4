//go:build !linux

package engines

import (
	"fmt"
	"runtime"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/model"
)

// New returns an error: engines run on Linux.
func New(cfg model.EngineConfig) (engine.Engine, error) {
	return nil, fmt.Errorf("engines: %s runs on Linux only, and this is %s", cfg, runtime.GOOS)
}
