package lab

import (
	"context"
	"fmt"
	"net"
	"runtime"

	"github.com/plimsoll-dev/plimsoll/engine"
	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/internal/host"
	"github.com/plimsoll-dev/plimsoll/internal/reactor"
	"github.com/plimsoll-dev/plimsoll/internal/work"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/service/synthetic"
	"github.com/plimsoll-dev/plimsoll/workload"
)

// engineSpec is what an engine's process is told to serve.
type engineSpec struct {
	Engine    string     `json:"engine"` // text form
	Workload  string     `json:"workload"`
	Source    string     `json:"source"`
	Variant   string     `json:"variant"`
	Upstreams []string   `json:"upstreams"`
	Speed     work.Speed `json:"speed"`
	Address   string     `json:"address"` // to listen on; "": a free port of loopback
}

// engineStats is an engine process's view of itself at one moment. Everything
// but gauges only grows.
type engineStats struct {
	Clock       int64                  `json:"clock"` // CLOCK_MONOTONIC, ns
	Engine      engine.Stats           `json:"engine"`
	Resources   []engine.ResourceStats `json:"resources"`
	CPUNanos    int64                  `json:"cpu_nanos"`   // user and system, ended threads included
	Voluntary   int64                  `json:"voluntary"`   // context switches
	Involuntary int64                  `json:"involuntary"` // context switches
	GOMAXPROCS  int                    `json:"gomaxprocs"`  // a gauge: an engine may raise it
}

func engineChild(c *child, newEngine NewEngine) error {
	var spec engineSpec
	if err := c.spec(&spec); err != nil {
		return err
	}
	cfg, w, variant, err := spec.resolve()
	if err != nil {
		return err
	}
	service, err := synthetic.New(w, synthetic.Options{Upstreams: spec.Upstreams, Speed: spec.Speed, ComputeScale: variant.Compute})
	if err != nil {
		return err
	}
	e, err := newEngine(cfg)
	if err != nil {
		return err
	}
	ln, err := listen(spec.Address)
	if err != nil {
		return err
	}
	serve := func(ctx context.Context, ln net.Listener) error { return e.Serve(ctx, ln, tracePaths(service)) }
	return c.serve(ln, serve, func(command string) (any, error) {
		if command == "stats" {
			return snapshot(e, service)
		}
		if answer, ok, err := traceCommand(command); ok {
			return answer, err
		}
		return nil, fmt.Errorf("no command %q", command)
	})
}

// resolve makes the specification's texts into what they mean.
func (s *engineSpec) resolve() (model.EngineConfig, *model.Workload, analysis.Variant, error) {
	cfg, err := model.ParseEngine(s.Engine)
	if err != nil {
		return cfg, nil, analysis.Variant{}, err
	}
	w, _, err := workload.Parse(s.Workload, []byte(s.Source))
	if err != nil {
		return cfg, nil, analysis.Variant{}, err
	}
	v, err := analysis.ParseVariant(s.Variant)
	if err != nil {
		return cfg, nil, v, err
	}
	cfg, w, err = v.Apply(cfg, w)
	return cfg, w, v, err
}

func snapshot(e engine.Engine, s *synthetic.Service) (engineStats, error) {
	usage, err := host.SelfUsage()
	if err != nil {
		return engineStats{}, err
	}
	return engineStats{
		Clock: reactor.Clock(), Engine: e.Stats(), Resources: s.Resources(),
		CPUNanos:  int64(usage.User + usage.System),
		Voluntary: usage.VolSwitches, Involuntary: usage.InvolSwitches,
		GOMAXPROCS: runtime.GOMAXPROCS(0),
	}, nil
}
