package workload

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/plimsoll-dev/plimsoll/model"
)

// Work is what one request asks for on average when nothing makes it wait.
type Work struct {
	CPU   time.Duration // compute, at the calibrated speed of one CPU; without what the engine itself costs
	Await time.Duration // wall time in await, call and block, added up over parallel branches
	Call  time.Duration
	Block time.Duration
	// Residence is the time from first step to last, with no queueing and the
	// branches of a parallel side by side, each on a CPU of its own.
	Residence time.Duration
	Upstreams map[string]float64       // requests sent to each upstream; none for those not used
	Holding   map[string]time.Duration // time that each resource is held
}

// Demands is the work of an average request and of each route's.
type Demands struct {
	Request Work            // routes in proportion to their weights
	Routes  map[string]Work // by name
}

// draws is the number of draws that stand for the distribution of a parallel's
// branches.
const draws = 4096

// Demand computes what the requests of a workload ask for. It follows from the
// document alone and is the same every time: by Little's law a pool of n
// threads that requests keep for all their life carries at most n / Residence,
// a resource of size n at most n / Holding, and a CPU at most 1 / CPU.
//
// All means are exact, with one exception. The mean duration of a parallel is
// the expected maximum of its branches, which has no closed form for the
// distributions of a workload; it is the average over a Latin hypercube of 4096
// draws (McKay, Beckman and Conover, Technometrics 1979), the same every time,
// and within about one per cent for the latencies of ordinary systems.
func Demand(w *model.Workload) Demands {
	d := Demands{Routes: map[string]Work{}}
	var weight float64
	for _, r := range w.Routes {
		weight += r.Weight
	}
	total := newTally()
	for _, r := range w.Routes {
		t := newTally()
		t.residence, _ = newEstimate(w, t).steps(r.Steps, 1, false)
		d.Routes[r.Name] = t.work()
		total.add(t, r.Weight/weight)
	}
	d.Request = total.work()
	return d
}

// A tally adds up expectations in nanoseconds, as floating-point numbers so
// that rare branches do not vanish in rounding.
type tally struct {
	time      map[model.Verb]float64 // await, call, compute, block
	residence float64
	upstreams map[string]float64
	holding   map[string]float64
}

func newTally() *tally {
	return &tally{time: map[model.Verb]float64{}, upstreams: map[string]float64{}, holding: map[string]float64{}}
}

func (t *tally) add(o *tally, share float64) {
	t.residence += share * o.residence
	for k, v := range o.time {
		t.time[k] += share * v
	}
	for k, v := range o.upstreams {
		t.upstreams[k] += share * v
	}
	for k, v := range o.holding {
		t.holding[k] += share * v
	}
}

func (t *tally) work() Work {
	w := Work{
		CPU:       nanos(t.time[model.Compute]),
		Await:     nanos(t.time[model.Await]),
		Call:      nanos(t.time[model.Call]),
		Block:     nanos(t.time[model.Block]),
		Residence: nanos(t.residence),
		Upstreams: t.upstreams,
		Holding:   map[string]time.Duration{},
	}
	for k, v := range t.holding {
		w.Holding[k] = nanos(v)
	}
	return w
}

func nanos(v float64) time.Duration { return time.Duration(v + 0.5) }

// An estimate walks the steps of a request.
type estimate struct {
	w     *model.Workload
	tally *tally
	rng   *rand.Rand // fixed seed: an estimate is the same every time
}

func newEstimate(w *model.Workload, t *tally) *estimate {
	return &estimate{w: w, tally: t, rng: rand.New(rand.NewPCG(1, 2))}
}

// steps returns the mean duration of steps that run with probability p, and
// with sample also that many draws of it.
func (e *estimate) steps(steps []model.Step, p float64, sample bool) (mean float64, xs []float64) {
	if sample {
		xs = make([]float64, draws)
	}
	for _, s := range steps {
		m, ys := e.step(s, p, sample)
		mean += m
		for i, y := range ys {
			xs[i] += y
		}
	}
	return mean, xs
}

func (e *estimate) step(s model.Step, p float64, sample bool) (mean float64, xs []float64) {
	switch s.Verb {
	case model.Await, model.Call:
		e.tally.upstreams[s.Upstream] += p
		return e.spend(s.Verb, e.w.Upstream(s.Upstream).Latency, p, sample)
	case model.Compute, model.Block:
		return e.spend(s.Verb, s.Time, p, sample)
	case model.Hold:
		mean, xs = e.steps(s.Steps, p, sample)
		e.tally.holding[s.Resource] += p * mean
		return mean, xs
	case model.Parallel:
		mean, xs = e.parallel(s, p)
		if !sample {
			xs = nil
		}
		return mean, xs
	default:
		return e.choice(s, p, sample)
	}
}

func (e *estimate) spend(v model.Verb, d model.Dist, p float64, sample bool) (mean float64, xs []float64) {
	mean = float64(d.Mean())
	e.tally.time[v] += p * mean
	if sample {
		xs = e.draw(d)
	}
	return mean, xs
}

// draw returns one draw from each of many equally likely slices of a
// distribution, in random order. The largest stands for all of its slice, so
// that the draws have the distribution's mean however long its tail is.
func (e *estimate) draw(d model.Dist) []float64 {
	quantile := d.Quantile
	if d.Kind == model.DistEmpirical { // which sorts at every call
		sorted := slices.Sorted(slices.Values(d.Values))
		quantile = func(p float64) time.Duration { return sorted[int(p*float64(len(sorted)))] }
	}
	xs := make([]float64, draws)
	order := e.rng.Perm(draws)
	var sum float64
	for i, at := range order {
		xs[at] = float64(quantile((float64(i) + 0.5) / draws))
		sum += xs[at]
	}
	if last := order[draws-1]; d.Kind != model.DistConstant {
		xs[last] = max(xs[last], xs[last]+draws*float64(d.Mean())-sum)
	}
	return xs
}

// parallel lasts as long as the longest of its branches.
func (e *estimate) parallel(s model.Step, p float64) (mean float64, xs []float64) {
	xs = make([]float64, draws)
	for _, b := range s.Branches {
		_, ys := e.steps(b.Steps, p, true)
		for i, y := range ys {
			xs[i] = max(xs[i], y)
		}
	}
	for _, x := range xs {
		mean += x
	}
	return mean / draws, xs
}

// choice runs one branch; the last one has whatever probability the others
// leave.
func (e *estimate) choice(s model.Step, p float64, sample bool) (mean float64, xs []float64) {
	var pick []float64
	if sample {
		xs, pick = make([]float64, draws), make([]float64, draws)
		for i, at := range e.rng.Perm(draws) {
			pick[at] = (float64(i) + 0.5) / draws
		}
	}
	low := 0.0
	for i, b := range s.Branches {
		high := min(low+b.P, 1)
		if i == len(s.Branches)-1 {
			high = 1
		}
		m, ys := e.steps(b.Steps, p*(high-low), sample)
		mean += (high - low) * m
		for i, y := range ys {
			if low <= pick[i] && pick[i] < high {
				xs[i] = y
			}
		}
		low = high
	}
	return mean, xs
}
