package engines

import (
	"fmt"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/engine/future"
	"github.com/plimsoll-dev/plimsoll/engine/goroutine"
	"github.com/plimsoll-dev/plimsoll/engine/hybrid"
	"github.com/plimsoll-dev/plimsoll/engine/loop"
	"github.com/plimsoll-dev/plimsoll/engine/thread"
	"github.com/plimsoll-dev/plimsoll/engine/vthread"
	"github.com/plimsoll-dev/plimsoll/model"
)

// New returns the engine that a configuration describes.
func New(cfg model.EngineConfig) (engine.Engine, error) {
	if err := cfg.Runnable(); err != nil {
		return nil, err
	}
	switch cfg.Engine {
	case "thread":
		return thread.New(cfg)
	case "future":
		return future.New(cfg)
	case "loop":
		return loop.New(cfg)
	case "hybrid":
		return hybrid.New(cfg)
	case "vthread":
		return vthread.New(cfg)
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
	case cfg.Engine == "future":
		return future.Procs(cfg)
	case cfg.Engine == "loop":
		return 1 // whatever it does, it does on one thread
	case cfg.Engine == "vthread":
		return vthread.Procs(cfg, cpus)
	case cfg.Engine == "hybrid":
		return hybrid.Procs(cfg, cpus)
	case cfg.Has("procs") && cfg.Int("procs") > 0:
		return cfg.Int("procs")
	}
	return cpus
}

// Slack returns the timer slack that a process should be started with which
// is to serve with that configuration and do nothing else; 0: the usual.
func Slack(cfg model.EngineConfig) time.Duration {
	switch cfg.Engine {
	case "thread", "future", "hybrid": // have threads that wait in system calls
		return thread.RuntimeSlack
	}
	return 0
}
