package analysis

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
	"github.com/plimsoll-dev/plimsoll/workload"
)

// errNotMeasured is why there is no figure, where nothing more is to be said.
var errNotMeasured = errors.New("it was not measured")

// measure returns the figure that an expectation is about, of one of its two
// subjects, and what disturbed the measuring so that one end of its interval is
// not known. Its error says why there is none.
func (r *Run) measure(x *model.Expectation, s model.Subject) (f Figure, disturbed []string, err error) {
	e := r.engine(s.Engine.String())
	if e == nil {
		return f, nil, fmt.Errorf("%s was not run", s.Engine)
	}
	switch x.Measure {
	case "load-line":
		f, err = lineFigure(e)
		return f, nil, err
	case "recovery":
		f, err = recoveryFigure(e)
		return f, nil, err
	case "goodput":
		return goodputFigure(e, x.At.Factor, r.Workload.SLO)
	}
	t, err := r.trial(e, x.At, s.Route)
	if err != nil {
		return f, nil, err
	}
	if t.Route == s.Route {
		s.Route = "" // it is the only one
	}
	f, raised, err := r.figure(e, t, x, s.Route)
	switch {
	case err != nil:
		return f, nil, err
	case math.IsNaN(f.Value):
		return f, nil, errNotMeasured
	case raised == 0:
		if why := crowded(t); why != "" && slices.Contains([]string{"cpu", "cpu-share", "switches"}, x.Measure) {
			return f.widened(crowdError), []string{why}, nil
		}
		return f, nil, nil
	}
	// A disturbance only ever raises latency and loses requests: on the other
	// side the figure is as good as ever. What is late by little, beside the
	// latency itself, decides nothing.
	slo := r.Workload.SLO
	if model.MeasureOf(x.Measure).Unit == model.UnitTime {
		scale := f.Low
		if x.Versus == nil {
			scale = max(scale, x.Bound.Value)
		}
		slo.Within = time.Duration(scale * float64(time.Second))
	}
	seen := *t
	if x.Measure == "p50" { // what a few requests in a hundred see does not move it
		seen.Load.DelayP99 = e.delays(t).Quantile(0.5).Microseconds()
	}
	disturbed = Disturbances(&seen, slo)
	switch {
	case len(disturbed) == 0:
	case raised > 0:
		f.Low = 0
	default:
		f.High = 1
	}
	return f, disturbed, nil
}

// crowdLimit is the share of the server's CPUs that others may use without
// changing what a request costs. Beside others that used 40 to 90 %, engines took
// from 10 % less to 20 % more CPU for it: crowdError.
const (
	crowdLimit = 0.2
	crowdError = 1.25
)

// crowded says that others used the server's CPUs, or "".
func crowded(t *record.Trial) string {
	if t.Machine.OthersShare <= crowdLimit {
		return ""
	}
	return fmt.Sprintf("machine: other processes used %.0f %% of the server's CPU", 100*t.Machine.OthersShare)
}

// trial finds what was measured at a point.
func (r *Run) trial(e *EngineRun, at model.Point, route string) (*record.Trial, error) {
	if at.Rate == 0 {
		if t := TrialAtLine(e.Trials); t != nil {
			return t, nil
		}
		return nil, fmt.Errorf("%s has no load line that it could be measured at", e.Name)
	}
	if want := workload.RateTrialOf(r.Workload, at.Rate, route); want != nil {
		if t := RateTrial(e.Trials, *want, r.Workload.SLO); t != nil {
			return t, nil
		}
	}
	return nil, errNotMeasured
}

// figure is what one trial shows, of one route or, for "", of all. raised says
// what a disturbance of the measuring does to it: 1, it raises it; -1, it
// lowers it.
func (r *Run) figure(e *EngineRun, t *record.Trial, x *model.Expectation, route string) (f Figure, raised int, err error) {
	arrivals, within, failed := t.Load.Arrivals, t.Load.Within, Failures(t.Load)
	if route != "" {
		arrivals = 0
		for _, of := range t.Load.Routes {
			if of.Name == route {
				arrivals, within, failed = of.Arrivals, of.Within, of.Failed
			}
		}
	}
	if arrivals == 0 {
		return f, 0, errors.New("nothing was sent")
	}
	switch x.Measure {
	case "p50", "p99":
		h, err := e.latency(t, route)
		if err != nil {
			return f, 0, err
		}
		p := 0.5
		if x.Measure == "p99" {
			p = 0.99
		}
		return tail(h, arrivals, p), 1, nil
	case "within":
		return proportion(within, arrivals), -1, nil
	case "errors":
		return proportion(failed, arrivals), 1, nil
	case "threads":
		return exactly(float64(t.Server.Threads)), 0, nil
	case "memory":
		return exactly(float64(t.Server.RSS)).widened(sameMemory), 0, nil
	case "memory-per-request":
		if t.Server.RSSIdle == 0 || t.Load.InFlight < 1 {
			return f, 0, errors.New("too few requests were in flight")
		}
		return exactly(float64(t.Server.RSS - t.Server.RSSIdle)).widened(sameMemory).over(e.inFlight(t)), 0, nil
	case "in-flight":
		return e.inFlight(t), 1, nil
	case "cpu":
		return e.growth(t, "responses", "cpu_seconds"), 0, nil
	case "switches":
		return e.growth(t, "responses", "switches"), 0, nil
	case "cpu-share":
		f := e.growth(t, "", "cpu_seconds")
		n := float64(max(1, t.Server.CPUs))
		return Figure{f.Value / n, f.Low / n, f.High / n}, 0, nil
	case "stalled":
		return e.stalled(t, x.Step), 0, nil
	}
	return f, 0, fmt.Errorf("no measure is called %q", x.Measure)
}

// lineFigure is the bracket of the load line.
func lineFigure(e *EngineRun) (Figure, error) {
	line := Line(e.Trials)
	if line.Low == 0 && line.High == 0 {
		return Figure{}, errNotMeasured
	}
	f := Figure{mid(line.Low, line.High), line.Low, line.High}
	if line.High == 0 {
		f.High = math.Inf(1)
	}
	return f, nil
}

// recoveryFigure is as long as the recovery was seen to take, to a tenth of a
// second; or longer than was waited for it.
func recoveryFigure(e *EngineRun) (Figure, error) {
	for _, t := range e.Trials {
		if t.Purpose != record.PurposeRecovery {
			continue
		}
		if s := t.Load.Recovered; s != nil {
			return Figure{*s, max(0, *s-0.1), *s + 0.1}, nil
		}
		return Figure{math.Inf(1), t.Horizon, math.Inf(1)}, nil
	}
	return Figure{}, errNotMeasured
}

// goodputFigure is what was answered in time past the line, of what the line
// carries.
func goodputFigure(e *EngineRun, factor float64, slo model.SLO) (f Figure, disturbed []string, err error) {
	for _, t := range e.Trials {
		if t.Purpose != record.PurposeOverload || t.Factor != factor || len(t.Load.Goodput) == 0 {
			continue
		}
		var n float64
		for _, g := range t.Load.Goodput {
			n += g
		}
		line := t.Rate / t.Factor * float64(len(t.Load.Goodput))
		half := 1.96 * math.Sqrt(clustering*n)
		f = Figure{n / line, max(0, n-half) / line, (n + half) / line}
		if disturbed = Disturbances(t, slo); len(disturbed) > 0 {
			f.High = math.Inf(1)
		}
		return f, disturbed, nil
	}
	return f, nil, errNotMeasured
}

// sameMemory is how far apart two readings of fresh servers under the same load
// lie: 321 and 330 MiB for 5,000 threads that wait.
const sameMemory = 1.03

// stalled is the share of a trial's window in which a step, or for "" any,
// stalled loops or pinned carriers.
func (e *EngineRun) stalled(t *record.Trial, step string) Figure {
	var steps []string
	for _, s := range t.Server.Stalls {
		if step == "" || s.Op == step {
			steps = append(steps, record.StallGauge(s.Op))
		}
	}
	if len(steps) == 0 {
		return exactly(0)
	}
	return e.growth(t, "", steps...)
}

// latency sums up the latencies of a trial's window, of one route or of all.
func (e *EngineRun) latency(t *record.Trial, route string) (*record.Hist, error) {
	var rows []*record.Histogram
	for _, h := range e.latencies[t.ID] {
		if route == "" || h.Route == route {
			rows = append(rows, h)
		}
	}
	return Latency(t, rows)
}

// delays are how late the generator took up the requests of a trial's window.
func (e *EngineRun) delays(t *record.Trial) *record.Hist {
	sum := record.NewHist()
	for _, row := range e.latencies[t.ID] {
		if row.Metric == record.MetricDelay && float64(row.Second) >= t.LeadIn && float64(row.Second) < t.LeadIn+t.Seconds {
			if h, err := row.Hist(); err == nil {
				sum.Merge(h)
			}
		}
	}
	return sum
}

// growth is by how much some of the engine's counters grew together in a trial's
// window, for each unit of another or, for "", for each second.
func (e *EngineRun) growth(t *record.Trial, per string, counters ...string) Figure {
	var at []int64
	var x, y []float64
	for _, g := range e.gauges[t.ID] {
		if g.Source != record.SourceEngine {
			continue
		}
		sum, unit := 0.0, g.Values[per]
		for _, c := range counters {
			sum += g.Values[c]
		}
		if per == "" {
			unit = float64(g.T) / 1e9
		}
		at, x, y = append(at, g.T), append(x, sum), append(y, unit)
	}
	from := t.T + int64(t.LeadIn*1e9)
	return rateOfGrowth(at, x, y, from, from+int64(t.Seconds*1e9))
}

// inFlight is the mean number of requests in flight in a trial's window.
func (e *EngineRun) inFlight(t *record.Trial) Figure {
	var at []int64
	var sum, seconds []float64
	total := 0.0
	for _, g := range e.gauges[t.ID] {
		n, known := g.Values["in_flight"]
		if g.Source != record.SourceLoad || !known {
			continue
		}
		if k := len(at); k > 0 {
			total += n * float64(g.T-at[k-1]) / 1e9
		}
		at, sum, seconds = append(at, g.T), append(sum, total), append(seconds, float64(g.T)/1e9)
	}
	from := t.T + int64(t.LeadIn*1e9)
	return rateOfGrowth(at, sum, seconds, from, from+int64(t.Seconds*1e9))
}
