package host

import (
	"fmt"
	"slices"
)

// A Placement gives the processes of each role their CPUs. No role is without
// one; roles share where there are too few.
type Placement struct {
	Server, Load, Upstream []int
	Warnings               []Warning // what sharing does to the measurement
}

// A Warning is a doubt that belongs in the record.
type Warning struct {
	Code, Text string
}

// Plan divides CPUs among the roles. siblings, if known, are the groups of
// CPUs that share a core; the server then gets whole cores, because a thread
// that computes on the other half of a core makes it slower without a trace.
//
// The server is alone on its CPUs: the last half, rounded down. The generator
// comes first among the others, since its lateness would be taken for the
// server's: it has one CPU, two where four or more are left. The upstream has
// the rest, and shares the generator's where nothing is left.
func Plan(cpus []int, siblings ...[]int) Placement {
	cpus = slices.Compact(slices.Sorted(slices.Values(cpus)))
	if len(cpus) == 0 {
		cpus = []int{0}
	}
	if len(cpus) == 1 {
		return Placement{Server: cpus, Load: cpus, Upstream: cpus, Warnings: []Warning{{
			"one-cpu", fmt.Sprintf("server, load and upstream share CPU %d: rates are too low and the generator is late; use two CPUs or more", cpus[0]),
		}}}
	}
	var p Placement
	half := len(cpus) / 2
	for _, core := range slices.Backward(cores(cpus, siblings)) {
		if len(p.Server)+len(core) <= half {
			p.Server = append(p.Server, core...)
		}
	}
	if p.Server == nil { // one core, whose threads are all there is
		p.Server = slices.Clone(cpus[len(cpus)-half:])
		p.Warnings = append(p.Warnings, Warning{
			"shared-core", fmt.Sprintf("CPUs %v are threads of one core: the server slows down when load and upstream work", cpus),
		})
	}
	slices.Sort(p.Server)
	rest := slices.DeleteFunc(slices.Clone(cpus), func(c int) bool { return slices.Contains(p.Server, c) })
	load := 1
	if len(rest) >= 4 {
		load = 2
	}
	p.Load, p.Upstream = rest[:load:load], rest[load:]
	if len(p.Upstream) == 0 {
		p.Upstream = p.Load
	}
	return p
}

// cores groups cpus by the core they are on, in the order of their first CPU.
func cores(cpus []int, siblings [][]int) [][]int {
	var groups [][]int
	seen := map[int]bool{}
	for _, c := range cpus {
		if seen[c] {
			continue
		}
		core := []int{c}
		for _, s := range siblings {
			if slices.Contains(s, c) {
				core = slices.DeleteFunc(slices.Clone(cpus), func(x int) bool { return !slices.Contains(s, x) })
				break
			}
		}
		for _, x := range core {
			seen[x] = true
		}
		groups = append(groups, core)
	}
	return groups
}
