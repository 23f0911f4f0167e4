package analysis

import (
	"encoding/json"
	"fmt"

	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/record"
)

// Schema names the JSON form of a verdict.
const Schema = "plimsoll.verdict/1"

// A Verdict is what a comparison concludes, in the form that programs read.
// Null stands for what is not known.
type Verdict struct {
	Schema     string          `json:"schema"`
	Kind       string          `json:"kind"`
	Workload   string          `json:"workload"`
	Instances  int             `json:"instances,omitempty"` // of the service, in a simulation of several
	Balancer   string          `json:"balancer,omitempty"`  // that they stand behind
	SLO        SLO             `json:"slo"`
	Record     string          `json:"record"` // hash of the rows it derives from
	Engines    []EngineVerdict `json:"engines"`
	Searched   bool            `json:"searched"` // false: measured at the workload's rates only
	Conclusion string          `json:"conclusion"`
	// Expectations are those of the workload, in its order.
	Expectations []ExpectationVerdict `json:"expectations"`
	Partial      bool                 `json:"partial"` // the run was interrupted
	Warnings     []Warning            `json:"warnings"`
}

// SLO is the service level that the line was searched for.
type SLO struct {
	WithinMS float64 `json:"within_ms"`
	Ratio    float64 `json:"ratio"`
	Errors   float64 `json:"errors"`
}

// An EngineVerdict is load line, wall, cost and evidence of one configuration.
type EngineVerdict struct {
	Name     string         `json:"name"` // the text form; " (2)" after it for a repetition
	Engine   string         `json:"engine"`
	Config   map[string]any `json:"config"`
	LoadLine LoadLine       `json:"load_line"`
	// VersusFirst is the line as a multiple of the first engine's, null where
	// the difference is within noise or either is not known.
	VersusFirst *float64           `json:"versus_first"`
	Wall        Wall               `json:"wall"`
	AtLine      *AtLine            `json:"at_line"`
	Rates       []AtRate           `json:"at_rates"`  // in the workload's order
	Residence   map[string]float64 `json:"residence"` // shares by state at the line
	Goodput     map[string]float64 `json:"goodput"`   // requests/s within the SLO, by multiple of the line's rate
	RecoveryS   *float64           `json:"recovery_s"`
	Predicted   *Predicted         `json:"predicted"` // null where nothing was simulated beside the measurement
	Void        bool               `json:"void"`
	VoidReasons []string           `json:"void_reasons"`
	Warnings    []Warning          `json:"warnings"`
}

// A LoadLine is an interval: Low is the highest rate that passed, High the
// lowest that failed. High is null for "at least Low"; Low is null where nothing
// passed.
type LoadLine struct {
	Rate *float64 `json:"rate"`
	Low  *float64 `json:"low"`
	High *float64 `json:"high"`
}

// A Wall is what stops the line.
type Wall struct {
	Kind        model.WallKind `json:"kind"`
	Name        string         `json:"name"`
	Limit       *float64       `json:"limit"`
	ConfirmedBy *string        `json:"confirmed_by"`
	Evidence    []string       `json:"evidence"`
}

// AtLine is what was measured at the highest rate that passed.
type AtLine struct {
	Rate        float64 `json:"rate"`
	P50MS       float64 `json:"p50_ms"`
	P99MS       float64 `json:"p99_ms"`
	ErrorRatio  float64 `json:"error_ratio"`
	RSSBytes    int64   `json:"rss_bytes"`
	Threads     int     `json:"threads"`
	Switches    float64 `json:"context_switches_per_request"`
	CPUMicros   float64 `json:"cpu_us_per_request"`
	CPUShare    float64 `json:"cpu_share"`    // of the CPUs the server has
	InFlight    float64 `json:"in_flight"`    // mean
	GOMAXPROCS  int     `json:"gomaxprocs"`   // of the server's runtime
	LagP99MS    float64 `json:"lag_p99_ms"`   // sent − intended
	UpstreamMax int     `json:"upstream_max"` // most in flight at the upstreams at once, by their own count
}

// AtRate is what was measured at a rate that the workload names.
type AtRate struct {
	AtLine
	Route     string      `json:"route"`  // the only one that was requested; "": all
	Within    float64     `json:"within"` // share answered within the SLO's time
	Routes    []RouteRate `json:"routes"`
	Disturbed []string    `json:"disturbed"` // what disturbed the measuring
}

// RouteRate is the part of one route in it.
type RouteRate struct {
	Name       string  `json:"name"`
	Within     float64 `json:"within"`
	ErrorRatio float64 `json:"error_ratio"`
	P50MS      float64 `json:"p50_ms"`
	P99MS      float64 `json:"p99_ms"`
}

// A Warning is a doubt that must reach the reader.
type Warning struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

// SameRatio is the ratio of two lines up to which a difference is noise, beyond
// their own intervals: two brackets of the same engine lie this far apart.
const SameRatio = 1.03

// Differ reports whether two lines differ beyond noise, and the ratio of b to
// a. A line that is only known from below differs only if it starts above all
// of the other.
func Differ(a, b LoadLine) (ratio float64, differ bool) {
	if a.Rate == nil || b.Rate == nil || *a.Rate <= 0 {
		return 0, false
	}
	above := func(x, y LoadLine) bool { return x.Low != nil && y.High != nil && *x.Low > *y.High*SameRatio }
	return *b.Rate / *a.Rate, above(a, b) || above(b, a)
}

// VerdictRow puts a verdict into the form in which a record keeps it.
func VerdictRow(v *Verdict) (*record.Verdict, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("analysis: verdict: %w", err)
	}
	return &record.Verdict{JSON: b}, nil
}
