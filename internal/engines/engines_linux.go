package engines

import (
	"fmt"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/goroutine"
	"github.com/plimsoll-dev/plimsoll/engine/thread"
	"github.com/plimsoll-dev/plimsoll/model"
)

// New returns the engine that a configuration describes.
func New(cfg model.EngineConfig) (engine.Engine, error) {
	switch cfg.Engine {
	case "thread":
		return thread.New(cfg)
	case "goroutine":
		return goroutine.New(cfg)
	}
	return nil, fmt.Errorf("engines: engine %q cannot be run in this version", cfg.Engine)
}

// Procs returns the GOMAXPROCS that an engine's process needs on that many
// CPUs: as many as it has threads that block, for one whose threads do.
func Procs(cfg model.EngineConfig, cpus int) int {
	switch {
	case cfg.Engine == "thread":
		return thread.Procs(cfg)
	case cfg.Has("procs") && cfg.Int("procs") > 0:
		return cfg.Int("procs")
	}
	return cpus
}

// Prepare makes the calling process, which is to serve with that configuration
// and do nothing else, ready for it.
func Prepare(cfg model.EngineConfig) error {
	if cfg.Engine == "thread" {
		return thread.CalmRuntime()
	}
	return nil
}
