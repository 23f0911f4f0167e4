package lab

import (
	"context"
	"fmt"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/internal/engines"
	"github.com/plimsoll-dev/plimsoll/internal/host"
	"github.com/plimsoll-dev/plimsoll/model"
)

// A target is a service under load: a child process with one of our engines.
type target struct {
	process    *process
	address    string
	gomaxprocs int
	upstreams  []string
	idleRSS    int64 // its resident memory before it was sent anything
	stale      bool  // it broke, and may still be working off a backlog
}

// stopPatience is how long a server may take to answer what it has received
// when it is told to stop. Its longest requests are bounded by the clients'
// timeout; nobody listens any more.
const stopPatience = 3 * time.Second

// startTarget starts an engine's process and waits until it serves.
func (l *lab) startTarget(cfg model.EngineConfig, v analysis.Variant) (*target, error) {
	changed, _, err := v.Apply(cfg, l.workload)
	if err != nil {
		return nil, err
	}
	// A server that would not fit is not worth a half measurement.
	if err := host.EnsureDescriptors(uint64(descriptorsFor(changed, l.workload))); err != nil {
		return nil, fmt.Errorf("lab: %s under %d requests in flight: %w; or lower the workload's in-flight", changed, l.workload.InFlight, err)
	}
	at := place{cpus: l.place.Server, procs: engines.Procs(changed, len(l.place.Server)), slack: engines.Slack(changed)}
	p, err := start(roleEngine, at, engineSpec{
		Engine: cfg.String(), Workload: l.doc.Name, Source: string(l.doc.Source), Variant: v.String(), Upstreams: l.addresses, Speed: l.speed, Address: l.address,
	})
	if err != nil {
		return nil, err
	}
	var r ready
	if err := p.hear(&r); err != nil {
		p.kill()
		return nil, err
	}
	t := &target{process: p, address: r.Address, gomaxprocs: r.GOMAXPROCS, upstreams: l.addresses}
	if idle, err := host.Sample(p.cmd.Process.Pid); err == nil {
		t.idleRSS = idle.RSS
	}
	return t, nil
}

// descriptorsFor estimates what an engine's process opens at most: a connection
// to each client in flight, one to an upstream for each, and its own.
func descriptorsFor(cfg model.EngineConfig, w *model.Workload) int {
	serving := w.InFlight
	if cfg.Has("max") {
		serving = min(serving, cfg.Int("max"))
	}
	if len(w.Upstreams) == 0 {
		serving = 0
	}
	return w.InFlight + serving + 200
}

// idle waits until a server has finished what it had begun; false if it has
// not after that long.
func (t *target) idle(ctx context.Context, patience time.Duration) (bool, error) {
	for deadline := time.Now().Add(patience); ; {
		var s engineStats
		if err := t.process.ask("stats", &s); err != nil {
			return false, err
		}
		if s.Engine.InFlight == 0 && s.Engine.Queued == 0 {
			return true, nil
		}
		if time.Now().After(deadline) || ctx.Err() != nil {
			return false, nil
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (t *target) stop() { t.process.stop(stopPatience) }
