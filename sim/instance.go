package sim

import (
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/sim/event"
)

// An instance is one of the identical servers of a service, and what it knows
// about itself; its pools and cores are the simulation's.
type instance struct {
	inside    event.Level // requests, from received to answered
	responses uint64
	rejected  uint64
	residence [model.NumStates]int64
	cpu       cpu

	idle    []int32            // connections that nobody uses, by the pool that each belongs to; the last is used first,
	open    int                // of those that clients, or the balancer, have to it
	waiting event.Ring[ticket] // for a connection
}

func (s *Simulation) beginInstance(i int32) {
	for _, spec := range s.engine.pools {
		s.pools = append(s.pools, pool{poolSpec: spec, instance: i})
		s.begin(&s.pools[len(s.pools)-1])
	}
	resources := s.config.Workload.Resources
	for _, r := range resources {
		if i == 0 {
			stride := int32(len(resources))
			if r.Shared {
				stride = 0
			}
			s.strides = append(s.strides, stride)
		}
		// The place of what is shared is there in every instance, and used in the first.
		s.resources = append(s.resources, resource{size: int64(r.Size)})
	}
	s.instances[i].cpu = s.newCPU(i)
}
