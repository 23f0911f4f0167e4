package record

// Second is what became of the requests that were due in one second. It is
// written after the histograms and gauges of that second, so that a second
// whose row is there is complete.
type Second struct {
	Head
	Trial  int                     `json:"trial,omitempty"`
	Engine string                  `json:"engine,omitempty"`
	Second int                     `json:"second"` // of the trial, from 0, by intended time
	Opened uint64                  `json:"opened"` // connections
	Routes map[string]SecondCounts `json:"routes"` // by the route's name
}

// Kind returns "second".
func (Second) Kind() string { return "second" }

// SecondCounts are the requests of one route.
type SecondCounts struct {
	Arrivals uint64            `json:"arrivals"` // due: the sum of Outcomes
	Sent     uint64            `json:"sent"`     // at least in part
	Within   uint64            `json:"within"`   // answered without error within the time asked for
	Late     uint64            `json:"late"`     // unfinished, and already older than that
	Retried  uint64            `json:"retried"`  // sent again, because a kept connection had been closed
	BytesIn  uint64            `json:"bytes_in"` // received, heads and framing included
	Outcomes map[string]uint64 `json:"outcomes"` // ok, unfinished, or the kind of failure
}
