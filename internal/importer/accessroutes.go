package importer

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/workload"
)

// unknownTime stands for a service time that nobody recorded: the shortest step there is.
const unknownTime = time.Microsecond

// Workload maps the log. How long a request took is known at most, and not what it did:
// each route is a wait for an upstream of its own that takes as long.
func (l *AccessLog) Workload(o Options) (*Result, error) {
	routes := l.routes()
	values := max(leastValues, min(mostValues, allValues/len(routes)))
	w := &model.Workload{Name: "access-log", Seed: model.DefaultSeed, Timeout: model.DefaultTimeout, InFlight: inFlight}
	comments := workload.Comments{}
	w.Arrivals, comments["arrivals"] = l.perTick.arrivals()
	if w.Stages = l.perTick.stages(); w.Stages != nil {
		comments["stages"] = "The log's own rates, in its own time."
	}
	taken := names{}
	var took []time.Duration
	untimed := 0
	for _, r := range routes {
		name := taken.take(r.name, "root")
		step := model.Step{Verb: o.Waits, Op: name, Upstream: name}
		note := fmt.Sprintf("%s: %s", r.text, number(r.n, "request"))
		if len(r.sample) > 0 {
			note = r.text + ": " + seenOf(r.n, r.sample)
			w.Upstreams = append(w.Upstreams, model.Upstream{Name: name, Latency: empirical(r.sample, values)})
			comments["upstreams."+name] = fmt.Sprintf("The whole service time of %s. What of it was computing, and what waiting, no log says.", r.text)
		} else {
			step = model.Step{Verb: model.Compute, Op: "unknown", Time: model.Dist{Kind: model.DistConstant, A: unknownTime}}
			note += "; the log does not say how long they took: write what they do"
			untimed++
		}
		took = append(took, r.inProportion(l.requests())...)
		w.Routes = append(w.Routes, model.Route{Name: name, Path: "/" + name, Weight: float64(r.n), Steps: []model.Step{step}})
		comments["routes."+name] = note
	}
	if len(took) > 0 {
		objective(w, comments, took, "log")
	} else {
		w.SLO = model.SLO{Within: time.Second, Ratio: 0.99, Errors: 0.001}
		comments["slo"] = "A log without service times does not suggest one: what is good enough is for you to say."
	}
	res := &Result{Workload: w, Comments: comments, Unmapped: l.lost.list()}
	comments[""] = l.header(routes, untimed, res)
	return res, nil
}

// An accessRoute is the requests of one method and template.
type accessRoute struct {
	text, name string
	n          int
	sample     []time.Duration
}

// inProportion returns service times as many as the route's share of all requests
// asks for: of frequent routes a smaller part was kept than of rare ones.
func (r accessRoute) inProportion(all int) []time.Duration {
	if len(r.sample) == 0 {
		return nil
	}
	sorted := slices.Clone(r.sample)
	slices.Sort(sorted)
	out := make([]time.Duration, 1+(maxSample-1)*r.n/max(1, all))
	for i := range out {
		out[i] = percentile(sorted, (float64(i)+0.5)/float64(len(out)))
	}
	return out
}

// requests counts those of every route.
func (l *AccessLog) requests() (n int) {
	for _, s := range l.by {
		n += s.n
	}
	return n
}

func (l *AccessLog) routes() []accessRoute {
	var paths []string
	for key := range l.by {
		_, path, _ := strings.Cut(key, " ")
		paths = append(paths, path)
	}
	templates := foldNames(paths)
	by := map[string]*accessRoute{}
	methods := map[string]int{}
	for _, key := range slices.Sorted(maps.Keys(l.by)) {
		method, path, _ := strings.Cut(key, " ")
		path = templates[path]
		text := method + " " + path
		if by[text] == nil {
			by[text] = &accessRoute{text: text, name: path}
			methods[path]++
		}
		by[text].n += l.by[key].n
		by[text].sample = append(by[text].sample, l.by[key].sample...)
	}
	var out []accessRoute
	for _, text := range slices.SortedFunc(maps.Keys(by), func(a, b string) int { return cmp.Or(cmp.Compare(by[b].n, by[a].n), cmp.Compare(a, b)) }) {
		r := by[text]
		if methods[r.name] > 1 {
			r.name = strings.ToLower(text)
		}
		if len(out) >= maxRoutes {
			l.lost[lostRoutes] += r.n
			continue
		}
		out = append(out, *r)
	}
	return out
}

func seenOf(n int, sample []time.Duration) string {
	text := seen(sample, "service time")
	if n != len(sample) {
		text = fmt.Sprintf("%s; %s", number(n, "request"), text)
	}
	return text
}

func (l *AccessLog) header(routes []accessRoute, untimed int, res *Result) string {
	n := 0
	for _, r := range routes {
		n += r.n
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Imported from %s: %s in %s.\n", l.Source, number(n, "request"), number(l.lines, "line"))
	first, ticks := l.perTick.span()
	if ticks > 1 {
		length := time.Duration(ticks*l.perTick.width) * time.Second
		counted := 0
		for _, k := range l.perTick.by {
			counted += k
		}
		fmt.Fprintf(&b, "From %s for %s: %.3g requests/s on average.\n", time.Unix(first*l.perTick.width, 0).UTC().Format(time.RFC3339), length, float64(counted)/length.Seconds())
	}
	b.WriteString("A log knows routes, rates and at best service times, which include queueing.\nWhat a request does inside, traces know: plimsoll workload import --otlp FILE\n")
	if untimed > 0 {
		fmt.Fprintf(&b, "%s without service times: their step is a placeholder of %s.\n", number(untimed, "route"), unknownTime)
	}
	b.WriteString(unmappedText(res.Unmapped))
	return strings.TrimSuffix(b.String(), "\n")
}
