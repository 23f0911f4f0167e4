package workload

import (
	"slices"

	"github.com/goccy/go-yaml/ast"
)

// A lockOrder records which resources are taken while which others are held. A
// cycle in it is the classic necessary condition of deadlock (Coffman et al.,
// System Deadlocks, 1971): one request holds a and waits for b, another holds
// b and waits for a.
type lockOrder struct {
	edges []lockEdge
}

type lockEdge struct {
	outer, inner string
	at           ast.Node // where inner is taken first
}

func (o *lockOrder) add(outer, inner string, at ast.Node) {
	if !slices.ContainsFunc(o.edges, func(e lockEdge) bool { return e.outer == outer && e.inner == inner }) {
		o.edges = append(o.edges, lockEdge{outer, inner, at})
	}
}

// cycle returns the resources of a cycle in the order in which they are taken,
// the first one repeated at the end, and the hold that closes it; nothing if
// there is no cycle. Where there are several, it is the one that was closed
// first in the document.
func (o *lockOrder) cycle() (names []string, at ast.Node) {
	for i, e := range o.edges {
		if path := lockPath(e.inner, e.outer, o.edges[:i], map[string]bool{}); path != nil {
			return append([]string{e.outer}, path...), e.at
		}
	}
	return nil, nil
}

// lockPath returns the resources from one to another along edges, without those
// that were seen to lead nowhere.
func lockPath(from, to string, edges []lockEdge, seen map[string]bool) []string {
	if from == to {
		return []string{to}
	}
	seen[from] = true
	for _, e := range edges {
		if e.outer != from || seen[e.inner] {
			continue
		}
		if rest := lockPath(e.inner, to, edges, seen); rest != nil {
			return append([]string{from}, rest...)
		}
	}
	return nil
}
