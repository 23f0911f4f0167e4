package record

import "fmt"

// The metrics of a [Histogram]. Each is a time of one request.
const (
	MetricLatency   = "latency"    // intended → done
	MetricService   = "service"    // sent → done
	MetricLag       = "lag"        // intended → sent: the generator's own delay, and the wait for a connection
	MetricConnect   = "connect"    // to open a connection
	MetricFirstByte = "first_byte" // sent → first byte of the response
	MetricDelay     = "delay"      // intended → taken up by the generator, connection or not
)

// WholeTrial is the Second of a [Histogram] that covers its whole trial.
const WholeTrial = -1

// Histogram is a distribution of one metric.
type Histogram struct {
	Head
	Trial  int    `json:"trial,omitempty"`
	Engine string `json:"engine,omitempty"`
	Route  string `json:"route,omitempty"`  // "": all routes
	Status string `json:"status,omitempty"` // "200", …; or what went wrong: "timeout", "reset", …; "": all
	Metric string `json:"metric"`
	Second int    `json:"second"` // of the trial, from 0, by intended time; or [WholeTrial]
	Unit   string `json:"unit"`   // of the values: "us"
	Count  int64  `json:"count"`
	HDR    string `json:"hdr"` // HdrHistogram V2, compressed, base64
}

// Kind returns "histogram".
func (Histogram) Kind() string { return "histogram" }

// Set puts h's content into the row: Unit, Count and HDR.
func (r *Histogram) Set(h *Hist) error {
	s, err := h.Encode()
	if err != nil {
		return err
	}
	r.Unit, r.Count, r.HDR = Microseconds, h.Count(), s
	return nil
}

// Hist returns the row's content. Its errors say what does not fit.
func (r *Histogram) Hist() (*Hist, error) {
	if r.Unit != Microseconds {
		return nil, fmt.Errorf("record: histogram in %q; %s has %q", r.Unit, Format, Microseconds)
	}
	h, err := DecodeHist(r.HDR)
	if err != nil {
		return nil, err
	}
	if h.Count() != r.Count {
		return nil, fmt.Errorf("record: histogram holds %d values where its row says %d", h.Count(), r.Count)
	}
	return h, nil
}
