package probe

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/plimsoll-dev/plimsoll/record"
)

// Schema names the version of the verdict's JSON.
const Schema = "plimsoll.verdict/1"

// A Verdict is what was found, as --json prints it.
type Verdict struct {
	Schema     string       `json:"schema"`
	Kind       string       `json:"kind"`
	Target     string       `json:"target"`
	Record     string       `json:"record,omitempty"`
	Wall       Wall         `json:"wall"`
	Confidence string       `json:"confidence"` // high, medium, low, none
	Hypotheses []Hypothesis `json:"hypotheses"` // the likeliest first
	Ask        []string     `json:"ask"`        // what would tell more
	Remedies   []Remedy     `json:"remedies"`
	Service    Service      `json:"service"`
	Tried      int          `json:"tried"` // requests at once, at most
	Requests   int          `json:"requests"`
	Void       bool         `json:"void"`
	Reasons    []string     `json:"void_reasons"`
	Warnings   []Warning    `json:"warnings"`
}

// A Wall is what stops the service.
type Wall struct {
	Kind     Kind     `json:"kind"`
	Limit    *int     `json:"limit"` // its size; null: none that is known, or that makes sense
	Low      *int     `json:"low"`   // the sizes that are nearly as likely
	High     *int     `json:"high"`
	Rate     *float64 `json:"rate"`               // heavy requests a second that it lets through; null: not known
	Shared   *bool    `json:"shared_with_canary"` // null: there was no canary, or it does not tell
	Evidence []string `json:"evidence"`
}

// A Hypothesis is a kind of wall with its share of the probability.
type Hypothesis struct {
	Kind   Kind    `json:"kind"`
	Limit  *int    `json:"limit"`
	Weight float64 `json:"weight"`
}

// A Remedy is a change, and the rate that it is predicted to carry.
type Remedy struct {
	Change string   `json:"change"`
	Rate   *float64 `json:"predicted_rate"` // 1/s; null: it cannot be told from outside
}

// Service is how the service answers one request at a time.
type Service struct {
	MeanMS   float64  `json:"mean_ms"`
	LowMS    float64  `json:"low_ms"` // 95 % interval of the mean
	HighMS   float64  `json:"high_ms"`
	CanaryMS *float64 `json:"canary_ms"`
}

// A Warning is a doubt that a reader has to know.
type Warning struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

// The least share of the probability for each confidence. Below the lowest,
// the verdict is [Unknown].
const (
	shareHigh   = 0.95
	shareMedium = 0.80
	shareLow    = 0.60
)

// Judge weighs what was seen. It is a pure function of the history, so it says
// the same of a record that is read from a file.
func Judge(h *History) *Verdict {
	a := assess(h)
	v := &Verdict{Schema: Schema, Kind: "probe", Record: h.Hash, Hypotheses: []Hypothesis{}, Ask: []string{}, Remedies: []Remedy{},
		Tried: a.most, Requests: h.Requests, Reasons: []string{}, Warnings: []Warning{}, Confidence: "none", Wall: Wall{Kind: Unknown, Evidence: []string{}}}
	v.Target, _ = h.Meta.Options[optionTarget].(string)
	v.service(a)
	if len(a.ranked) > 0 {
		v.conclude(a)
	}
	v.doubts(a)
	if len(a.ranked) > 0 {
		v.evidence(a)
		v.remedies(a)
		v.ask(a)
		v.calibrate(a) // only what is printed: the others have to know what was found
		for _, x := range a.merged() {
			if x.weight >= 0.005 {
				v.Hypotheses = append(v.Hypotheses, Hypothesis{x.kind, sized(&x), math.Round(x.weight*1000) / 1000})
			}
		}
	}
	return v
}

func (v *Verdict) service(a *assessment) {
	xs := a.h.serial()
	if len(xs) == 0 {
		return
	}
	half := 1.96 * deviation(xs) / math.Sqrt(float64(len(xs)))
	round := func(x float64) float64 { return math.Round(x*1e6) / 1e3 }
	v.Service = Service{MeanMS: round(mean(xs)), LowMS: round(mean(xs) - half), HighMS: round(mean(xs) + half)}
	if c := a.h.alone(false); len(c) > 0 {
		ms := round(mean(c))
		v.Service.CanaryMS = &ms
	}
}

// conclude names the wall, or abstains.
func (v *Verdict) conclude(a *assessment) {
	best := &a.merged()[0]
	if best.kind == None && a.most == 0 {
		return // nothing was tried that a wall could stop
	}
	if best.weight < shareLow {
		// What the rivals have in common is known all the same.
		if x := a.pool(); x != nil && a.weight(None, CPU, Unknown, RateLimit) < 0.1 {
			v.Wall.size(x)
		}
		return
	}
	v.Wall.Kind = best.kind
	v.Wall.size(best)
	if c := a.shrunk(); c != nil && v.Wall.Limit != nil {
		v.Wall.Limit, v.Wall.Low, v.Wall.High = &c.n, &c.low, &c.high
		v.Warnings = append(v.Warnings, Warning{"shrinks", fmt.Sprintf("kept busy it had at least %d at a time, and waves of requests found %d: it grows under load within seconds, and shrinks without", c.low, best.limit)})
	}
	switch {
	case best.kind == Unknown:
		return
	case best.weight >= shareHigh:
		v.Confidence = "high"
	case best.weight >= shareMedium:
		v.Confidence = "medium"
	default:
		v.Confidence = "low"
	}
	if a.shrunk() != nil {
		v.atMost("medium")
	}
	v.doubt(a, best)
	if best.kind == RateLimit && (a.h.bySpace() || a.onlyPaced()) || best.kind == CPU && a.idles() {
		v.Confidence = "low"
	}
	if a.h.hasCanary() {
		shared := false
		switch best.kind {
		case SharedPool, Serial, ConnectionCap, CPU:
			shared = true
			v.Wall.Shared = &shared
		case PrivatePool:
			v.Wall.Shared = &shared
		}
	}
}

// doubt lowers the confidence where what was seen speaks against the verdict
// itself, or does not tell it from others.
func (v *Verdict) doubt(a *assessment, best *hypothesis) {
	times, canaries := a.contradicted(best)
	switch {
	case times > 0.5 || canaries > 0.25 || a.excluded(best):
		v.atMost("low")
	case times > 0.3 || canaries > 0.12 || a.outdone(best):
		v.atMost("medium")
	}
	if heeds, _ := a.h.heeds(); best.kind == CPU && a.queued && !heeds && !a.mostly(allCPUs) && !a.mostly(oneCPU) {
		v.atMost("medium") // a pace does not say what keeps it
	}
	if best.kind == CPU && a.h.turnsAway() {
		v.atMost("low") // a processor turns nobody away: there is another wall, and it may be met first
	}
	if best.kind != RateLimit && best.kind != Shedding && a.h.overTime() != "" {
		v.atMost("low") // there is a limit that no wave met
	}
	if n, _ := a.h.errors(); n > 0 {
		v.atMost("low") // what failed by itself is taken for what was turned away
	}
	if best.kind == PrivatePool && a.h.warned(codeElsewhere) {
		v.atMost("medium") // that a canary of another service does not wait says nothing of this one's
	}
	if best.kind == Shedding && a.room() == 0 {
		v.atMost("low") // of no wave was a part turned away: who was may have met a service that was not there
	}
	if best.kind == RateLimit && a.limiter.Vague {
		v.atMost("medium") // how fast is not known
	}
	if best.kind == RateLimit && a.limiter.Unlike {
		v.atMost("low") // it is no limit that is known here
	}
	if sized(best) != nil && 5*(best.high-best.low) > best.limit {
		v.atMost("medium") // of what size is known to a tenth at best
	}
	if a.tardy(best) {
		v.atMost("low") // who has a place is not served as if alone
	}
	if best.variant == uneven && !a.noise.steady() {
		v.atMost("medium") // neither canaries nor single times say how many places there are
	}
	if best.variant == portion && !a.idles() {
		v.atMost("medium") // so do processors, of which each request has a turn after it waited
	}
	if best.variant == repeated && !a.idles() {
		v.atMost("low") // threads that share processors in slices come to them several times, too
	}
	if d := a.h.worn; d != nil && !d.another {
		v.atMost("medium") // what comes so soon may be as good
	}
	if best.kind == None && a.lags() {
		v.atMost("medium") // a pool of nearly as many as were tried lets few wait
	}
	if g := a.growth(); g != nil && g.grew() {
		v.atMost("medium") // nobody saw how far
	}
	if a.h.interfered() {
		v.atMost("medium") // who waited may have waited for others
	}
}

// atMost lowers the confidence to a level.
func (v *Verdict) atMost(level string) {
	order := []string{"none", "low", "medium", "high"}
	if slices.Index(order, v.Confidence) > slices.Index(order, level) {
		v.Confidence = level
	}
}

func (w *Wall) size(x *hypothesis) {
	if w.Limit = sized(x); w.Limit != nil {
		low, high := x.low, x.high
		w.Low, w.High = &low, &high
	}
}

// sized is a hypothesis's limit, where it has one.
func sized(x *hypothesis) *int {
	switch x.kind {
	case SharedPool, Serial, PrivatePool, ConnectionCap, Shedding:
		n := x.limit
		return &n
	}
	return nil
}

// doubts says what keeps the verdict from being trusted.
func (v *Verdict) doubts(a *assessment) {
	h := a.h
	if n := h.disturbed(); n > 12 || n > 2 && 2*n > len(h.Experiments) {
		v.Void = true
		v.Reasons = append(v.Reasons, "the prober itself was held up in too many experiments: the machine it runs on has no CPU to spare for it")
		v.Confidence = "none"
	}
	if g := a.growth(); g != nil && g.grew() && a.ranked[0].limit > 0 {
		v.Warnings = append(v.Warnings, Warning{"still-growing", fmt.Sprintf("it was still growing, to %d at a time, when the probe stopped keeping it busy", g.about(a))})
	}
	for _, o := range h.made(record.ExperimentSustain) {
		if n := o.starved(); n > 0 {
			v.Warnings = append(v.Warnings, Warning{"starvation", fmt.Sprintf("of %s kept in flight about %d had no answer while others had several: it does not serve in the order of arrival, and means and medians leave out who waits", several(o.Count, "request"), n)})
			break
		}
	}
	if canary, service := h.canary(), h.service(); canary > 0 && service > 0 && service < 3*canary+2*time.Millisecond { // [History.samples]
		v.Warnings = append(v.Warnings, Warning{"canary-slow", fmt.Sprintf("alone a canary takes %s, and a slow request %s: whether one waits for the other is too close to see; write a cheaper canary, or a slower route", millis(canary.Seconds()), millis(service.Seconds()))})
	}
	if heeds, known := h.heeds(); known && !heeds {
		others := h.others()
		v.Warnings = append(v.Warnings, Warning{"ms-ignored", fmt.Sprintf("asked to take %d and %d ms, a request took %s and %s: {ms} makes no difference there, and nothing was learned from it",
			others[0], others[1], millis(h.serviceAt(others[0]).Seconds()), millis(h.serviceAt(others[1]).Seconds()))})
	}
	if text := h.failing(); text != "" {
		v.Warnings = append(v.Warnings, Warning{"errors", text})
	}
	if text := h.overTime(); text != "" {
		v.Warnings = append(v.Warnings, Warning{"limited", text})
	}
	if text := h.missing(); text != "" {
		v.Warnings = append(v.Warnings, Warning{"outage", text})
	}
	if text := h.gone(); text != "" {
		v.Warnings = append(v.Warnings, Warning{"gone", text})
	}
	for i := range h.Warnings {
		v.Warnings = append(v.Warnings, Warning{h.Warnings[i].Code, h.Warnings[i].Text})
	}
	switch h.End {
	case endInterrupted, "":
		v.Warnings = append(v.Warnings, Warning{"interrupted", "interrupted: the verdict is about what was seen until then"})
	case endTime:
		v.Warnings = append(v.Warnings, Warning{"max-time", "the time given was over before every question was answered; allow more with --max-time"})
	case endRequests:
		v.Warnings = append(v.Warnings, Warning{"max-requests", "the number of requests allowed was used up before every question was answered; allow more with --max-concurrency"})
	case endCanary:
		v.Warnings = append(v.Warnings, Warning{"canary-budget", "the canary waited longer than --canary-budget allows, so the probe stopped"})
	case endChanged:
		v.atMost("low")
		v.Warnings = append(v.Warnings, Warning{"answers-changed", h.changed() + ", which is not the work that was probed, so the probe stopped: a session that ended, perhaps, or a login; put a header with one that lasts into a file, for --header-file"})
	}
}
