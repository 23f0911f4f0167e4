package record

// Why a trial was run.
const (
	PurposeWarmUp   = "warm-up"  // until the service is steady; also gives the first guess
	PurposeSearch   = "search"   // to find the load line
	PurposeOverload = "overload" // past the line, at Factor times its rate
	PurposeRecovery = "recovery" // below the line again, right after an overload
	PurposeConfirm  = "confirm"  // with one limit changed, as Variant says
	PurposeRate     = "rate"     // at a rate of the workload's rates
	PurposeLoad     = "load"     // a run of `plimsoll load`: as it was asked for, and the only one
	PurposePlan     = "plan"     // of a candidate that `plimsoll plan` had tried
)

// What a trial showed.
const (
	Passed = "pass"
	Failed = "fail"
	Voided = "void" // it failed, and so did the measuring
)

// Trial is one stretch of load at one rate on one engine. Its sums cover the
// requests that were due in its window, which begins after a lead-in.
type Trial struct {
	Head           // when its first request was due
	ID      int    `json:"id"`                // from 1, unique in the record
	Engine  string `json:"engine"`            // as the meta row lists it
	Variant string `json:"variant,omitempty"` // what was changed to confirm a wall: "max=400"
	Purpose string `json:"purpose"`
	Route   string `json:"route,omitempty"` // the only one that was requested; "": all, by weight

	Rate      float64 `json:"rate"`                // intended arrivals per second
	Factor    float64 `json:"factor,omitempty"`    // of the load line's rate, for overload and recovery
	Total     float64 `json:"total,omitempty"`     // of all instances of a plan, of which Rate is the share of one
	Instances int     `json:"instances,omitempty"` // of a plan: how many were simulated in place of all, and had Load's arrivals together
	LeadIn    float64 `json:"lead_in"`             // seconds before the window
	Seconds   float64 `json:"seconds"`             // length of the window
	Horizon   float64 `json:"horizon"`             // length that was planned; a lost SLO ends a trial early

	Load     TrialLoad     `json:"load"`
	Server   TrialServer   `json:"server"`
	Upstream TrialUpstream `json:"upstream"`
	Machine  TrialMachine  `json:"machine"`
	Drift    Drift         `json:"drift"`

	Outcome  string   `json:"outcome,omitempty"`  // pass, fail or void; "" where nothing was judged
	Doubtful bool     `json:"doubtful,omitempty"` // so close that a repetition may differ
	Reasons  []string `json:"reasons,omitempty"`  // of a fail or a void
}

// Kind returns "trial".
func (Trial) Kind() string { return "trial" }

// TrialLoad is what the clients saw.
type TrialLoad struct {
	Arrivals  int64            `json:"arrivals"`              // due in the window
	Within    int64            `json:"within"`                // answered without error within the SLO's time
	Late      int64            `json:"late"`                  // answered without error, but later or not before the trial ended
	Failures  map[string]int64 `json:"failures,omitempty"`    // by kind: timeout, capped, refused, reset, …, unfinished
	Recovered *float64         `json:"recovered_s,omitempty"` // in a recovery: after which a second's requests were answered in time again; absent: not seen
	Goodput   []float64        `json:"goodput"`               // within, per second of the window, by the time they were done
	P50us     int64            `json:"p50_us"`                // latency from the intended time, answered requests
	P90us     int64            `json:"p90_us"`
	P99us     int64            `json:"p99_us"`
	MaxUs     int64            `json:"max_us"`
	ServiceUs int64            `json:"service_us"` // mean from sent to done
	LagP99us  int64            `json:"lag_p99_us"` // sent − intended, the wait for a connection included
	LagMaxUs  int64            `json:"lag_max_us"`
	DelayP99  int64            `json:"delay_p99_us"` // the generator's own part of it
	Retried   int64            `json:"retried"`      // on another connection, because a kept one had been closed; in a simulation, by clients that retry
	InFlight  float64          `json:"in_flight"`    // mean
	Routes    []TrialRoute     `json:"routes,omitempty"`
}

// TrialRoute is what the clients of one route saw, requests by when they were due.
type TrialRoute struct {
	Name     string `json:"name"`
	Arrivals int64  `json:"arrivals"`
	Within   int64  `json:"within"`
	Failed   int64  `json:"failed"` // of any kind
	P50us    int64  `json:"p50_us"` // latency from the intended time, answered requests
	P99us    int64  `json:"p99_us"`
}

// TrialServer is what the service's process did in the window. With several
// instances, pool, busy, queued, connections, workers, loops and resources that are
// not shared are those of an average one, and all else is the sum.
type TrialServer struct {
	Instances   int                `json:"instances,omitempty"` // absent: one
	CPUSeconds  float64            `json:"cpu_seconds"`         // user and system
	CPUs        int                `json:"cpus"`                // it may use, or they
	Available   float64            `json:"available_s"`         // CPU seconds that it had: used, or idle on its CPUs; 0: not known
	RSS         int64              `json:"rss_bytes"`           // at the end
	RSSIdle     int64              `json:"rss_idle_bytes"`      // before it was sent anything; 0: not known
	Threads     int                `json:"threads"`             // of the process, at the end
	Switches    int64              `json:"switches"`            // context switches, voluntary and not
	GOMAXPROCS  int                `json:"gomaxprocs"`          // of its runtime
	Requests    int64              `json:"requests"`            // begun
	Responses   int64              `json:"responses"`           // finished
	Rejected    int64              `json:"rejected"`            // because a queue was full
	Panics      int64              `json:"panics"`              // of handlers
	Pool        int                `json:"pool"`                // threads that can serve a request: the most seen
	Busy        float64            `json:"busy"`                // of them, mean
	BusyShare   float64            `json:"busy_share"`          // of the samples in which all were busy
	Queued      float64            `json:"queued"`              // requests waiting for one, mean
	QueuedMax   int                `json:"queued_max"`          // most seen
	Connections int                `json:"connections"`         // open, most seen
	Residence   map[string]float64 `json:"residence_s"`         // seconds by state, summed over the requests that ended
	Resources   []TrialResource    `json:"resources"`           // of the workload
	BlockedRead int                `json:"blocked_read"`        // threads in a blocking read by the kernel's account, the most seen
	Workers     []TrialWorkers     `json:"workers,omitempty"`
	Loops       []TrialLoop        `json:"loops,omitempty"`
	Stalls      []TrialStall       `json:"stalls,omitempty"`
	Deadlocks   []TrialDeadlock    `json:"deadlocks,omitempty"` // found before the window's end
	Circle      []string           `json:"circle,omitempty"`    // likewise: resources every slot of which is held by a request that waits for one of another of them
}

// TrialWorkers is what an engine's set of workers did in the window: carriers,
// executor, cpu-workers or blocking-workers.
type TrialWorkers struct {
	Name      string  `json:"name"`
	Size      int     `json:"size"`       // workers there may be
	Threads   int     `json:"threads"`    // workers there were, the most seen
	Busy      float64 `json:"busy"`       // mean
	Pinned    float64 `json:"pinned"`     // of the busy, pinned by something that waits, mean
	Queued    float64 `json:"queued"`     // tasks that wait for a worker, mean
	QueuedMax int     `json:"queued_max"` // the most seen
	Done      int64   `json:"done"`       // tasks
	Rejected  int64   `json:"rejected"`   // tasks, because the queue was full
	Mounts    int64   `json:"mounts,omitempty"`
	Remounts  int64   `json:"remounts,omitempty"` // on another carrier than before
	Pins      int64   `json:"pins,omitempty"`
}

// TrialLoop is what an event loop did in the window.
type TrialLoop struct {
	Utilisation float64 `json:"utilisation"`   // share of the time in which it did not wait for events
	Stalled     float64 `json:"stalled_share"` // share of the time spent inside calls, computations and blocking steps
	LagMs       float64 `json:"lag_ms"`        // mean time that an event arriving at a random moment waits for the loop
}

// TrialStall is a step that kept a loop from its other requests, or pinned a
// carrier, for longer than the engine's threshold.
type TrialStall struct {
	Op      string  `json:"op"`
	Verb    string  `json:"verb"`
	Count   int64   `json:"count"`
	Seconds float64 `json:"seconds"` // of those
	MaxMs   float64 `json:"max_ms"`  // the longest since the process began
}

// TrialDeadlock is that every carrier was pinned by a virtual thread that waited
// for another one, and that one for a carrier: none of them ever went on.
type TrialDeadlock struct {
	At     int64         `json:"at"`     // when it was found, nanoseconds since the run's start
	Waits  []TrialPinned `json:"waits"`  // what pinned the carriers
	Queued int           `json:"queued"` // virtual threads that were ready, and had no carrier
}

// TrialPinned is what pinned some carriers in a deadlock.
type TrialPinned struct {
	Op       string `json:"op"`
	Verb     string `json:"verb"`
	Resource string `json:"resource,omitempty"` // of which a slot was waited for
	Carriers int    `json:"carriers"`           // how many
}

// TrialResource is what happened to a resource in the window.
type TrialResource struct {
	Name      string  `json:"name"`
	Size      int     `json:"size"`
	InUse     float64 `json:"in_use"`     // mean
	FullShare float64 `json:"full_share"` // of the samples in which every slot was taken
	Waiting   float64 `json:"waiting"`    // requests waiting for a slot, mean
}

// TrialUpstream is what the stand-in upstreams did in the window.
type TrialUpstream struct {
	Requests      int64   `json:"requests"`
	InFlight      float64 `json:"in_flight"`       // mean
	InFlightMax   int     `json:"in_flight_max"`   // most at once
	Waiting       float64 `json:"waiting"`         // of them for the upstream's own capacity, mean
	LatenessP99us int64   `json:"lateness_p99_us"` // of its answers
	LatenessMaxUs int64   `json:"lateness_max_us"`
}

// TrialMachine is what the machine did to the measuring in the window.
type TrialMachine struct {
	StealShare   float64 `json:"steal_share"`    // of the CPUs' time, taken by the hypervisor
	OthersShare  float64 `json:"others_share"`   // of the server's CPUs, used by processes that are not ours
	LoadCPUShare float64 `json:"load_cpu_share"` // of one CPU, used by the generator
}

// Drift is the test whether the number in flight grew over the window.
type Drift struct {
	PerSecond float64 `json:"per_second"` // growth of the number in flight
	Noise     float64 `json:"noise"`      // growth that counts as chance
	Drifts    bool    `json:"drifts"`
}
