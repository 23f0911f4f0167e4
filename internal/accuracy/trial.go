package accuracy

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
)

// A Truth is what a server's wall is.
type Truth struct {
	Kind      string
	Low, High int      // its size; 0: it has none
	Also      []string // kinds that are true of it as well
	Because   string   // the configuration, and where it is documented
}

// A Verdict is the part of `plimsoll probe --json` that is judged.
type Verdict struct {
	Schema string `json:"schema"`
	Wall   struct {
		Kind  string   `json:"kind"`
		Limit *float64 `json:"limit"`
		Low   *float64 `json:"low"`
		High  *float64 `json:"high"`
		Rate  *float64 `json:"rate"` // requests a second, the size of a rate limit
	} `json:"wall"`
	Confidence string       `json:"confidence"`
	Hypotheses []Hypothesis `json:"hypotheses"`
	Requests   int          `json:"requests"`
	Void       bool         `json:"void"`
	Reasons    []string     `json:"void_reasons"`
}

// A Hypothesis is a kind with the probability that the prober gives it.
type Hypothesis struct {
	Kind   string  `json:"kind"`
	Weight float64 `json:"weight"`
}

// The verdict's kinds that mean something to a judge.
const (
	unknown   = "unknown"
	rateLimit = "rate-limit"
	// High is the confidence with which nothing wrong may be said.
	High = "high"
)

// Decode reads a verdict. What is not one of a probe is an error.
func Decode(text []byte) (*Verdict, error) {
	var v Verdict
	if err := json.Unmarshal(text, &v); err != nil {
		return nil, fmt.Errorf("read verdict: %w", err)
	}
	if v.Schema != "plimsoll.verdict/1" || v.Wall.Kind == "" {
		return nil, fmt.Errorf("read verdict: schema %q with wall %q is not the verdict of a probe", v.Schema, v.Wall.Kind)
	}
	return &v, nil
}

// A Trial is one probe of one server.
type Trial struct {
	Peer    string
	Target  string // what the prober was given: the heavy route
	Truth   Truth
	Verdict *Verdict // nil: there was none
	Err     string   // why there was none
	Seconds float64
}

// Given is the kind of the verdict; one that is void abstains. Without a verdict
// it is failed.
func (t *Trial) Given() string {
	switch {
	case t.Verdict == nil:
		return failed
	case t.Verdict.Void:
		return unknown
	}
	return t.Verdict.Wall.Kind
}

// failed stands where there is no verdict.
const failed = "failed"

// Abstains reports whether no wall is claimed.
func (t *Trial) Abstains() bool { return t.Given() == unknown || t.Given() == failed }

// Right reports whether the kind is true of the wall.
func (t *Trial) Right() bool { return t.Truth.is(t.Given()) }

func (w *Truth) is(kind string) bool { return kind == w.Kind || slices.Contains(w.Also, kind) }

// The tolerances of sizes: exact up to 64, then ±2 %. A rate is measured, not
// counted: ±10 %.
const (
	exactUpTo     = 64
	toleranceSize = 0.02
	toleranceRate = 0.10
)

// Size is the size that the verdict gives; nil where it gives none.
func (t *Trial) Size() *float64 {
	switch {
	case t.Abstains():
		return nil
	case t.Given() == rateLimit:
		return t.Verdict.Wall.Rate
	}
	return t.Verdict.Wall.Limit
}

// SizeRight reports whether the size is within its tolerance, and whether there
// is anything to compare: the kind is right, and the truth has a size.
func (t *Trial) SizeRight() (right, asked bool) {
	if !t.Right() || t.Truth.High == 0 || !sized(t.Given()) {
		return false, false
	}
	size := t.Size()
	if size == nil {
		return false, true
	}
	slack := 0.0
	switch {
	case t.Given() == rateLimit:
		slack = toleranceRate
	case t.Truth.High > exactUpTo:
		slack = toleranceSize
	}
	return *size >= math.Floor(float64(t.Truth.Low)*(1-slack)) && *size <= math.Ceil(float64(t.Truth.High)*(1+slack)), true
}

// sized reports whether walls of that kind have a size.
func sized(kind string) bool { return kind != "cpu" && kind != "none" }

// ConfidentlyWrong reports whether a wrong kind or size was said with high
// confidence: the worst that a prober can do. A size is wrong only if its
// interval leaves the truth out as well.
func (t *Trial) ConfidentlyWrong() bool {
	if t.Abstains() || t.Verdict.Confidence != High {
		return false
	}
	if !t.Right() {
		return true
	}
	right, asked := t.SizeRight()
	return asked && !right && !t.covers()
}

// covers reports whether the interval given for the size has some of the truth.
func (t *Trial) covers() bool {
	low, high := t.Verdict.Wall.Low, t.Verdict.Wall.High
	return low != nil && high != nil && *low <= float64(t.Truth.High) && *high >= float64(t.Truth.Low)
}

// weight is the probability that the verdict gives to its own kind.
func (t *Trial) weight() (float64, bool) {
	if t.Verdict == nil {
		return 0, false
	}
	for _, h := range t.Verdict.Hypotheses {
		if h.Kind == t.Verdict.Wall.Kind {
			return h.Weight, true
		}
	}
	return 0, false
}
