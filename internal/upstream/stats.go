package upstream

// Stats is a snapshot of a [Server]. Counters grow from its start on.
type Stats struct {
	// ClockNs is when the snapshot was taken: CLOCK_MONOTONIC, nanoseconds.
	ClockNs int64 `json:"clock_ns"`
	// InFlight counts the requests that were received and are not answered:
	// held, or queued for capacity. MaxInFlight is its peak since the last
	// [Server.ResetPeaks].
	InFlight    int `json:"in_flight"`
	MaxInFlight int `json:"max_in_flight"`
	// InFlightSeconds is the integral of InFlight over time. Between two
	// snapshots, its difference over that of the clock is the mean.
	InFlightSeconds float64 `json:"in_flight_seconds"`
	// Requests were received whole and understood; Abandoned are those of them
	// whose client went away before the answer; BadRequests were refused.
	Requests    uint64               `json:"requests"`
	Abandoned   uint64               `json:"abandoned"`
	BadRequests uint64               `json:"bad_requests"`
	ByName      map[string]NameStats `json:"by_name"`
	// Lateness is from when an answer was due until it was written, in
	// microseconds to 1 %, of requests answered since the last
	// [Server.ResetLateness].
	LatenessP50us int64 `json:"lateness_p50_us"`
	LatenessP99us int64 `json:"lateness_p99_us"`
	LatenessMaxUs int64 `json:"lateness_max_us"`
	// Connections are open now. AcceptPauses counts how often descriptors or
	// kernel memory ran out, so that clients had to wait to be accepted.
	Connections  int    `json:"connections"`
	AcceptPauses uint64 `json:"accept_pauses"`
}

// NameStats is a snapshot of the requests of one name; see [Stats].
type NameStats struct {
	InFlight        int     `json:"in_flight"`
	MaxInFlight     int     `json:"max_in_flight"`
	InFlightSeconds float64 `json:"in_flight_seconds"`
	Requests        uint64  `json:"requests"`
	Abandoned       uint64  `json:"abandoned"`
	// Queued are those in flight that wait for capacity.
	Queued int `json:"queued"`
}
