package load

import "fmt"

// An Outcome is how a request ended. Every arrival has exactly one.
type Outcome uint8

// The outcomes. All but OK and Unfinished are failures.
const (
	// OK: answered in full, with a status below 500 other than 429.
	OK Outcome = iota
	// Timeout: the request was sent, and its time passed before the response
	// was complete. Its connection is closed.
	Timeout
	// ConnectTimeout: its time passed before there was a connection to send it
	// on.
	ConnectTimeout
	// Capped: it was due while Config.InFlight requests were open, and was not
	// sent.
	Capped
	// Refused: a connection was refused while it waited for one.
	Refused
	// Reset: the connection was reset before the response was complete.
	Reset
	// Closed: the connection ended before the response was complete.
	Closed
	// Malformed: the response was not HTTP/1.x as RFC 9112 has it.
	Malformed
	// Status: answered with a status of 500 or above, or 429 (Too Many Requests).
	Status
	// Other: anything else; Summary.Errors has the texts.
	Other
	// Unfinished: in flight when the run ended before its time had passed
	// (stopped, cancelled, or Config.Drain shorter than Config.Timeout). Its
	// latency so far is recorded, and is only a lower bound.
	Unfinished
	NumOutcomes
)

var outcomeNames = [NumOutcomes]string{"ok", "timeout", "connect-timeout", "capped", "refused", "reset", "closed", "malformed", "status", "other", "unfinished"}

// String returns the outcome's key in records and JSON.
func (o Outcome) String() string {
	if o < NumOutcomes {
		return outcomeNames[o]
	}
	return fmt.Sprintf("outcome(%d)", uint8(o))
}

// Failed reports whether the outcome is a failure.
func (o Outcome) Failed() bool { return o != OK && o != Unfinished }

// outcomeOf judges a complete response.
func outcomeOf(status int) Outcome {
	if status >= 500 || status == 429 {
		return Status
	}
	return OK
}

// Counts are numbers of requests. Arrivals is the sum of Outcomes, but for
// those in flight in a [Tick].
type Counts struct {
	Arrivals uint64              // due, and taken up
	Sent     uint64              // written to a connection, at least in part
	Within   uint64              // OK, with a latency of at most Config.Within
	Late     uint64              // Unfinished, and already older than Config.Within
	Retried  uint64              // sent again, since a kept connection ended before any byte of the response
	Outcomes [NumOutcomes]uint64 // by outcome
	BytesIn  uint64              // received, heads and framing included
}

// Failed returns the number of failures.
func (c *Counts) Failed() uint64 {
	var n uint64
	for o, k := range c.Outcomes {
		if Outcome(o).Failed() {
			n += k
		}
	}
	return n
}

// Lost returns how many requests certainly missed Config.Within: failures,
// answers that came later, and unfinished ones already older.
func (c *Counts) Lost() uint64 {
	return c.Failed() + c.Outcomes[OK] - c.Within + c.Late
}

// Add adds o to c.
func (c *Counts) Add(o *Counts) {
	c.Arrivals += o.Arrivals
	c.Sent += o.Sent
	c.Within += o.Within
	c.Late += o.Late
	c.Retried += o.Retried
	c.BytesIn += o.BytesIn
	for i := range c.Outcomes {
		c.Outcomes[i] += o.Outcomes[i]
	}
}
