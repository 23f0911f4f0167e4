package model

// A Unit is what a measure is counted in.
type Unit uint8

// The units of measures, each with the number that a bound of one stands for.
const (
	UnitNumber Unit = iota // a plain number
	UnitRate               // requests per second
	UnitTime               // seconds
	UnitShare              // a share: 1 is all
	UnitBytes              // bytes
	UnitWord               // a word of a list, and no number
)

// A Measure is something of a verdict that an [Expectation] can bound.
type Measure struct {
	Name string
	Unit Unit
	// Line, Rate and Past say where it is measured: at the load line, at a rate
	// of [Workload.Rates], and at a multiple of the line, past it.
	Line, Rate, Past bool
	Route            bool // known for each route, too
	Step             bool // known for each step, too
	Help             string
}

// Measures are the measures that exist, in the order in which help lists them.
var Measures = []Measure{
	{Name: "load-line", Unit: UnitRate, Line: true, Help: "the highest rate at which the objective holds"},
	{Name: "wall", Unit: UnitWord, Line: true, Help: "what stops the line there; `not cpu` for any other"},
	{Name: "recovery", Unit: UnitTime, Line: true, Help: "until it answers in time again after twice its line"},
	{Name: "goodput", Unit: UnitShare, Past: true, Help: "answered in time, as a share of what the line carries"},
	{Name: "p50", Unit: UnitTime, Line: true, Rate: true, Route: true, Help: "median latency from the intended time"},
	{Name: "p99", Unit: UnitTime, Line: true, Rate: true, Route: true, Help: "99th percentile of latency from the intended time"},
	{Name: "within", Unit: UnitShare, Line: true, Rate: true, Route: true, Help: "answered within the objective's time"},
	{Name: "errors", Unit: UnitShare, Line: true, Rate: true, Route: true, Help: "failed"},
	{Name: "in-flight", Unit: UnitNumber, Line: true, Rate: true, Help: "requests in flight, mean"},
	{Name: "threads", Unit: UnitNumber, Line: true, Rate: true, Help: "of the server's process, at the end"},
	{Name: "memory", Unit: UnitBytes, Line: true, Rate: true, Help: "resident memory of the server's process, at the end"},
	{Name: "memory-per-request", Unit: UnitBytes, Line: true, Rate: true, Help: "what it grew by since the server was idle, for each request in flight"},
	{Name: "switches", Unit: UnitNumber, Line: true, Rate: true, Help: "context switches per request"},
	{Name: "cpu", Unit: UnitTime, Line: true, Rate: true, Help: "CPU time of the server per request"},
	{Name: "cpu-share", Unit: UnitShare, Line: true, Rate: true, Help: "of the CPUs that the server has, in use"},
	{Name: "stalled", Unit: UnitShare, Line: true, Rate: true, Step: true, Help: "of the time in which a step kept an event loop from its other requests, or pinned a carrier, for longer than the engine's `slow`; summed over loops or carriers"},
}

// MeasureOf returns the measure of that name, or nil.
func MeasureOf(name string) *Measure {
	for i := range Measures {
		if Measures[i].Name == name {
			return &Measures[i]
		}
	}
	return nil
}
