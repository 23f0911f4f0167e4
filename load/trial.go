package load

import (
	"github.com/plimsoll-dev/plimsoll/record"
)

// trial returns the run as the trial row of its record: the sums that a trial
// of a comparison has too.
func (s *Summary) trial(cfg *Config) *record.Trial {
	row := &record.Trial{
		ID: theTrial, Purpose: record.PurposeLoad, Rate: cfg.rate(), Seconds: s.Offered.Seconds(), Horizon: cfg.Length().Seconds(),
		Load: record.TrialLoad{
			Arrivals: int64(s.Arrivals), Within: int64(s.Within), Retried: int64(s.Retried),
			Late:     int64(s.Outcomes[OK] - s.Within + s.Outcomes[Unfinished]),
			Failures: map[string]int64{}, Goodput: []float64{},
			P50us: s.Latency.Quantile(0.5).Microseconds(), P90us: s.Latency.Quantile(0.9).Microseconds(),
			P99us: s.Latency.Quantile(0.99).Microseconds(), MaxUs: s.Latency.Max().Microseconds(),
			ServiceUs: s.Service.Mean().Microseconds(),
			LagP99us:  s.Lag.Quantile(0.99).Microseconds(), LagMaxUs: s.Lag.Max().Microseconds(),
			InFlight: s.meanInFlight(),
		},
	}
	for o, n := range s.Outcomes {
		if n > 0 && Outcome(o).Failed() {
			row.Load.Failures[Outcome(o).String()] = int64(n)
		}
	}
	return row
}

// rate is the mean of the stages' arrival rates; a closed loop has none.
func (c *Config) rate() float64 {
	var arrivals float64
	for _, s := range c.Stages {
		mean := s.Rate
		if s.To != 0 {
			mean = (s.Rate + s.To) / 2
		}
		arrivals += mean * s.For.Seconds()
	}
	if d := c.Length(); c.Closed == 0 && d > 0 {
		return arrivals / d.Seconds()
	}
	return 0
}

// meanInFlight is over the time in which requests were due.
func (s *Summary) meanInFlight() float64 {
	var sum, n float64
	for _, x := range s.InFlight {
		if x.At < s.Offered {
			sum += float64(x.InFlight)
			n++
		}
	}
	return sum / max(1, n)
}
