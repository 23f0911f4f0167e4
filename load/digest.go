package load

import (
	"time"

	"github.com/plimsoll-dev/plimsoll/record"
)

// A Digest is a summary as JSON for programs. Times are in milliseconds.
type Digest struct {
	Schema  string    `json:"schema"` // [DigestSchema]
	Target  string    `json:"target"`
	Address string    `json:"address"`
	Started time.Time `json:"started"`
	End     End       `json:"end"`
	Record  string    `json:"record,omitempty"` // hash of the record that it was derived from

	Asked    float64 `json:"asked_rate"`    // arrivals per second
	Answered float64 `json:"answered_rate"` // answered OK, per second
	Offered  float64 `json:"offered_s"`
	Elapsed  float64 `json:"elapsed_s"`

	Arrivals   uint64            `json:"arrivals"`
	Sent       uint64            `json:"sent"`
	OK         uint64            `json:"ok"`
	WithinMS   *float64          `json:"within_ms"` // null where no time was asked for
	Within     *uint64           `json:"within"`
	Failed     uint64            `json:"failed"`
	Failures   map[string]uint64 `json:"failures"` // by outcome, those that happened
	Unfinished uint64            `json:"unfinished"`
	Statuses   map[string]int64  `json:"statuses"`
	Retried    uint64            `json:"retried"`
	Opened     uint64            `json:"connections_opened"`
	InFlight   int               `json:"in_flight_max"`

	Latency   Quantiles `json:"latency_ms"`
	Service   Quantiles `json:"service_ms"`
	Lag       Quantiles `json:"lag_ms"`
	Connect   Quantiles `json:"connect_ms"`
	FirstByte Quantiles `json:"first_byte_ms"`
	Delay     Quantiles `json:"generator_delay_ms"`

	Warnings []Warning `json:"warnings"`
}

// DigestSchema names the form of a [Digest].
const DigestSchema = "plimsoll.load/1"

// Quantiles of a distribution, null where too few values tell (see [known]).
type Quantiles struct {
	Count int64    `json:"count"`
	P50   *float64 `json:"p50"`
	P90   *float64 `json:"p90"`
	P99   *float64 `json:"p99"`
	P999  *float64 `json:"p99_9"`
	Max   *float64 `json:"max"`
}

// known reports whether n values tell a quantile: at least five are above it.
// With fewer, the interval in which it lies is mostly open at its upper end.
func known(n int64, p float64) bool { return float64(n)*(1-p) >= 5-1e-9 }

func quantiles(h *record.Hist) Quantiles {
	at := func(p float64) *float64 {
		if !known(h.Count(), p) {
			return nil
		}
		return millis(h.Quantile(p))
	}
	q := Quantiles{Count: h.Count(), P50: at(0.5), P90: at(0.9), P99: at(0.99), P999: at(0.999)}
	if h.Count() > 0 {
		q.Max = millis(h.Max())
	}
	return q
}

func millis(d time.Duration) *float64 {
	ms := float64(d) / float64(time.Millisecond)
	return &ms
}

// Digest returns the summary in its form for programs. within is the time that
// was asked for with [Config.Within], or 0.
func (s *Summary) Digest(within time.Duration) Digest {
	d := Digest{
		Schema: DigestSchema, Target: s.Target, Address: s.Address, Started: s.Start, End: s.End,
		Asked: s.Asked(), Answered: s.Answered(), Offered: s.Offered.Seconds(), Elapsed: s.Elapsed.Seconds(),
		Arrivals: s.Arrivals, Sent: s.Sent, OK: s.Outcomes[OK], Failed: s.Failed(), Unfinished: s.Outcomes[Unfinished],
		Failures: map[string]uint64{}, Statuses: s.statuses(), Retried: s.Retried, Opened: s.Opened, InFlight: s.mostInFlight(),
		Latency: quantiles(s.Latency), Service: quantiles(s.Service), Lag: quantiles(s.Lag),
		Connect: quantiles(s.Connect), FirstByte: quantiles(s.FirstByte), Delay: quantiles(s.Delay),
		Warnings: append([]Warning{}, s.Warnings...),
	}
	if within > 0 {
		d.WithinMS, d.Within = millis(within), &s.Within
	}
	for o, n := range s.Outcomes {
		if n > 0 && Outcome(o).Failed() {
			d.Failures[Outcome(o).String()] = n
		}
	}
	return d
}

// statuses counts answers by status.
func (s *Summary) statuses() map[string]int64 {
	n := map[string]int64{}
	for _, h := range s.Hists {
		if h.Metric == Latency && h.Code != 0 {
			n[h.Status()] += h.Count()
		}
	}
	return n
}

func (s *Summary) mostInFlight() int {
	most := 0
	for _, x := range s.InFlight {
		most = max(most, x.InFlight)
	}
	return most
}
