package importer

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/workload"
)

const (
	maxRoutes = 50
	maxSteps  = 900 // a document has 1,000 at most

	// inFlight is what the built-in workloads have: more asks for more descriptors than many
	// machines let a process open.
	inFlight = 5000
)

// Workload maps the traces. What of a route is modelled is its most frequent shapes.
// Errors: no span, no server span, no such service, no request that can be used.
func (t *Traces) Workload(o Options) (*Result, error) {
	t.dropData()
	t.renumber()
	service, err := t.service(o.Service)
	if err != nil {
		return nil, err
	}
	lost := tallied{lostIDs: t.unknown, lostLinks: t.links, lostSampled: t.spans - t.unknown - t.kept}
	var requests []request
	for _, id := range t.ids() {
		requests = append(requests, newTree(t, t.byID[id], lost).requests(service)...)
	}
	if len(requests) == 0 {
		return nil, fmt.Errorf("none of the server spans of %q can be used: %s", t.texts[service], reasons(lost))
	}
	routes := t.routes(requests, lost)
	if len(routes) == 0 {
		return nil, fmt.Errorf("no route of %q fits into a document, which has at most 1000 steps: %s", t.texts[service], reasons(lost))
	}
	took := map[int32][]time.Duration{}
	places := 0
	for _, r := range routes {
		for _, s := range r.shapes {
			places += 2*len(s.requests[0].tokens) + 1
			for _, q := range s.requests {
				collectWaits(q, took)
			}
		}
	}
	values := max(leastValues, min(mostValues, allValues/(places+len(took))))
	fit := func(d []time.Duration) model.Dist { return empirical(d, values) }
	u := newUpstreams(t.texts, took, fit)
	st := &stepper{waits: o.Waits, fit: fit, upstream: func(l int32) string { return u.names[l] }, op: func(l int32) string { return u.ops[l] }}

	w := &model.Workload{
		Name: names{}.take(t.texts[service], "imported"), Seed: model.DefaultSeed, Upstreams: u.list,
		Arrivals: model.Arrivals{Kind: model.Poisson}, Timeout: model.DefaultTimeout, InFlight: inFlight,
	}
	comments := workload.Comments{}
	maps.Copy(comments, u.notes)
	taken := names{}
	for _, r := range routes {
		name := taken.take(r.name, "root")
		steps := st.route(r.shapes)
		if len(steps) == 0 {
			steps = []model.Step{{Verb: model.Compute, Op: model.Compute.String(), Time: model.Dist{Kind: model.DistConstant, A: time.Microsecond}}}
		}
		w.Routes = append(w.Routes, model.Route{Name: name, Path: "/" + name, Weight: float64(len(r.took)), Steps: steps})
		comments["routes."+name] = fmt.Sprintf("%s: %s%s", r.text, seen(r.took, "request"), r.shapesNote())
	}
	objective(w, comments, allOf(routes), "traces")
	comments["arrivals"] = "Traces are sampled, so that their rate is not the service's; many independent clients are assumed.\nAn access log knows: plimsoll workload import --access-log FILE"
	res := &Result{Workload: w, Comments: comments, Unmapped: lost.list()}
	comments[""] = t.header(service, requests, res, o)
	return res, nil
}

// A route's requests, and their shapes.
type route struct {
	text, name string
	took       []time.Duration
	shapes     []shape
}

func (r route) shapesNote() string {
	kept := 0
	for _, s := range r.shapes {
		kept += len(s.requests)
	}
	if kept == len(r.took) && len(r.shapes) == 1 {
		return ""
	}
	return fmt.Sprintf("; %s, %.3g%% of them", number(len(r.shapes), "shape"), 100*float64(kept)/float64(len(r.took)))
}

// routes groups requests, the most frequent route first.
func (t *Traces) routes(requests []request, lost tallied) []route {
	var paths []string
	for _, r := range requests {
		_, path, _ := strings.Cut(t.texts[r.route], "\x00")
		paths = append(paths, path)
	}
	templates := foldNames(paths)
	by := map[string][]request{}
	methods := map[string]map[string]bool{}
	for i, r := range requests {
		method, _, _ := strings.Cut(t.texts[r.route], "\x00")
		path := templates[paths[i]]
		if methods[path] == nil {
			methods[path] = map[string]bool{}
		}
		methods[path][method] = true
		by[method+" "+path] = append(by[method+" "+path], r)
	}
	order := slices.SortedFunc(maps.Keys(by), func(a, b string) int { return cmp.Or(cmp.Compare(len(by[b]), len(by[a])), cmp.Compare(a, b)) })
	var out []route
	steps := 0
	for i, text := range order {
		_, path, _ := strings.Cut(text, " ")
		r := route{text: strings.TrimSpace(text), name: path}
		if len(methods[path]) > 1 {
			r.name = strings.ToLower(text)
		}
		var did []sequence
		for _, q := range by[text] {
			r.took = append(r.took, q.took)
			did = append(did, q.did)
		}
		var rare, past int
		r.shapes, rare = shapes(did)
		size := 0
		for k, s := range r.shapes {
			n := s.requests[0].size()
			if k > 0 && size+n > maxSteps { // the rest of its shapes is too much
				for _, s := range r.shapes[k:] {
					past += len(s.requests)
				}
				r.shapes = r.shapes[:k]
				break
			}
			size += n
		}
		if size > maxSteps {
			lost[lostLarge] += len(r.took)
			continue
		}
		if i >= maxRoutes || steps+size > maxSteps {
			lost[lostRoutes] += len(r.took)
			continue
		}
		steps += size
		lost[lostRare] += rare
		lost[lostShapes] += past
		out = append(out, r)
	}
	return out
}

// size is the most steps that a sequence can become.
func (s sequence) size() int {
	n := 1
	for _, t := range s.tokens {
		n += 2
		for _, b := range t.branches {
			n += b.size()
		}
	}
	return n
}

func allOf(routes []route) (all []time.Duration) {
	for _, r := range routes {
		all = append(all, r.took...)
	}
	return all
}

// objective sets an SLO that what was seen meets with room: nobody's record says
// what is good enough.
func objective(w *model.Workload, comments workload.Comments, took []time.Duration, source string) {
	slices.Sort(took)
	p99 := percentile(took, 0.99)
	w.SLO = model.SLO{Within: roundUp(2 * p99), Ratio: 0.99, Errors: 0.001}
	w.Timeout = max(w.Timeout, w.SLO.Within)
	comments["slo"] = fmt.Sprintf("Twice the p99 of the %s, %s: what is good enough is for you to say.", source, digits(p99))
}

// roundUp returns the next of 1, 2, 5, 10, 20, ... milliseconds.
func roundUp(d time.Duration) time.Duration {
	for unit := time.Millisecond; unit < longestTime; unit *= 10 {
		for _, n := range []time.Duration{1, 2, 5} {
			if d <= n*unit && n*unit < longestTime {
				return n * unit
			}
		}
	}
	return longestTime
}

func (t *Traces) header(service int32, requests []request, res *Result, o Options) string {
	first, last := requests[0].start, requests[0].start
	var took float64
	for _, r := range requests {
		first, last = min(first, r.start), max(last, r.start)
		took += float64(r.took)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Imported from %s: %s of service %q, in %s of %s.\n", t.Source, number(len(requests), "request"), t.texts[service], number(len(t.byID), "trace"), number(t.kept, "span"))
	if last > first {
		fmt.Fprintf(&b, "They began within %s.\n", digits(last-first))
	}
	fmt.Fprintf(&b, "An average request took %s in the traces, and takes %s in this document (without queueing).\n",
		digits(time.Duration(took/float64(len(requests)))), digits(workload.Demand(res.Workload).Request.Residence))
	fmt.Fprintf(&b, "compute is self time: what no client span covers. Where a wait was not instrumented, or requests\nqueued for a CPU, a lock or a connection, it is too long: make that a call, an await, a block or a hold.\n")
	fmt.Fprintf(&b, "Client spans are %s steps, because --client-spans says so; spans do not show what a thread did meanwhile.\n", o.Waits)
	b.WriteString(unmappedText(res.Unmapped))
	return strings.TrimSuffix(b.String(), "\n")
}

// unmappedText lists what was not mapped.
func unmappedText(list []Unmapped) string {
	if len(list) == 0 {
		return "Everything in the file is mapped.\n"
	}
	var b strings.Builder
	b.WriteString("Not in this document, or only in part:\n")
	for _, u := range list {
		fmt.Fprintf(&b, "  %d × %s\n", u.N, u.What)
	}
	return b.String()
}

func reasons(lost tallied) string {
	var out []string
	for _, u := range lost.list() {
		out = append(out, fmt.Sprintf("%d × %s", u.N, u.What))
	}
	return strings.Join(out, "; ")
}

// errLong is the document that grew past what a document may be.
var errLong = errors.New("the document would be larger than a workload may be")

// Document writes the workload with its comments, and reads it back, so that what is
// printed is what `workload check` accepts.
func (r *Result) Document() ([]byte, error) {
	doc := workload.FormatCommented(r.Workload, r.Comments)
	if len(doc) > 128<<10 {
		return nil, fmt.Errorf("%w: %d bytes; choose one service with --service, or fewer traces", errLong, len(doc))
	}
	if _, _, err := workload.Parse("imported", doc); err != nil {
		return nil, fmt.Errorf("the imported document is not a workload: %w", err)
	}
	return doc, nil
}
