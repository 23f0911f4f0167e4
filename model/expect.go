package model

import "time"

// A RateTrial is a measurement of every engine at one rate.
type RateTrial struct {
	Rate  float64       // requests per second
	For   time.Duration // length of the window
	Route string        // the only one that is requested; "": all, by weight
}

// DefaultRateWindow is how long is measured at a rate where the document does
// not say.
const DefaultRateWindow = 5 * time.Second

// Overloads are the multiples of the load line's rate at which an engine is
// measured past it.
var Overloads = []float64{1.2, 1.5, 2}

// An Expectation is a bound on something that a comparison measures.
type Expectation struct {
	Subject
	// Versus makes the bound one on the ratio of the subject's figure to that of
	// another.
	Versus  *Subject
	At      Point
	Step    string // of a measure that is known by step; "": all of them
	Measure string // its name
	Bound   Bound
}

// A Subject is what is measured: an engine, and of its requests those of one
// route.
type Subject struct {
	Engine EngineConfig
	Route  string // "": all
}

// A Point is where something is measured; the zero Point is at the load line.
type Point struct {
	Rate   float64 // a rate of [Workload.Rates]
	Factor float64 // or a multiple of the line, one of [Overloads]
}

// A Bound is what a figure has to keep to.
type Bound struct {
	Most  bool    // at most Value; otherwise at least
	Value float64 // in the measure's unit; a ratio, with [Expectation.Versus]
	// Words are, for a measure whose values are words, those it may be; with
	// Not, those it may not.
	Words []string
	Not   bool
}
