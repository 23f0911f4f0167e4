package importer

import (
	"encoding/binary"
	"math/rand/v2"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/importer/span"
	"github.com/plimsoll-dev/plimsoll/model"
)

// A generator runs a workload's requests in virtual time and records spans as an
// instrumented service would: one server span a request, a client span a wait, an
// internal span around what a resource is held for and around each branch.
type generator struct {
	w     *model.Workload
	rng   *rand.Rand
	spans []span.Span
	trace span.TraceID
	id    uint64
}

// generate returns the spans of n requests, one every 10 ms.
func generate(w *model.Workload, n int) []span.Span {
	g := &generator{w: w, rng: rand.New(rand.NewPCG(1, 2))}
	var total float64
	for _, r := range w.Routes {
		total += r.Weight
	}
	for i := range n {
		binary.BigEndian.PutUint64(g.trace[8:], uint64(i+1))
		at := 1_700_000_000*time.Second + time.Duration(i)*10*time.Millisecond
		pick := g.rng.Float64() * total
		for _, r := range w.Routes {
			if pick -= r.Weight; pick < 0 {
				root := g.begin(span.ID{}, span.Server, "GET "+r.Path, at, span.Attrs{"http.request.method": "GET", "http.route": r.Path})
				g.end(root, g.steps(g.spans[root].ID, at, r.Steps))
				break
			}
		}
	}
	return g.spans
}

func (g *generator) begin(parent span.ID, kind span.Kind, name string, at time.Duration, attrs span.Attrs) int {
	g.id++
	s := span.Span{Trace: g.trace, Parent: parent, Service: g.w.Name, Name: name, Kind: kind, Start: at, Attrs: attrs}
	binary.BigEndian.PutUint64(s.ID[:], g.id)
	g.spans = append(g.spans, s)
	return len(g.spans) - 1
}

func (g *generator) end(i int, at time.Duration) { g.spans[i].End = at }

func (g *generator) steps(parent span.ID, at time.Duration, steps []model.Step) time.Duration {
	for _, s := range steps {
		switch s.Verb {
		case model.Await, model.Call:
			i := g.begin(parent, span.Client, s.Op, at, span.Attrs{"server.address": s.Upstream})
			at += g.w.Upstream(s.Upstream).Latency.Sample(g.rng)
			g.end(i, at)
		case model.Compute, model.Block:
			at += s.Time.Sample(g.rng)
		case model.Hold:
			i := g.begin(parent, span.Internal, "with "+s.Resource, at, nil)
			at = g.steps(g.spans[i].ID, at, s.Steps)
			g.end(i, at)
		case model.Parallel:
			last := at
			for _, b := range s.Branches {
				i := g.begin(parent, span.Internal, "task", at, nil)
				done := g.steps(g.spans[i].ID, at, b.Steps)
				g.end(i, done)
				last = max(last, done)
			}
			at = last
		case model.Choice:
			pick := g.rng.Float64()
			for j, b := range s.Branches {
				if pick -= b.P; pick < 0 || j == len(s.Branches)-1 {
					at = g.steps(parent, at, b.Steps)
					break
				}
			}
		}
	}
	return at
}
