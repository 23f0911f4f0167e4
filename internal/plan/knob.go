package plan

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
	"github.com/plimsoll-dev/plimsoll/sim"
	"github.com/plimsoll-dev/plimsoll/workload"
)

// A knob is a size that is ours to choose: an option of the engine, or a resource.
type knob struct {
	option   string // of the engine; "": it is
	resource int    // this of the workload's resources
	name     string // as people know it
	low      int
	high     int                         // more makes no difference, or cannot be
	used     func(*record.Trial) float64 // of it, mean
}

// sizeOptions are the options that are sizes of an engine's own, in an order in
// which they can be put back to their defaults.
var sizeOptions = []string{"spare", "max", "workers", "blocking", "blocking-max", "carriers"}

// base is a configuration without the sizes that are to be found.
func base(cfg model.EngineConfig) (model.EngineConfig, error) {
	spec := model.SpecOf(cfg.Engine)
	plain, err := model.ParseEngine(cfg.Engine)
	for _, o := range spec.Options {
		if err == nil && !slices.Contains(sizeOptions, o.Name) {
			plain, err = plain.With(o.Name, cfg.Text(o.Name))
		}
	}
	return plain, err
}

// mostSlots is more than any resource needs.
const mostSlots = 1 << 20

// knobs are the sizes of an engine that the workload has a use for, and of the
// resources: those of kept, what instances share, and locks of the language,
// have the size that they have.
func knobs(cfg model.EngineConfig, w *model.Workload, cpus int, kept []string) []knob {
	d := workload.Demand(w).Request
	var all []knob
	option := func(name, known string, low, high int, used func(*record.Trial) float64) {
		if cfg.Has(name) {
			if most := mostOf(cfg.Engine, name); high == 0 || high > most {
				high = most
			}
			all = append(all, knob{option: name, name: known, low: low, high: high, used: used})
		}
	}
	busy := func(pool string) func(*record.Trial) float64 {
		return func(t *record.Trial) float64 {
			for _, p := range t.Server.Workers {
				if p.Name == pool {
					return p.Busy
				}
			}
			return 0
		}
	}
	option("max", "threads", 1, 0, func(t *record.Trial) float64 { return t.Server.Busy })
	if cfg.Has("executor") && cfg.Int("executor") != model.Unbounded {
		option("executor", "executor threads", 1, limitOf(cfg, "executor-max"), busy(sim.Executor))
	}
	if d.CPU > 0 {
		option("workers", "workers", 1, cpus, busy(sim.CPUWorkers))
	}
	if d.Call+d.Block > 0 {
		option("blocking", "blocking threads", 1, 0, busy(sim.BlockingWorkers))
	}
	if d.Block > 0 || pinsInMonitors(cfg, w) {
		option("carriers", "carriers", cpus, 0, busy(sim.Carriers))
	}
	for i, r := range w.Resources {
		if r.Monitor || r.Shared || d.Holding[r.Name] == 0 || slices.Contains(kept, r.Name) {
			continue
		}
		all = append(all, knob{resource: i, name: r.Name, low: 1, high: mostSlots, used: func(t *record.Trial) float64 { return t.Server.Resources[i].InUse }})
	}
	return all
}

func limitOf(cfg model.EngineConfig, option string) int {
	if n := cfg.Int(option); n != model.Unbounded {
		return n
	}
	return 0
}

func pinsInMonitors(cfg model.EngineConfig, w *model.Workload) bool {
	return cfg.Has("pinning") && cfg.Text("pinning") == "jdk21" && slices.ContainsFunc(w.Resources, func(r model.Resource) bool { return r.Monitor })
}

// mostOf is the largest value of an engine's option.
func mostOf(engine, option string) int {
	spec := model.SpecOf(engine)
	i := slices.IndexFunc(spec.Options, func(o model.Option) bool { return o.Name == option })
	return spec.Options[i].Max
}

// connect lets that many connections in; 0: as many as may be.
func connect(c *Candidate, n int) {
	if !c.Engine.Has("connections") {
		return
	}
	most := mostOf(c.Engine.Engine, "connections")
	if n == 0 || n > most {
		n = most
	}
	k := knob{option: "connections"}
	k.set(c, n)
}

// set gives a candidate that many.
func (k *knob) set(c *Candidate, n int) {
	if k.option == "" {
		c.Sizes[k.resource] = n
		return
	}
	cfg, err := c.Engine.With(k.option, strconv.Itoa(n))
	if err != nil {
		panic(fmt.Sprintf("plan: %v", err)) // n is within the option's bounds
	}
	c.Engine = cfg
}

// of is how many a candidate has.
func (k *knob) of(c *Candidate) int {
	if k.option == "" {
		return c.Sizes[k.resource]
	}
	return c.Engine.Int(k.option)
}

// binds reports whether a limit that a trial reached is this knob's.
func (k *knob) binds(kind model.WallKind, name string, w *model.Workload) bool {
	switch kind {
	case model.WallThreadPool:
		return k.option == "max"
	case model.WallExecutor:
		return k.option == "executor"
	case model.WallCarriers:
		return k.option == "carriers"
	case model.WallWorkers:
		return k.option == "workers" && name == sim.CPUWorkers || k.option == "blocking" && name == sim.BlockingWorkers
	case model.WallResource:
		return k.option == "" && w.Resources[k.resource].Name == name
	}
	return false
}
