package importer

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/importer/span"
)

// A request is one server span, and what was done inside it.
type request struct {
	route int32 // label of the server span
	start time.Duration
	took  time.Duration
	did   sequence
}

// A tree is one trace, its spans connected.
type tree struct {
	t        *Traces
	nodes    []node
	byID     map[span.ID]int
	children map[span.ID][]int
	seen     []bool // in a request
	broken   []bool // not ended, or in a cycle
	lost     tallied
}

func newTree(t *Traces, nodes []node, lost tallied) *tree {
	tr := &tree{t: t, byID: map[span.ID]int{}, children: map[span.ID][]int{}, lost: lost}
	for _, n := range nodes {
		if _, dup := tr.byID[n.id]; dup {
			lost[lostDuplicate]++
			continue
		}
		tr.byID[n.id] = len(tr.nodes)
		tr.nodes = append(tr.nodes, n)
	}
	tr.seen, tr.broken = make([]bool, len(tr.nodes)), make([]bool, len(tr.nodes))
	tr.cycles()
	tr.levels()
	for i, n := range tr.nodes {
		switch {
		case tr.broken[i]:
		case n.end < n.start:
			tr.broken[i] = true
			lost[lostOpen]++
		case n.end-n.start > longestTime:
			tr.broken[i] = true
			lost[lostDay]++
		}
		if !tr.broken[i] {
			tr.children[n.parent] = append(tr.children[n.parent], i)
		}
	}
	return tr
}

// parent returns the index of a span's parent, or -1.
func (tr *tree) parent(i int) int {
	if p, ok := tr.byID[tr.nodes[i].parent]; ok {
		return p
	}
	return -1
}

// cycles breaks spans that are their own ancestors.
func (tr *tree) cycles() {
	const unknown, walking, done = 0, 1, 2
	state := make([]byte, len(tr.nodes))
	for i := range tr.nodes {
		var path []int
		at := i
		for at >= 0 && state[at] == unknown {
			state[at] = walking
			path = append(path, at)
			at = tr.parent(at)
		}
		if at >= 0 && state[at] == walking {
			for _, p := range path[slices.Index(path, at):] {
				tr.broken[p] = true
				tr.lost[lostCycle]++
			}
		}
		for _, p := range path {
			state[p] = done
		}
	}
}

// maxNesting is how many spans may be around one: what is done inside each other is
// looked at by functions that call themselves.
const maxNesting = 1000

// levels breaks spans that lie too deep.
func (tr *tree) levels() {
	level := make([]int, len(tr.nodes)) // 0: not known yet
	for i := range tr.nodes {
		var path []int
		at := i
		for ; at >= 0 && level[at] == 0 && !tr.broken[at]; at = tr.parent(at) {
			path = append(path, at)
		}
		n := 0
		if at >= 0 {
			n = level[at]
		}
		for _, p := range slices.Backward(path) {
			n++
			level[p] = n
		}
	}
	for i, n := range level {
		if n > maxNesting {
			tr.broken[i] = true
			tr.lost[lostNesting]++
		}
	}
}

// requests returns what the service's server spans did. A server span inside
// another of the same process, as frameworks inside frameworks record them, is a part of it.
func (tr *tree) requests(service int32) (out []request) {
	inside := tr.inside(service)
	for i, n := range tr.nodes {
		if n.kind != span.Server || n.service != service || tr.broken[i] || inside[i] {
			continue
		}
		tr.seen[i] = true
		if n.failed {
			tr.lost[lostFailed]++
		}
		r := request{route: n.label, start: n.start, took: n.end - n.start, did: tr.sequence(i, n.start, n.end)}
		if r.did.depth() > maxParallel {
			tr.lost[lostDeep]++
			continue
		}
		out = append(out, r)
	}
	tr.unmapped(service)
	return out
}

// inside reports of each span whether a server span of the same service runs
// around it, with nothing but internal spans between.
func (tr *tree) inside(service int32) []bool {
	const unknown, no, yes = 0, 1, 2
	state := make([]byte, len(tr.nodes))
	for i := range tr.nodes {
		var path []int
		at, found := i, byte(no)
		for state[at] == unknown {
			path = append(path, at)
			state[at] = no
			p := tr.parent(at)
			if p < 0 || tr.broken[p] || tr.nodes[p].service != service || tr.nodes[p].kind != span.Server && tr.nodes[p].kind != span.Internal {
				break
			}
			if tr.nodes[p].kind == span.Server {
				found = yes
				break
			}
			at = p
			found = max(no, state[at])
		}
		for _, p := range path {
			state[p] = found
		}
	}
	out := make([]bool, len(state))
	for i, s := range state {
		out[i] = s == yes
	}
	return out
}

// sequence arranges what a span did between two times, which it does not exceed.
func (tr *tree) sequence(i int, from, to time.Duration) sequence {
	self := tr.nodes[i]
	var items []item
	for _, c := range tr.children[self.id] {
		n := tr.nodes[c]
		if n.kind == span.Consumer {
			continue // counted with those of its service, whoever sent the message
		}
		tr.seen[c] = true
		if n.start > to || n.start == to && n.end > to {
			tr.lost[lostAfter]++
			continue
		}
		it := item{start: max(from, n.start), end: min(to, max(from, n.end))}
		if n.end > to {
			tr.lost[lostClipped]++
		}
		switch {
		case n.kind.Waits() && n.service == self.service:
			it.wait, it.label = true, n.label
			if n.unnamed {
				tr.lost[lostUnnamed]++
			}
			tr.below(c)
		case n.service != self.service:
			// A callee whose caller's client is not instrumented.
			it.wait, it.label = true, tr.t.intern(tr.t.texts[n.service]+"\x00")
		default:
			it.inner = tr.sequence(c, it.start, it.end)
		}
		items = append(items, it)
	}
	return arrange(from, to, items)
}

// below accounts for what the service itself recorded inside one of its waits, and
// compares the clocks of both ends.
func (tr *tree) below(i int) {
	self := tr.nodes[i]
	for _, c := range tr.children[self.id] {
		n := tr.nodes[c]
		switch {
		case n.service == self.service && !tr.seen[c] && n.kind != span.Server && n.kind != span.Consumer:
			tr.seen[c] = true
			if n.kind.Waits() {
				tr.lost[lostNested]++
			}
			tr.below(c)
		case n.kind == span.Server && n.service != self.service && (n.start < self.start || n.end > self.end):
			tr.lost[lostSkew]++
		}
	}
}

// unmapped counts the service's spans that no request contains.
func (tr *tree) unmapped(service int32) {
	for i, n := range tr.nodes {
		if n.service != service || tr.seen[i] || tr.broken[i] {
			continue
		}
		p := tr.parent(i)
		switch {
		case n.kind == span.Consumer:
			tr.lost[lostConsumer]++
		case p < 0 && n.parent != (span.ID{}), p >= 0 && tr.broken[p]:
			tr.lost[lostOrphan]++
		default:
			tr.lost[lostOutside]++
		}
	}
}

// depth is how many parallels are inside each other.
func (s sequence) depth() int {
	deepest := 0
	for _, t := range s.tokens {
		for _, b := range t.branches {
			deepest = max(deepest, 1+b.depth())
		}
	}
	return deepest
}

// signature is what two sequences have in common that differ in times only.
func signature(s sequence) string {
	var b strings.Builder
	for _, t := range s.tokens {
		b.WriteString(t.signature())
	}
	return b.String()
}

func (t token) signature() string {
	if t.branches == nil {
		return fmt.Sprintf("%d;", t.label)
	}
	var parts []string
	for _, s := range t.branches {
		parts = append(parts, signature(s))
	}
	return "[" + strings.Join(parts, "|") + "]"
}

// service chooses whose requests are modelled.
func (t *Traces) service(name string) (int32, error) {
	if len(t.byID) == 0 {
		return 0, errors.New("the file has no spans: there is nothing to import")
	}
	entries, servers := map[string]int{}, map[string]int{}
	for _, nodes := range t.byID {
		of := make(map[span.ID]int32, len(nodes))
		for _, n := range nodes {
			of[n.id] = n.service
		}
		for _, n := range nodes {
			if n.kind != span.Server {
				continue
			}
			servers[t.texts[n.service]]++
			if _, known := of[n.parent]; !known {
				entries[t.texts[n.service]]++
			}
		}
	}
	if len(servers) == 0 {
		return 0, fmt.Errorf("none of the %d spans is a server span (kind SERVER): without requests there is no workload", t.kept)
	}
	if name != "" {
		if servers[name] == 0 {
			return 0, fmt.Errorf("service %q has no server span\n  write one of %s", name, strings.Join(slices.Sorted(maps.Keys(servers)), ", "))
		}
		return t.index[name], nil
	}
	names := slices.SortedFunc(maps.Keys(servers), func(a, b string) int {
		return cmp.Or(cmp.Compare(entries[b], entries[a]), cmp.Compare(servers[b], servers[a]), cmp.Compare(a, b))
	})
	return t.index[names[0]], nil
}
