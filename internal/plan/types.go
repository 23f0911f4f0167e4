package plan

import (
	"github.com/plimsoll-dev/plimsoll/internal/analysis"
	"github.com/plimsoll-dev/plimsoll/model"
)

// Schema names the JSON form of a plan.
const Schema = "plimsoll.plan/1"

// A Plan is how much a service needs, in the form that programs read. Null stands
// for what is not known.
type Plan struct {
	Schema   string       `json:"schema"`
	Kind     string       `json:"kind"`
	Workload string       `json:"workload"`
	SLO      analysis.SLO `json:"slo"`
	Record   string       `json:"record"` // hash of the rows it derives from
	Question
	Seeds      int                `json:"seeds"` // under so many the sizes were searched
	Conclusion string             `json:"conclusion"`
	Engines    []Engine           `json:"engines"`
	Rules      []Rule             `json:"rules"`
	Grids      []Grid             `json:"grids"`
	Partial    bool               `json:"partial"` // the run was interrupted
	Warnings   []analysis.Warning `json:"warnings"`
}

// An Engine is the smallest that holds under one way of handling concurrency.
type Engine struct {
	Engine    string    `json:"engine"`
	Config    string    `json:"config"`    // of each instance, in its text form
	None      *None     `json:"none"`      // why no size holds; null: one does
	Instances *int      `json:"instances"` // equal ones
	Sizes     []Size    `json:"sizes"`
	AtRate    *AtRate   `json:"at_rate"`
	Memory    *int64    `json:"memory_bytes"`  // resident, of all instances
	Cost      *float64  `json:"cost_per_hour"` // of all instances, in the price's currency
	LoadLine  *LoadLine `json:"load_line"`     // of all instances
	Headroom  *float64  `json:"headroom"`      // share by which it lies above the rate that was asked for
	Walls     []Wall    `json:"walls"`         // each limit raised in turn
	WhatIf    []WhatIf  `json:"what_if"`

	base   model.EngineConfig
	sizing *sizing
}

// None says why no size holds.
type None struct {
	Kind model.WallKind `json:"kind"` // what is in the way
	Name string         `json:"name"`
	Text string         `json:"text"`
}

// A Size is one that was searched. Low and High are the smallest and the largest
// that seeds asked for; N holds under all of them.
type Size struct {
	Name string `json:"name"`
	// Option is the engine's that it is; "" if it is a resource of the workload.
	Option string `json:"option"`
	N      int    `json:"n"`
	Low    int    `json:"low"`
	High   int    `json:"high"`
	Now    int    `json:"now"` // what the document, or the option's default, says
}

// AtRate is how the smallest does at the rate that was asked for.
type AtRate struct {
	Within     float64 `json:"within"` // share answered within the SLO's time
	ErrorRatio float64 `json:"error_ratio"`
	Grows      bool    `json:"grows"` // the number in flight does: no time would be enough
	P50MS      float64 `json:"p50_ms"`
	P99MS      float64 `json:"p99_ms"`
	CPUShare   float64 `json:"cpu_share"` // of each instance's CPUs
	InFlight   float64 `json:"in_flight"` // of all instances, mean
	Threads    int     `json:"threads"`   // of all instances
}

// A LoadLine is an interval of requests per second: High is null for "at least
// Low".
type LoadLine = analysis.LoadLine

// A Wall is what stops a configuration, and where.
type Wall struct {
	Kind     model.WallKind `json:"kind"`
	Name     string         `json:"name"`      // of the size, or of the resource
	Limit    *int           `json:"limit"`     // in each instance; of what they share, of all
	LoadLine LoadLine       `json:"load_line"` // of all instances
}

// A WhatIf is what becomes of the smallest if something changes.
type WhatIf struct {
	What  string  `json:"what"` // [WhatSlow], [WhatBurst] or [WhatLost]
	Name  string  `json:"name"` // of what is slow
	Text  string  `json:"text"`
	Holds bool    `json:"holds"`
	After *AtRate `json:"after"` // null: nothing is left to answer
	Needs *Needs  `json:"needs"` // null: it holds, or nothing would
	None  *None   `json:"none"`  // why nothing would
}

// Needs is what would hold instead.
type Needs struct {
	Instances int    `json:"instances"`
	Config    string `json:"config"`
	Sizes     []Size `json:"sizes"`
}
