package load

import "github.com/plimsoll-dev/plimsoll/record"

// A Metric is a time of one request.
type Metric uint8

// The metrics.
const (
	Latency   Metric = iota // intended → done
	Service                 // sent → done; of answered requests
	Lag                     // intended → sent; of sent requests
	Connect                 // to open a connection; of the first request on one opened during the run
	FirstByte               // sent → first byte of the response; of answered requests
	NumMetrics
)

var metricNames = [NumMetrics]string{record.MetricLatency, record.MetricService, record.MetricLag, record.MetricConnect, record.MetricFirstByte}

// String returns the metric's key in records.
func (m Metric) String() string { return metricNames[m] }
