package analysis

import (
	"time"

	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/workload"
)

// engineCPU is a first estimate of what engine, codec and upstream requests
// cost: it decides how hard the warm-up is driven, and nothing else.
const engineCPU = 150 * time.Microsecond

// FirstGuess is the rate, requests per second, at which an engine is expected to
// break before anything was measured: by Little's law n of something carry n / the
// time that a request keeps one. Who is kept for how long is the table of who pays
// for which verb.
func FirstGuess(cfg model.EngineConfig, w *model.Workload, cpus int) float64 {
	d := workload.Demand(w).Request
	busy := d.CPU + engineCPU
	guess := float64(cpus) / busy.Seconds()
	limit := func(n int, kept time.Duration) {
		if n > 0 && kept > 0 {
			guess = min(guess, float64(n)/kept.Seconds())
		}
	}
	orCPUs := func(option string) int {
		if n := cfg.Int(option); n > 0 {
			return n
		}
		return cpus
	}
	switch cfg.Engine {
	case "thread":
		limit(cfg.Int("max"), d.Residence)
	case "future":
		limit(cfg.Int("max"), d.CPU+d.Call+d.Block)
		if n := cfg.Int("executor"); n != model.Unbounded {
			limit(n, d.CPU+d.Call+d.Block)
		}
	case "loop":
		limit(1, busy+d.Call+d.Block)
	case "hybrid":
		limit(orCPUs("workers"), d.CPU)
		limit(cfg.Int("blocking-max"), d.Call+d.Block)
	case "vthread":
		limit(orCPUs("carriers"), busy+d.Block)
	}
	for _, r := range w.Resources {
		limit(r.Size, d.Holding[r.Name])
	}
	return guess
}
