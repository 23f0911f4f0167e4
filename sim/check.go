package sim

import (
	"fmt"
	"time"

	"github.com/plimsoll-dev/plimsoll/sim/event"
)

// check holds every count of the simulation against Little's law, those of each
// instance for itself.
func (s *Simulation) check() error {
	if err := s.checkCounts(); err != nil {
		return fmt.Errorf("sim: after %s: %w", time.Duration(s.now), err)
	}
	return nil
}

func (s *Simulation) checkCounts() error {
	named := func(name string, levels ...*event.Level) error {
		for _, l := range levels {
			if err := l.Check(s.now); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		return nil
	}
	if err := named("requests in flight", &s.clients.inFlight); err != nil {
		return err
	}
	if err := named("requests at upstreams", &s.service.upstream); err != nil {
		return err
	}
	if len(s.instances) > 1 {
		if err := s.balancer.check(s.now, s.clients.inFlight.N); err != nil {
			return fmt.Errorf("balancer: %w", err)
		}
	}
	for i := range s.instances {
		v := &s.instances[i]
		if err := named("requests in the server", &v.inside); err != nil {
			return fmt.Errorf("instance %d: %w", i, err)
		}
		if err := named("cpu", &v.cpu.waiting, &v.cpu.running); err != nil {
			return fmt.Errorf("instance %d: %w", i, err)
		}
	}
	for i := range s.pools {
		p := &s.pools[i]
		if err := named("pool "+p.name, &p.busy, &p.queued, &p.pinned); err != nil {
			return fmt.Errorf("instance %d: %w", p.instance, err)
		}
	}
	for i := range s.resources {
		r := &s.resources[i]
		of := s.config.Workload.Resources[i%len(s.strides)]
		if err := named("resource "+of.Name, &r.held, &r.waiting); err != nil {
			return err
		}
		if r.held.Max > int64(of.Size) {
			return fmt.Errorf("resource %s: %d held it at once", of.Name, r.held.Max)
		}
	}
	return nil
}
