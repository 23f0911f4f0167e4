package workload

import (
	"slices"

	"github.com/plimsoll-dev/plimsoll/model"
)

// Circular says of each resource whether it is held, by way of others, inside
// itself. Only of these can every slot be held by requests that wait for a slot of
// another of them, for good (Coffman et al., System Deadlocks, 1971).
func Circular(w *model.Workload) []bool {
	n := len(w.Resources)
	inside := make([][]bool, n) // of each resource, those that are taken while it is held
	for i := range inside {
		inside[i] = make([]bool, n)
	}
	var walk func(steps []model.Step, held []int)
	walk = func(steps []model.Step, held []int) {
		for i := range steps {
			s, inner := &steps[i], held
			if s.Verb == model.Hold {
				at := slices.IndexFunc(w.Resources, func(r model.Resource) bool { return r.Name == s.Resource })
				for _, h := range held {
					inside[h][at] = true
				}
				inner = append(slices.Clip(held), at)
			}
			walk(s.Steps, inner)
			for _, b := range s.Branches {
				walk(b.Steps, inner)
			}
		}
	}
	for _, r := range w.Routes {
		walk(r.Steps, nil)
	}
	for k := range n { // Warshall's closure
		for i := range n {
			for j := range n {
				inside[i][j] = inside[i][j] || inside[i][k] && inside[k][j]
			}
		}
	}
	self := make([]bool, n)
	for i := range self {
		self[i] = inside[i][i]
	}
	return self
}
