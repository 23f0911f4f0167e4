package sim

import (
	"slices"
	"time"
)

// A Circle is that every slot of some resources is held by requests that wait for a
// slot of one of them, whatever carries requests: none is ever given back (Coffman et
// al., System Deadlocks, 1971).
type Circle struct {
	At        time.Duration // when it was found, which is at the end of a [Simulation.RunUntil]
	Resources []string
}

// findCircle looks for one. It takes all resources that are full and waited for as
// stuck, and takes back whichever of them somebody holds who can go on.
func (s *Simulation) findCircle() {
	if s.service.circle != nil || !slices.Contains(s.circular, true) {
		return
	}
	waits := map[int32]int32{} // strands that wait for a resource that may be stuck
	stuck := map[int32]bool{}
	for i := range s.resources {
		r := &s.resources[i]
		if !s.circular[i%len(s.strides)] || r.held.N < r.size || r.queue.Len() == 0 {
			continue
		}
		stuck[int32(i)] = true
		for k := range r.queue.Len() {
			waits[r.queue.At(k)] = int32(i)
		}
	}
	for len(stuck) > 1 {
		ever := s.waitingEver(waits, stuck)
		before := len(stuck)
		for k := range s.strands.items {
			for _, h := range s.strands.items[k].held {
				if !ever[int32(k)] {
					delete(stuck, h.resource)
				}
			}
		}
		if len(stuck) == before {
			c := &Circle{At: time.Duration(s.now)}
			for i := range stuck {
				if name := s.config.Workload.Resources[int(i)%len(s.strides)].Name; !slices.Contains(c.Resources, name) {
					c.Resources = append(c.Resources, name)
				}
			}
			slices.Sort(c.Resources)
			s.service.circle = c
			return
		}
	}
}

// waitingEver returns the strands that wait for what is stuck, themselves or for a
// branch of theirs.
func (s *Simulation) waitingEver(waits map[int32]int32, stuck map[int32]bool) map[int32]bool {
	ever := map[int32]bool{}
	for k, resource := range waits {
		for stuck[resource] && !ever[k] {
			ever[k] = true
			parent := s.strands.items[k].parent
			if parent < 0 || !s.strands.items[parent].joining {
				break
			}
			k = parent
		}
	}
	return ever
}
