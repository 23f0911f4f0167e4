package importer

import (
	"bytes"
	"cmp"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/importer/span"
)

// defaultSpans is how many spans are kept at once, about 100 bytes each.
const defaultSpans = 1 << 20

// Traces holds the spans of a file by trace. If there are more than it may keep, it keeps
// every second trace, then every fourth and so on, chosen by a hash of the trace's
// identifier: whole traces, and every kind of request in its proportion.
// A Traces is not safe for concurrent use.
type Traces struct {
	Source string // what the document's comments call the file

	byID    map[span.TraceID][]node
	texts   []string // what node.service and node.label stand for
	index   map[string]int32
	spans   int // read
	kept    int
	max     int
	every   uint64 // one trace of so many is kept; a power of two
	links   int
	unknown int // spans without a trace or an identifier
}

// A node is a span as far as the mapping needs it.
type node struct {
	id, parent span.ID
	start, end time.Duration
	service    int32
	label      int32 // of a server span its route, of a client or producer span its peer and operation
	kind       span.Kind
	failed     bool
	unnamed    bool // no attribute names the peer
}

// NewTraces returns an empty collection of the spans of source.
func NewTraces(source string) *Traces {
	return &Traces{Source: source, byID: map[span.TraceID][]node{}, index: map[string]int32{}, max: defaultSpans, every: 1}
}

// Add takes a span. It keeps nothing of s.
func (t *Traces) Add(s *span.Span) {
	t.spans++
	if s.Links > 0 {
		t.links++
	}
	if s.Trace == (span.TraceID{}) || s.ID == (span.ID{}) {
		t.unknown++
		return
	}
	if sampleOf(s.Trace)%t.every != 0 {
		return
	}
	n := node{id: s.ID, parent: s.Parent, start: s.Start, end: s.End, service: t.intern(s.Service), kind: s.Kind, failed: s.Failed}
	if n.kind == span.Unspecified || n.kind > span.Consumer {
		n.kind = span.Internal
	}
	switch {
	case n.kind == span.Server:
		method, route, template := s.Route()
		if !template {
			route = foldIDs(route)
		}
		n.label = t.intern(method + "\x00" + route)
	case n.kind.Waits():
		peer, named := s.Peer()
		op := s.Name
		if !named {
			n.unnamed, op = true, "" // the peer has the span's name
		}
		n.label = t.intern(peer + "\x00" + op)
	}
	t.byID[s.Trace] = append(t.byID[s.Trace], n)
	for t.kept++; t.kept > t.max; {
		t.halve()
	}
}

// halve drops every second trace. The last one is kept, whatever its size.
func (t *Traces) halve() {
	if len(t.byID) <= 1 {
		t.max *= 2
		return
	}
	t.every *= 2
	for id, nodes := range t.byID {
		if sampleOf(id)%t.every != 0 {
			t.kept -= len(nodes)
			delete(t.byID, id)
		}
	}
}

// sampleOf is a number that decides whether a trace is kept. Parts of an
// identifier may be constant or a time, so it is hashed, and the hash's high
// bits, which depend on all of it, brought down.
func sampleOf(id span.TraceID) uint64 {
	h := fnv.New64a()
	h.Write(id[:])
	v := h.Sum64()
	v ^= v >> 33
	v *= 0xff51afd7ed558ccd // MurmurHash3's finalizer
	return v ^ v>>33
}

// maxText bounds a name; a longer one has data in it.
const maxText = 200

func (t *Traces) intern(s string) int32 {
	if len(s) > maxText {
		s = s[:maxText]
	}
	if i, ok := t.index[s]; ok {
		return i
	}
	s = strings.Clone(s)
	i := int32(len(t.texts))
	t.texts, t.index[s] = append(t.texts, s), i
	return i
}

// renumber gives texts their numbers in the order of the alphabet, so that nothing depends on
// the order of spans in the file.
func (t *Traces) renumber() {
	order := slices.Clone(t.texts)
	slices.Sort(order)
	rank := make([]int32, len(order))
	for now, text := range order {
		rank[t.index[text]] = int32(now)
	}
	for now, text := range order {
		t.index[text] = int32(now)
	}
	t.texts = order
	for _, nodes := range t.byID {
		for i := range nodes {
			nodes[i].service, nodes[i].label = rank[nodes[i].service], rank[nodes[i].label]
		}
		slices.SortFunc(nodes, func(a, b node) int {
			return cmp.Or(cmp.Compare(a.start, b.start), bytes.Compare(a.id[:], b.id[:]), cmp.Compare(a.end, b.end))
		})
	}
}

// ids returns the traces' identifiers in one order, so that the same file gives the
// same document.
func (t *Traces) ids() []span.TraceID {
	return slices.SortedFunc(maps.Keys(t.byID), func(a, b span.TraceID) int { return bytes.Compare(a[:], b[:]) })
}
