package hybrid

import "github.com/plimsoll-dev/plimsoll/model"

// sizes are what a configuration says on a machine, without zeros.
type sizes struct{ loops, workers, blocking, blockingMax int }

func sizesOf(cfg model.EngineConfig, cpus int) sizes {
	s := sizes{
		loops: cfg.Int("loops"), workers: cfg.Int("workers"),
		blocking: cfg.Int("blocking"), blockingMax: cfg.Int("blocking-max"),
	}
	if s.loops == 0 {
		s.loops = cpus
	}
	if s.workers == 0 {
		s.workers = cpus
	}
	s.blockingMax = max(s.blocking, s.blockingMax)
	return s
}

// Procs returns the GOMAXPROCS that a process serving with cfg on so many CPUs
// is started with: a processor for each loop and each thread that computes. The
// engine adds those of the blocking workers when they are there.
func Procs(cfg model.EngineConfig, cpus int) int {
	s := sizesOf(cfg, cpus)
	return s.loops + s.workers
}
