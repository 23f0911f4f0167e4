package record

// Costs are what a simulation was given as the costs of an engine's work. Times
// are CPU time; what they mean is in package sim.
type Costs struct {
	Head
	Machine string           `json:"machine"` // in words
	Nanos   map[string]int64 `json:"nanos"`   // by the cost's name in a file of costs
	Low     map[string]int64 `json:"low"`     // of the fitted ones, the least over the rounds of measuring
	High    map[string]int64 `json:"high"`    // and the most
	Bytes   map[string]int64 `json:"bytes"`   // of memory
	Loads   []CostsLoad      `json:"loads"`   // that the costs were fitted to
	Speed   float64          `json:"speed"`   // of compute, as a multiple of the documents'
}

// A CostsLoad is a load on a real engine that costs were fitted to.
type CostsLoad struct {
	Engine    string  `json:"engine"`
	Route     string  `json:"route"` // of the calibration's workload
	Rate      float64 `json:"rate"`  // requests per second that were sent
	CPUus     float64 `json:"cpu_us"`
	Simulated float64 `json:"simulated_us"` // with the costs that were fitted
}

// Kind returns "costs".
func (Costs) Kind() string { return "costs" }

// Prediction is what a simulation says of an engine that the record's run
// measures. It has no part in what is concluded from the measurement.
type Prediction struct {
	Head
	Engine    string  `json:"engine"`              // as the meta row lists it
	Low       float64 `json:"low"`                 // the highest rate that passed; 0: none did
	High      float64 `json:"high"`                // the lowest that failed; 0: none did
	Wall      string  `json:"wall"`                // its kind
	WallName  string  `json:"wall_name,omitempty"` // of a resource or a kind of worker
	WallLimit float64 `json:"wall_limit,omitempty"`
	CPUus     float64 `json:"cpu_us"`    // CPU time of a request at the highest rate that passed, microseconds
	P50us     float64 `json:"p50_us"`    // there
	P99us     float64 `json:"p99_us"`    // there
	RSS       int64   `json:"rss_bytes"` // there
}

// Kind returns "prediction".
func (Prediction) Kind() string { return "prediction" }
