package forecast

import (
	"context"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/load"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
	"github.com/plimsoll-dev/plimsoll/sim"
	"github.com/plimsoll-dev/plimsoll/workload"
)

// A Try is one trial by itself: what becomes of the objective at one rate. It
// keeps less than a trial of a comparison, and ends as soon as it is clear how it
// will end, so that a search may make thousands.
type Try struct {
	Workload *model.Workload
	Engine   model.EngineConfig
	CPUs     int
	Costs    sim.Costs
	Seed     uint64
	Rate     float64 // requests per second, of all instances
	// Instances behind a balancer are identical; the trial is that of one of them,
	// on average, but for what clients saw. 0: one.
	Instances int
	Balancer  model.Balancer
	// Burst is how many requests come at once beside those of the rate when the
	// window begins. The drift of the number in flight is then not judged: it
	// falls.
	Burst int
	// Long is a window up to ten times as long, which does not end early where the
	// objective is met: what is just past capacity shows it late.
	Long bool
}

const (
	// tryArrivals are those of a window: enough to tell a backlog that grows by
	// 3.5 % of the rate (analysis.Resolution), and 1 % that are late to a tenth.
	tryArrivals = 10_000
	leastTry    = 5 * time.Second // unless twice as many arrive in less
	// A long window is ten times as long, but not much longer than so many take.
	longer       = 10
	longArrivals = 200_000
	leastBurst   = 10 * time.Second // a burst is judged by what is due in so long, or twice the objective's time
	trySamples   = 128
	tryLooks     = 16 // how often it is looked whether the end is clear
	// burstWithin is how long the requests of a burst take to arrive.
	burstWithin = 5 * time.Millisecond
)

// Run lets it happen and judges it. The same Try gives the same trial.
func (y Try) Run(ctx context.Context) (*record.Trial, error) {
	lead, window := y.windows()
	stages := []model.Stage{{For: lead + window, Rate: y.Rate}}
	if y.Burst > 0 {
		stages = []model.Stage{{For: lead, Rate: y.Rate}, {For: burstWithin, Rate: y.Rate + float64(y.Burst)/burstWithin.Seconds()}, {For: window - burstWithin, Rate: y.Rate}}
	}
	a := &attempt{Try: y, from: int64(lead), looks: window / tryLooks}
	kept := answers.Get().(*[]answer)
	a.seen = (*kept)[:0]
	defer func() {
		*kept = a.seen
		answers.Put(kept)
	}()
	var err error
	a.drive.cpus = y.CPUs
	a.drive.sim, err = sim.New(sim.Config{Workload: y.Workload, Engine: y.Engine, CPUs: y.CPUs, Costs: y.Costs, Seed: y.Seed, Stages: stages, Ended: a.ended,
		Instances: y.Instances, Balancer: y.Balancer})
	if err != nil {
		return nil, err
	}
	t := &record.Trial{Engine: y.Engine.String(), Rate: y.Rate / float64(max(1, y.Instances)), LeadIn: lead.Seconds(), Horizon: window.Seconds()}
	to, err := a.run(ctx, lead, window)
	if err != nil {
		return nil, err
	}
	a.fill(t, lead, to)
	analysis.Judge(t, y.Workload.SLO)
	return t, nil
}

// windows are how long the trial goes on before its window, and how long that is.
func (y *Try) windows() (lead, window time.Duration) {
	lead = leadIn(y.Workload)
	if y.Burst > 0 {
		return lead, max(leastBurst, 2*y.Workload.SLO.Within)
	}
	least := min(leastTry, time.Duration(2*tryArrivals/y.Rate*float64(time.Second)))
	window = max(time.Duration(tryArrivals/y.Rate*float64(time.Second)), least, 2*y.Workload.SLO.Within)
	if y.Long {
		arrivals := y.Rate * window.Seconds()
		window = time.Duration(min(longer, max(2, longArrivals/arrivals)) * float64(window))
	}
	return lead, window
}

// Requests is how many are simulated if the objective is met by far: the window
// then ends early.
func (y Try) Requests() float64 {
	lead, window := y.windows()
	return y.Rate * (lead + window/2 + y.Workload.SLO.Within).Seconds()
}

// An attempt is a Try while it goes on.
type attempt struct {
	Try
	drive drive
	from  int64         // when the window begins, nanoseconds
	looks time.Duration // between looks
	seen  []answer      // to requests due since from
	late  int64         // of them, not answered in time, so far
	bad   int64         // of them, failed, so far
}

// An answer is what a trial keeps of a request.
type answer struct {
	intended, took int64 // nanoseconds
	outcome        load.Outcome
}

// answers are kept from one trial to the next: a long one has 200,000.
var answers = sync.Pool{New: func() any { return new([]answer) }}

func (a *attempt) ended(e sim.Ended) {
	if e.Intended < a.from {
		return
	}
	x := answer{e.Intended, e.Done - e.Intended, e.Outcome}
	a.seen = append(a.seen, x)
	if !a.within(&x) {
		a.late++
	}
	if e.Outcome.Failed() {
		a.bad++
	}
}

func (a *attempt) within(x *answer) bool {
	return x.outcome == load.OK && time.Duration(x.took) <= a.Workload.SLO.Within
}

// run simulates until the end of the window, or until the end is clear, and then
// as long as an answer can still come in time. It returns where the window ends.
func (a *attempt) run(ctx context.Context, lead, window time.Duration) (time.Duration, error) {
	d := &a.drive
	look := func(at time.Duration) error {
		if err := d.sim.RunUntil(at); err != nil {
			return err
		}
		x := d.sim.Stats()
		one(&x, a.Workload)
		d.samples = append(d.samples, x)
		return ctx.Err()
	}
	for _, at := range []time.Duration{0, lead} {
		if err := look(at); err != nil {
			return 0, err
		}
	}
	end := lead + window
	at := lead
	for i := 1; at < end; i++ {
		if at = lead + time.Duration(float64(window)*float64(i)/trySamples); i == trySamples {
			at = end
		}
		if err := look(at); err != nil {
			return 0, err
		}
		if i%(trySamples/tryLooks) == 0 && a.clear(at-lead, window) {
			break
		}
	}
	if err := d.sim.RunUntil(at + a.Workload.SLO.Within); err != nil {
		return 0, err
	}
	d.sim.Unfinished(a.ended)
	return at, nil
}

// clear reports whether the rest of the window could not change the judgement:
// more has been lost than the whole of it may lose, or half of it is over and the
// objective is met by far.
func (a *attempt) clear(passed, window time.Duration) bool {
	slo := a.Workload.SLO
	arrivals := a.Rate*window.Seconds() + float64(a.Burst)
	if lost := stopAt(slo, arrivals); a.late > lost.lost || a.bad > lost.failed {
		return passed >= window/4 || a.Burst > 0
	}
	if a.Burst > 0 || a.Long || passed < window/2 {
		return false
	}
	// A quarter of what may be late, of those that have come so far.
	due := a.Rate * passed.Seconds()
	if float64(a.late) > 0.25*(1-slo.Ratio)*due || float64(a.bad) > 0.25*slo.Errors*due {
		return false
	}
	drift := a.drift(time.Duration(a.from), time.Duration(a.from)+passed)
	return drift.PerSecond < 0.25*drift.Noise
}

func (a *attempt) drift(from, to time.Duration) record.Drift {
	window := a.drive.between(from, to)
	inFlight := make([]float64, len(window))
	for i, s := range window {
		inFlight[i] = float64(s.InFlight)
	}
	return analysis.DriftOf(inFlight, to-from, a.Rate)
}

// fill sums up the window.
func (a *attempt) fill(t *record.Trial, from, to time.Duration) {
	t.Seconds = (to - from).Seconds()
	window := a.drive.between(from, to)
	a.drive.fillServer(t, window)
	fillInside(t, window)
	fillStandstill(t, from, &window[len(window)-1])
	l := &t.Load
	l.InFlight = (window[len(window)-1].InFlightTime - window[0].InFlightTime).Seconds() / t.Seconds / float64(max(1, a.Instances))
	if a.Burst == 0 {
		t.Drift = a.drift(from, to)
	}
	l.Failures = map[string]int64{}
	latencies := make([]int64, 0, len(a.seen))
	var sum float64
	for i := range a.seen {
		x := &a.seen[i]
		if x.intended >= int64(to) {
			continue // due while the last answers came in
		}
		l.Arrivals++
		switch {
		case a.within(x):
			l.Within++
		case x.outcome.Failed():
			l.Failures[x.outcome.String()]++
		default:
			l.Late++
		}
		if analysis.Answered(statusOf(x.outcome)) {
			latencies = append(latencies, x.took)
			sum += float64(x.took)
		}
	}
	if len(latencies) == 0 {
		return
	}
	slices.Sort(latencies)
	at := func(p float64) int64 {
		return latencies[max(0, int(math.Ceil(p*float64(len(latencies))))-1)] / 1000
	}
	l.P50us, l.P90us, l.P99us, l.MaxUs = at(0.5), at(0.9), at(0.99), at(1)
	l.ServiceUs = int64(sum / float64(len(latencies)) / 1000)
}

// leadIn is how long a trial goes on before its window begins: until the number
// in flight is what the rate makes it, in whole seconds.
func leadIn(w *model.Workload) time.Duration {
	longest := workload.Demand(w).Request.Residence
	for _, u := range w.Upstreams {
		longest = max(longest, u.Latency.Quantile(0.95))
	}
	return max(1, (longest+time.Second-1)/time.Second) * time.Second
}
