package analysis

import (
	"errors"
	"fmt"
	"math"
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
		return f, nil, nil
	}
	// A disturbance only ever raises latency and loses requests: on the other
	// side the figure is as good as ever.
	slo := r.Workload.SLO
	switch isTime := model.MeasureOf(x.Measure).Unit == model.UnitTime; {
	case isTime && x.Versus == nil:
		slo.Within = time.Duration(x.Bound.Value * float64(time.Second))
	case isTime && !math.IsInf(f.Value, 0):
		slo.Within = time.Duration(f.Value * float64(time.Second))
	}
	disturbed = Disturbances(t, slo)
	switch {
	case len(disturbed) == 0:
	case raised > 0:
		f.Low = 0
	default:
		f.High = 1
	}
	return f, disturbed, nil
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
		for _, t := range e.Trials {
			if t.Purpose == record.PurposeRate && t.Rate == want.Rate && t.Route == want.Route && t.Seconds > 0 {
				return t, nil
			}
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
		return exactly(float64(t.Server.RSS)), 0, nil
	case "memory-per-request":
		if t.Server.RSSIdle == 0 || t.Load.InFlight < 1 {
			return f, 0, errors.New("too few requests were in flight")
		}
		return exactly(float64(t.Server.RSS - t.Server.RSSIdle)).over(e.inFlight(t)), 0, nil
	case "in-flight":
		return e.inFlight(t), 1, nil
	case "cpu":
		return e.growth(t, "cpu_seconds", "responses"), 0, nil
	case "switches":
		return e.growth(t, "switches", "responses"), 0, nil
	case "cpu-share":
		f := e.growth(t, "cpu_seconds", "")
		n := float64(max(1, t.Server.CPUs))
		return Figure{f.Value / n, f.Low / n, f.High / n}, 0, nil
	case "stalled":
		return stalledFigure(t, x.Step), 0, nil
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

// stalledFigure is the share of the window that steps spent stalling loops or
// pinning carriers. Stalls are taken to come independently.
func stalledFigure(t *record.Trial, step string) Figure {
	var seconds float64
	var n int64
	for _, s := range t.Server.Stalls {
		if step == "" || s.Op == step {
			seconds, n = seconds+s.Seconds, n+s.Count
		}
	}
	if n == 0 {
		return exactly(0)
	}
	share := seconds / t.Seconds
	half := 1.96 * share / math.Sqrt(float64(n))
	return Figure{share, max(0, share-half), share + half}
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

// growth is by how much one of the engine's counters grew in a trial's window
// for each unit of another, or for each second.
func (e *EngineRun) growth(t *record.Trial, num, den string) Figure {
	var at []int64
	var x, y []float64
	for _, g := range e.gauges[t.ID] {
		if g.Source != record.SourceEngine {
			continue
		}
		at, x, y = append(at, g.T), append(x, g.Values[num]), append(y, g.Values[den])
		if den == "" {
			y[len(y)-1] = float64(g.T) / 1e9
		}
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
