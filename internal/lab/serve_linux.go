package lab

import (
	"context"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/internal/host"
	"github.com/plimsoll-dev/plimsoll/model"
)

// Serve runs a workload under one engine, in the processes and on the CPUs that
// a comparison gives them, until ctx ends or the server dies.
func Serve(ctx context.Context, o ServeOptions) error {
	l := &lab{doc: o.Document, workload: o.Document.Workload, address: o.Address}
	l.Options.Engines, l.Options.UpstreamCapacity = []model.EngineConfig{o.Engine}, o.UpstreamCapacity
	defer l.stopAll()
	cpus, err := host.CPUs()
	if err != nil {
		return err
	}
	l.place = host.Plan(cpus, host.Siblings()...)
	if l.speed, err = l.calibrate(ctx); err != nil {
		return err
	}
	if err := l.startUpstreams(); err != nil {
		return err
	}
	t, err := l.startTarget(o.Engine, analysis.Variant{})
	if err != nil {
		return err
	}
	defer t.stop()
	o.Ready(t.address)
	select {
	case <-ctx.Done():
		return nil
	case <-t.process.done:
		return t.process.failed(t.process.err)
	}
}
