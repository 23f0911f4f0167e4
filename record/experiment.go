package record

// What an [Experiment] does.
const (
	ExperimentBaseline = "baseline" // one request after the other
	ExperimentWave     = "wave"     // so many at once, and a few canaries while they are in flight
	ExperimentIdle     = "idle"     // so many connections that ask for nothing, and a few canaries
	ExperimentSustain  = "sustain"  // so many in flight for some seconds: each answer is followed by a request
	ExperimentSettle   = "settle"   // is the service free again?
)

// The routes of a [Request] of an experiment.
const (
	RouteHeavy  = "heavy"
	RouteCanary = "canary"
)

// Experiment is one experiment that `plimsoll probe` made. It is written after
// its requests, whose Trial is its ID; T is when it began.
type Experiment struct {
	Head
	ID       int    `json:"id"`   // from 1, unique in the record
	What     string `json:"what"` // an Experiment constant
	Why      string `json:"why"`  // what it was to find out, for people
	Count    int    `json:"count"`
	Canaries int    `json:"canaries,omitempty"` // asked for on fresh connections
	Kept     bool   `json:"kept,omitempty"`     // and one on a connection opened before
	Served   bool   `json:"served,omitempty"`   // idle connections had one answer each before they fell silent
	Opened   bool   `json:"opened,omitempty"`   // all connections were opened before the first request was sent
	Millis   int    `json:"millis,omitempty"`   // what stood for {ms}
	Spacing  int64  `json:"spacing,omitempty"`  // nanoseconds between connections, or requests
	Pause    int64  `json:"pause,omitempty"`    // nanoseconds before it in which nothing was asked for
	Seconds  int    `json:"seconds,omitempty"`  // of a sustain
	End      int64  `json:"end"`                // nanoseconds since the run's start
	Late     int64  `json:"late"`               // the latest that a timer of the prober was, nanoseconds

	Disturbed string `json:"disturbed,omitempty"` // why it is not to be relied on
}

// Kind returns "experiment".
func (Experiment) Kind() string { return "experiment" }
