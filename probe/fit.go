package probe

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/workload"
)

// Fit returns a workload document that behaves as the service did: its two
// routes with the times that requests took alone, and the wall, as the
// configuration of an engine or as a resource. The document's comments say where
// each figure is from, and what is not known. Its errors say what is missing for
// that.
func Fit(h *History) ([]byte, error) {
	a, v := assess(h), Judge(h)
	if err := v.fits(); err != nil {
		return nil, err
	}
	f := &fit{a: a, v: v, work: a.cpuWork()}
	f.document.Name, f.document.Seed = "fitted", model.DefaultSeed
	f.document.About = fmt.Sprintf("What plimsoll probe found at %s.", printable(v.Target))
	f.document.Arrivals.Kind, f.document.InFlight = model.Poisson, 5000
	f.notes = workload.Comments{}
	if err := f.wall(); err != nil {
		return nil, err
	}
	if xs := h.alone(false); len(xs) > 0 {
		f.route("canary", xs, []model.Step{f.waiting("canary", xs)})
	}
	f.objective()
	f.header()
	text := workload.FormatCommented(&f.document, f.notes)
	if _, _, err := workload.Parse("fitted.yaml", text); err != nil {
		return nil, fmt.Errorf("what was found cannot be written as a workload: %w", err)
	}
	return text, nil
}

// fits says what a verdict lacks for a workload to be made of it.
func (v *Verdict) fits() error {
	missing := func(what string) error {
		if len(v.Ask) > 0 {
			what += "; what would tell more: " + strings.Join(v.Ask, "; ")
		}
		return errors.New("no workload is written: " + what)
	}
	switch {
	case v.Void:
		return missing("the measurement is void")
	case v.Wall.Kind == Unknown:
		return missing("it is not known what stops the service")
	case v.Wall.Kind == RateLimit:
		return missing("the wall is a limit by time, and no step of a workload is one")
	case v.Confidence != "high" && v.Confidence != "medium":
		return missing(fmt.Sprintf("the verdict, %s, has confidence %s only", v.Wall.Kind, v.Confidence))
	}
	return nil
}

// A fit is a document that is being made.
type fit struct {
	a        *assessment
	v        *Verdict
	work     float64 // seconds of CPU for a request, if that was seen; 0: it was not
	document model.Workload
	notes    workload.Comments
	unknown  []string
	run      []string // what to run, besides simulate FILE
}

// wall writes the heavy route, and what stops it.
func (f *fit) wall() error {
	n := 0
	if f.v.Wall.Limit != nil {
		n = *f.v.Wall.Limit
	}
	xs := f.a.h.serial()
	var steps []model.Step
	if f.v.Wall.Kind != CPU && f.v.Wall.Kind != PrivatePool {
		steps = f.computing(xs)
	}
	engine := "goroutine"
	switch f.v.Wall.Kind {
	case SharedPool:
		engine = fmt.Sprintf("thread:max=%d", n)
		if f.a.ranked[0].variant == uneven {
			f.unknown = append(f.unknown, "how several workers share the places: it is one pool here, which carries a little more")
		}
	case Serial:
		engine = "loop"
		for i := range steps {
			if steps[i].Verb == model.Await {
				steps[i].Verb = model.Call // nobody else runs meanwhile
			}
		}
		if n > 1 {
			f.run = append(f.run, fmt.Sprintf("--instances %d", n))
		}
	case PrivatePool:
		f.document.Resources = []model.Resource{{Name: "heavy-pool", Size: n}}
		hold := func(inside []model.Step) model.Step {
			return model.Step{Verb: model.Hold, Op: "heavy-pool", Resource: "heavy-pool", Steps: inside}
		}
		if x := &f.a.ranked[0]; x.variant == portion {
			rest, held := scaled(xs, 1-x.share), scaled(xs, x.share)
			if x.share < 0.5 { // whatever computes has more room outside
				steps = append(f.computing(rest), hold([]model.Step{f.waiting("held", held)}))
			} else {
				steps = []model.Step{f.waiting("rest", rest), hold(f.computing(held))}
			}
			f.unknown = append(f.unknown, "what the pool is of, and whether a place is held at the end of a request's time, as here, or before")
		} else {
			steps = []model.Step{hold(f.computing(xs))}
			f.unknown = append(f.unknown, "what the pool is of, and whether all of a request's time is spent holding a place of it: here it is")
		}
	case ConnectionCap:
		engine = fmt.Sprintf("loop:connections=%d", n)
	case Shedding:
		engine = fmt.Sprintf("thread:max=%d,queue=0", n)
	case CPU:
		var err error
		if steps, err = f.processor(xs); err != nil {
			return err
		}
	case None:
		f.unknown = append(f.unknown, fmt.Sprintf("what stops it past %d at once, which was as much as was tried", f.v.Tried))
	}
	if f.work == 0 && f.v.Wall.Kind != CPU {
		f.unknown = append(f.unknown, "how much of a request's time is computing: all of it is waiting here, so that the CPU is never the wall (--pid or --metrics would tell)")
	}
	cfg, err := model.ParseEngine(engine)
	if err != nil {
		return fmt.Errorf("no workload is written: no engine has a wall of %d: %w", n, err)
	}
	f.document.Engines = []model.EngineConfig{cfg}
	f.route("heavy", xs, steps)
	return nil
}

// cpuWork is the CPU time of a heavy request, by what the service used while it
// was kept busy with them, in seconds; 0: not known.
func (a *assessment) cpuWork() float64 {
	var used, requests float64
	for i := range a.h.Experiments {
		o := &a.h.Experiments[i]
		if u := o.usage(a.h); !math.IsNaN(u.cpu) && !a.h.Varied(o) && a.h.reliable(o) && len(times(o)) >= 10 {
			used += u.cpu * o.busySeconds()
			requests += float64(len(o.Heavy))
		}
	}
	if requests < 30 {
		return 0
	}
	if work := used / requests; work >= 20e-6 {
		return work
	}
	return 0
}

// computing is a request that waits, but for its CPU time, where that is known.
func (f *fit) computing(xs []float64) []model.Step {
	if f.work > 0.5*mean(xs) {
		f.unknown = append(f.unknown, fmt.Sprintf("how it shares the CPU: most of a request's time is computing, of which it took %s on average, and all is waiting here, so that the CPU is never the wall", millis(f.work)))
	}
	if f.work == 0 || f.work > 0.5*mean(xs) {
		return []model.Step{f.waiting("heavy", xs)}
	}
	return []model.Step{compute(f.work), f.waiting("heavy", shifted(xs, -f.work))}
}

// processor writes a request that computes for as long as the rate says that the
// processors allow, and waits for the rest of its time.
func (f *fit) processor(xs []float64) ([]model.Step, error) {
	if f.v.Wall.Rate == nil || *f.v.Wall.Rate <= 0 {
		return nil, errors.New("no workload is written: it is the CPU that stops the service, and not known at which rate")
	}
	cpus := f.a.cpusUsed()
	work := max(1, cpus) / *f.v.Wall.Rate
	switch {
	case cpus == 0:
		f.unknown = append(f.unknown, "how many CPUs the service has: here it is one that does the same in all (--pid would tell)")
	case cpus > 1:
		f.run = append(f.run, fmt.Sprintf("--cpus %.0f", cpus))
	}
	if work > 0.9*mean(xs) {
		return []model.Step{{Verb: model.Compute, Op: "compute", Time: empirical(xs)}}, nil
	}
	return []model.Step{compute(work), f.waiting("heavy", shifted(xs, -work))}, nil
}

// cpusUsed is how many CPUs requests that waited had kept busy, to the whole
// number; 0: not known.
func (a *assessment) cpusUsed() float64 {
	most := 0.0
	for _, s := range a.strained() {
		if l := s.load(); l == allCPUs || l == oneCPU {
			most = max(most, math.Round(s.cpu))
		}
	}
	return most
}

func compute(seconds float64) model.Step {
	return model.Step{Verb: model.Compute, Op: "compute", Time: model.Dist{Kind: model.DistConstant, A: micros(seconds)}}
}

// waiting is a step that takes as long as the route did, by an upstream of its
// own.
func (f *fit) waiting(route string, xs []float64) model.Step {
	name := route + "-time"
	f.document.Upstreams = append(f.document.Upstreams, model.Upstream{Name: name, Latency: empirical(xs)})
	return model.Step{Verb: model.Await, Op: name, Upstream: name}
}

func (f *fit) route(name string, xs []float64, steps []model.Step) {
	f.document.Routes = append(f.document.Routes, model.Route{Name: name, Path: "/" + name, Weight: 1, Steps: steps})
	f.notes["routes."+name] = fmt.Sprintf("%s alone took %s on average, %s to %s.", several(len(xs), "request"), millis(mean(xs)), millis(slices.Min(xs)), millis(slices.Max(xs)))
}

// objective is one that a service meets until it is at its wall.
func (f *fit) objective() {
	xs := f.a.h.serial()
	within := max(10*mean(xs), 2*slices.Max(xs), 0.05)
	f.document.SLO = model.SLO{Within: time.Duration(math.Ceil(within*100)) * 10 * time.Millisecond, Ratio: 0.99, Errors: 0.001}
	f.document.Timeout = max(model.DefaultTimeout, 2*f.document.SLO.Within)
	f.notes["slo"] = "Nobody knows from outside what is good enough: ten times what a request takes alone,\nso that it is the wall that stops the service, and not the wait for a free place well before. Write your own."
	f.notes["arrivals"] = "How requests arrive and divide among routes is not known: many independent clients, and either route as often."
}

// header says where the document comes from, how to use it, and what is not
// known.
func (f *fit) header() {
	v := f.v
	size := ""
	if v.Wall.Limit != nil {
		size = fmt.Sprintf(" %d", *v.Wall.Limit)
		if *v.Wall.Low != *v.Wall.High {
			size += fmt.Sprintf(" (%d … %d)", *v.Wall.Low, *v.Wall.High)
		}
	}
	lines := []string{fmt.Sprintf("Fitted by plimsoll probe: %s%s, confidence %s.", v.Wall.Kind, size, v.Confidence)}
	if v.Record != "" {
		lines = append(lines, "Record: "+v.Record)
	}
	lines = append(lines, "Service times are empirical: those of requests made one after the other, the network's part included.")
	if ms := f.a.h.millis(); ms > 0 {
		lines = append(lines, fmt.Sprintf("They are of requests that were to take %d ms.", ms))
	}
	run := strings.Join(append([]string{"plimsoll simulate FILE"}, f.run...), " ")
	lines = append(lines, "Its wall in virtual time: "+run, "Not known:")
	for _, u := range append(f.unknown, "other routes, and what stops the service past this wall") {
		lines = append(lines, "- "+u)
	}
	f.notes[""] = strings.Join(lines, "\n")
}

// mostValues is how many values an empirical distribution is written with.
const mostValues = 40

// empirical is the distribution of some times, as the means of equal parts of
// them: that keeps their mean.
func empirical(xs []float64) model.Dist {
	sorted := slices.Clone(xs)
	slices.Sort(sorted)
	parts := min(len(sorted), mostValues)
	width := float64(len(sorted)) / float64(parts)
	d := model.Dist{Kind: model.DistEmpirical}
	for i := range parts {
		from, to := float64(i)*width, float64(i+1)*width
		sum := 0.0
		for k := int(from); k < len(sorted) && float64(k) < to; k++ {
			sum += sorted[k] * (min(to, float64(k+1)) - max(from, float64(k)))
		}
		d.Values = append(d.Values, micros(sum/width))
	}
	if d.Values[0] == d.Values[parts-1] {
		return model.Dist{Kind: model.DistConstant, A: d.Values[0]}
	}
	return d
}

// shifted adds to times, which stay above zero.
func shifted(xs []float64, by float64) []float64 {
	ys := make([]float64, len(xs))
	for i, x := range xs {
		ys[i] = max(x+by, 1e-6)
	}
	return ys
}

func scaled(xs []float64, by float64) []float64 {
	ys := make([]float64, len(xs))
	for i, x := range xs {
		ys[i] = x * by
	}
	return ys
}

func micros(seconds float64) time.Duration {
	return max(time.Microsecond, time.Duration(math.Round(seconds*1e6))*time.Microsecond)
}

// printable is a text as it may stand in a document.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, s)
}
