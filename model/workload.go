package model

import "time"

// A Workload is one service under one load: what a request does, what stands
// behind it, how requests arrive, and when the result is good enough. Package
// workload reads it from a document and guarantees its invariants: names
// resolve, weights and probabilities are usable, sizes and times positive.
type Workload struct {
	Name      string
	About     string
	Seed      uint64
	Upstreams []Upstream
	Resources []Resource
	Routes    []Route
	Arrivals  Arrivals
	Stages    []Stage       // what `load` follows; `compare` searches its own rates
	Timeout   time.Duration // the client's patience, from the intended time
	InFlight  int           // requests that clients have open at most; an arrival past it is a failure
	SLO       SLO
	Engines   []EngineConfig // the default list of `compare`

	NoSearch bool        // `compare` measures at Rates only, and searches no load line
	Rates    []RateTrial // at which `compare` measures every engine
	Expect   []Expectation
	// Claim is the statement that the expectations are evidence for, and Control
	// a workload in which they, or its own, must be missed: what holds there, too,
	// is no evidence. Either may be empty.
	Claim   string
	Control *Control
}

// A Control is the counter-experiment of a claim.
type Control struct {
	// Same: it differs in what it expects only, so that the workload's own
	// measurement serves it, too.
	Same bool
	Workload
}

// An Upstream is a system behind the service that answers after a latency.
type Upstream struct {
	Name    string
	Latency Dist
}

// A Resource is something of which Size exist: a connection pool, a semaphore,
// or (Monitor) a lock of the language.
type Resource struct {
	Name    string
	Size    int
	Monitor bool
	Shared  bool // by all instances of the service, as a database's limit is; otherwise each has Size of its own
}

// A Route is a kind of request, chosen with probability Weight / sum of weights.
type Route struct {
	Name   string
	Path   string // begins with '/'
	Weight float64
	Steps  []Step
}

// A Step is a node of the tree that a request runs.
type Step struct {
	Verb Verb
	// Op names the step in every report. It defaults to the upstream's or
	// resource's name, or to the verb.
	Op string
	// Upstream is what Await and Call wait for.
	Upstream string
	// Time is CPU work for Compute (at the calibrated speed of one CPU), and
	// wall time for Block.
	Time Dist
	// Resource is what Hold takes one of.
	Resource string
	// Steps run one after another inside Hold.
	Steps []Step
	// Branches run concurrently under Parallel; one of them runs under Choice.
	Branches []Branch
}

// A Branch is one alternative of a Choice or one strand of a Parallel.
type Branch struct {
	P     float64 // Choice only; they add up to 1 within 2e-4, and the last branch has what the others leave
	Steps []Step
}

// An ArrivalKind is a process that requests arrive by.
type ArrivalKind string

// The arrival processes. All are open-loop.
const (
	Poisson  ArrivalKind = "poisson"  // exponential gaps: many independent clients
	Constant ArrivalKind = "constant" // equal gaps
	Bursts   ArrivalKind = "bursts"   // Arrivals.Burst at once, the bursts evenly spaced
)

// Arrivals says how requests arrive at a given rate.
type Arrivals struct {
	Kind  ArrivalKind
	Burst int // requests per burst, for Bursts
}

// A Stage is a stretch of time with one arrival rate, requests per second. If
// To is not 0, the rate moves linearly from Rate to To.
type Stage struct {
	For  time.Duration
	Rate float64
	To   float64
}

// An SLO is what a load must still meet to count as carried.
type SLO struct {
	Within time.Duration // latency from the intended time
	Ratio  float64       // share of requests answered without error within that time
	Errors float64       // share of requests that may fail
}

// Default values of a workload document that says nothing of them.
const (
	DefaultTimeout  = 10 * time.Second
	DefaultInFlight = 10_000
	DefaultSeed     = 1
)

// Route returns the route of that name, or nil.
func (w *Workload) Route(name string) *Route {
	for i := range w.Routes {
		if w.Routes[i].Name == name {
			return &w.Routes[i]
		}
	}
	return nil
}

// Upstream returns the upstream of that name, or nil.
func (w *Workload) Upstream(name string) *Upstream {
	for i := range w.Upstreams {
		if w.Upstreams[i].Name == name {
			return &w.Upstreams[i]
		}
	}
	return nil
}

// Resource returns the resource of that name, or nil.
func (w *Workload) Resource(name string) *Resource {
	for i := range w.Resources {
		if w.Resources[i].Name == name {
			return &w.Resources[i]
		}
	}
	return nil
}
