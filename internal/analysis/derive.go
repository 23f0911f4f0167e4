package analysis

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/plimsoll-dev/plimsoll/internal/search"
	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
)

// A Run is a record of `compare`, sorted by engine.
type Run struct {
	Meta     *record.Meta
	Workload *model.Workload
	Engines  []*EngineRun
	Warnings []Warning
	Hash     string
	Partial  bool
	Ended    bool   // it has its verdict, which is the last row
	Failure  string // why it came to nothing; "": it did not
}

// An EngineRun is what was recorded about one engine.
type EngineRun struct {
	Name     string
	Config   model.EngineConfig
	Trials   []*record.Trial
	Warnings []Warning
	// Prediction is what a simulation said of it beside the measurement; nil: none did.
	Prediction *record.Prediction

	// Of the trials at the line or at a rate, by trial: latencies and the
	// generator's delays, and gauges.
	latencies map[int][]*record.Histogram
	gauges    map[int][]*record.Gauge
}

// Derive concludes a verdict from what was recorded.
func Derive(r *Run) *Verdict {
	v := &Verdict{
		Schema: Schema, Kind: r.Meta.Command, Workload: r.Workload.Name, Instances: r.Meta.Instances, Balancer: r.Meta.Balancer, Record: r.Hash, Partial: r.Partial,
		SLO:      SLO{WithinMS: float64(r.Workload.SLO.Within.Microseconds()) / 1000, Ratio: r.Workload.SLO.Ratio, Errors: r.Workload.SLO.Errors},
		Engines:  []EngineVerdict{},
		Warnings: notNil(r.Warnings),
	}
	for _, e := range r.Engines {
		v.Engines = append(v.Engines, deriveEngine(e, r.Workload))
	}
	for i := range v.Engines {
		if ratio, differ := Differ(v.Engines[0].LoadLine, v.Engines[i].LoadLine); differ {
			v.Engines[i].VersusFirst = ptr(sig(ratio, 3))
		}
	}
	v.Searched = !r.Workload.NoSearch
	v.Conclusion = Conclude(v.Engines)
	if !v.Searched {
		done := "Measured"
		if v.Kind == "simulate" {
			done = "Simulated"
		}
		v.Conclusion = done + " at the rates that are named; no load line was searched."
	}
	v.Expectations = r.expectations(r.Workload.Expect, v.Engines)
	return v
}

func deriveEngine(e *EngineRun, w *model.Workload) EngineVerdict {
	v := EngineVerdict{
		Name: e.Name, Engine: e.Config.Engine, Config: e.Config.Options(),
		Residence: map[string]float64{}, Goodput: map[string]float64{}, VoidReasons: []string{}, Warnings: notNil(e.Warnings),
	}
	line := Line(e.Trials)
	v.LoadLine = loadLine(line)
	v.Wall = wallOf(e, w, line)
	for _, t := range e.Trials {
		if t.Outcome == record.Voided && t.Purpose == record.PurposeSearch && line.High == 0 {
			for _, reason := range Disturbances(t, w.SLO) {
				// One of a kind: they differ in their figures only.
				if !slices.ContainsFunc(v.VoidReasons, func(r string) bool { return sameKind(r, reason) }) {
					v.VoidReasons = append(v.VoidReasons, reason)
				}
			}
		}
		if t.Purpose == record.PurposeOverload {
			v.Goodput[strconv.FormatFloat(t.Factor, 'f', 1, 64)] = sig(goodput(t), 3)
		}
	}
	v.Warnings = append(v.Warnings, deadlocks(e)...)
	v.RecoveryS = recovery(e.Trials)
	// A line needs a trial that passed, or one that failed for the service's own reasons.
	v.Void = line.Low == 0 && line.High == 0
	if v.Rates = atRates(e.Trials, w); w.NoSearch {
		v.Void = len(v.Rates) < len(w.Rates)
	}
	if v.Void && len(v.VoidReasons) == 0 {
		v.VoidReasons = append(v.VoidReasons, "no trial was completed")
	}
	v.Predicted = predicted(e.Prediction, v.LoadLine)
	if at := TrialAtLine(e.Trials); at != nil {
		v.AtLine = Describe(at)
		if shares := Residence(at); shares != nil {
			for k, x := range shares {
				v.Residence[k] = sig(x, 3)
			}
		}
	}
	return v
}

// sameKind reports whether two reasons are alike up to their first figure.
func sameKind(a, b string) bool {
	words := func(s string) string { return s[:max(0, strings.IndexAny(s, "0123456789"))] }
	return words(a) == words(b)
}

func loadLine(d search.Decision) LoadLine {
	var l LoadLine
	if d.Low > 0 {
		l.Low, l.Rate = ptr(d.Low), ptr(sig(mid(d.Low, d.High), 3))
	}
	if d.High > 0 {
		l.High = ptr(d.High)
	}
	return l
}

// TrialAtLine returns the trial at the line's lower end, of several the last;
// nil where nothing passed.
func TrialAtLine(trials []*record.Trial) *record.Trial {
	low := Line(trials).Low
	var at *record.Trial
	for _, t := range trials {
		if t.Purpose == record.PurposeSearch && t.Outcome == record.Passed && t.Rate == low {
			at = t
		}
	}
	return at
}

// Describe is what one trial showed, in the units that verdicts use.
func Describe(t *record.Trial) *AtLine {
	a := &AtLine{
		Rate: t.Rate, P50MS: float64(t.Load.P50us) / 1000, P99MS: float64(t.Load.P99us) / 1000,
		RSSBytes: t.Server.RSS, Threads: t.Server.Threads, GOMAXPROCS: t.Server.GOMAXPROCS,
		InFlight: sig(t.Load.InFlight, 3), LagP99MS: float64(t.Load.LagP99us) / 1000, UpstreamMax: t.Upstream.InFlightMax,
	}
	if t.Load.Arrivals > 0 {
		a.ErrorRatio = sig(float64(Failures(t.Load))/float64(t.Load.Arrivals), 3)
	}
	if t.Server.Responses > 0 {
		a.Switches = sig(float64(t.Server.Switches)/float64(t.Server.Responses), 3)
		a.CPUMicros = sig(t.Server.CPUSeconds*1e6/float64(t.Server.Responses), 3)
	}
	if t.Seconds > 0 {
		a.CPUShare = sig(t.Server.CPUSeconds/t.Seconds/float64(max(1, t.Server.CPUs)), 3)
	}
	return a
}

// goodput is the mean over the whole seconds of an overload stage.
func goodput(t *record.Trial) float64 {
	if len(t.Load.Goodput) == 0 {
		return 0
	}
	m, _ := meanVar(t.Load.Goodput)
	return math.Round(m)
}

// recovery is the number of seconds after an overload until the service
// answers in time again; nil where it was not measured or not seen.
func recovery(trials []*record.Trial) *float64 {
	for _, t := range trials {
		if t.Purpose == record.PurposeRecovery && t.Load.Recovered != nil {
			return ptr(sig(*t.Load.Recovered, 2))
		}
	}
	return nil
}

func wallOf(e *EngineRun, w *model.Workload, line search.Decision) Wall {
	wall := Wall{Kind: model.WallUnknown, Evidence: []string{}}
	if line.High == 0 {
		if line.Low > 0 && !line.Voided {
			wall.Kind = model.WallNone
			wall.Evidence = append(wall.Evidence, fmt.Sprintf("nothing, up to the highest rate tried, %s", Rate(line.Low)))
		} else if line.Voided {
			wall.Evidence = append(wall.Evidence, "the trials past the line are void")
		}
		return wall
	}
	t := breaking(e.Trials, e.Config, w)
	if t == nil {
		return wall
	}
	limits := LimitsOf(t, e.Config, w)
	full := candidates(e.Trials, e.Config, w)
	// The first that was confirmed; or else the first in the chain that no trial
	// refuted. If all were refuted, what the wall is is not known.
	chosen := -1
	var said []string
	for i, l := range full {
		f := find(line, l, e.Trials)
		if f.confirmed != "" {
			chosen, wall.ConfirmedBy = i, &f.confirmed
			break
		}
		if f.refuted == "" && chosen < 0 {
			chosen = i
		}
		if text := f.refuted + f.open; text != "" {
			said = append(said, text)
		}
	}
	if chosen >= 0 {
		l := full[chosen]
		wall.Kind, wall.Name, wall.Limit = l.Kind, l.Name, ptr(l.Size)
		if l.Kind == model.WallUpstream {
			wall.Limit = nil
		}
	}
	wall.Evidence = append(wall.Evidence, evidence(limits, full, chosen, e.Config, t))
	if chosen >= 0 && full[chosen].Kind == model.WallThreadPool && t.Server.BlockedRead > 0 {
		wall.Evidence = append(wall.Evidence, fmt.Sprintf("seen from outside: %d requests in flight at the upstreams at most, %d threads in a blocking read by the kernel's account",
			t.Upstream.InFlightMax, t.Server.BlockedRead))
	}
	wall.Evidence = append(wall.Evidence, said...)
	if chosen >= 0 && wall.ConfirmedBy == nil {
		wall.Evidence = append(wall.Evidence, "not confirmed: "+whyNot(full[chosen], said))
	}
	return wall
}

func whyNot(l Limit, said []string) string {
	switch {
	case len(said) > 0:
		return "nothing that was raised moved the line"
	case l.Raise == (Variant{}):
		return "there is no way to give it more of this here"
	default:
		return "no trial with more of it was made"
	}
}

// evidence says how the trial failed and what was full in it: the wall first, then
// what else was, then the CPU.
func evidence(limits, saturated []Limit, chosen int, cfg model.EngineConfig, t *record.Trial) string {
	configured := 0
	if cfg.Has("max") {
		configured = cfg.Int("max")
	}
	var parts []string
	say := func(also string, l Limit) { parts = append(parts, also+l.describe(configured)) }
	also := ""
	if chosen >= 0 {
		say("", saturated[chosen])
		also = "also "
	}
	for i, l := range saturated {
		if i != chosen {
			say(also, l)
			also = ""
		}
	}
	for _, l := range limits {
		if l.Kind == model.WallCPU && !l.Saturated {
			say("", l)
		}
	}
	how := ""
	if len(t.Reasons) > 0 {
		how = " (" + strings.Join(t.Reasons, "; ") + ")"
	}
	return fmt.Sprintf("at %s/s%s: %s", Rate(t.Rate), how, strings.Join(parts, ", "))
}

func ptr[T any](v T) *T { return &v }

func notNil[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
