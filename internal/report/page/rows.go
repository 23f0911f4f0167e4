package page

import (
	"cmp"
	"slices"

	"github.com/plimsoll-dev/plimsoll/record"
)

// Rows are the rows of a record that charts need beside its trials. The zero
// value is empty. It is not safe for concurrent use.
type Rows struct {
	latency map[int][]*record.Histogram // by trial
	steps   map[int][]*record.Step      // by trial
	gauges  map[gaugeKey]*series
}

// gaugeKey names one gauge. The trials of one overload share their samples,
// which a record may have once for each of them, so gauges are kept by engine.
type gaugeKey struct{ engine, source, name string }

// series are the values of one gauge, in the order of the record.
type series struct{ points []sample }

type sample struct {
	t     int64 // nanoseconds since the run's start
	value float64
}

// Add takes one row; kinds that no chart shows are skipped.
func (r *Rows) Add(row record.Row) {
	switch row := row.(type) {
	case *record.Histogram:
		if row.Metric == record.MetricLatency {
			if r.latency == nil {
				r.latency = map[int][]*record.Histogram{}
			}
			r.latency[row.Trial] = append(r.latency[row.Trial], row)
		}
	case *record.Step:
		if r.steps == nil {
			r.steps = map[int][]*record.Step{}
		}
		r.steps[row.Trial] = append(r.steps[row.Trial], row)
	case *record.Gauge:
		if r.gauges == nil {
			r.gauges = map[gaugeKey]*series{}
		}
		for name, v := range row.Values {
			k := gaugeKey{row.Engine, row.Source, name}
			if r.gauges[k] == nil {
				r.gauges[k] = &series{}
			}
			s := r.gauges[k]
			s.points = append(s.points, sample{row.T, v})
		}
	}
}

// within returns the samples of a stretch of time in order, each moment once.
func (s *series) within(from, to int64) []sample {
	var in []sample
	for _, p := range s.points {
		if p.t >= from && p.t <= to {
			in = append(in, p)
		}
	}
	slices.SortStableFunc(in, func(a, b sample) int { return cmp.Compare(a.t, b.t) })
	return slices.CompactFunc(in, func(a, b sample) bool { return a.t == b.t })
}

// perSecond turns a growing quantity into its growth per second; a fall is a
// new process that counts from zero.
func perSecond(in []sample) []sample {
	var out []sample
	for i := 1; i < len(in); i++ {
		if dt := float64(in[i].t-in[i-1].t) / 1e9; dt > 0 && in[i].value >= in[i-1].value {
			out = append(out, sample{in[i].t, (in[i].value - in[i-1].value) / dt})
		}
	}
	return out
}
