// Package expiry is when a server gives up on a client's connection on which no
// request runs. It is a pure function of time and of what has become of the
// connection; the server goes through its connections with a [Sweep], and closes
// those whose time is up.
//
// Times are nanoseconds on whatever monotonic clock the server has.
package expiry

import (
	"math"
	"time"

	"github.com/plimsoll-dev/plimsoll/engine"
)

// The states of a client's connection say who has it.
const (
	Fresh     uint32 = iota // the server's own thread: no request has come yet
	Idle                    // the server's own thread: no request is here
	Busy                    // what runs requests: one waits for its turn, or has it
	Lingering               // the server's own thread: answered for the last time, reads until the client hangs up
	Gone                    // nobody: closed, or handed to a handler
)

const (
	// LingerTime is how long a connection that was answered for the last time
	// waits for the client to hang up (net/http's rstAvoidanceDelay).
	LingerTime = 500 * time.Millisecond
	// LingerBytes is how much it reads meanwhile.
	LingerBytes = 1 << 20
	// sweepGap bounds how often connections are gone through: the cost of 10,000
	// of them is then at most 1 % of a CPU, and a time-out up to this late.
	sweepGap = 20 * time.Millisecond
)

// never is a time that does not come.
const never = math.MaxInt64

// Rules are how long a server has patience.
type Rules struct {
	first     int64 // for the first byte of a connection
	keepAlive int64 // for that of a next request
	linger    int64 // for a request under way, once the server stops
	stopped   int64 // when it began to stop; 0: it runs
}

// New returns the rules of a server with limits as [engine.Limits.OrDefaults] has
// them, which closes idle connections after keepAlive and began to stop at
// stopped; 0 is without limit, and not yet.
func New(l engine.Limits, keepAlive time.Duration, stopped int64) Rules {
	return Rules{orNever(l.HeaderTimeout), orNever(keepAlive), int64(l.Linger), stopped}
}

func orNever(d time.Duration) int64 {
	if d <= 0 {
		return never / 2 // so that a time can be added
	}
	return int64(d)
}

// At returns when the time of a connection is up that has been in a state since
// then.
func (r Rules) At(state uint32, since int64) int64 {
	switch {
	case state == Lingering:
		return since + int64(LingerTime)
	case state != Idle && state != Fresh:
		return never
	case r.stopped != 0:
		return max(r.stopped, since) + r.linger
	case state == Fresh:
		return since + r.first
	}
	return since + r.keepAlive
}

// A Sweep goes through connections at one moment.
type Sweep struct {
	rules     Rules
	now, next int64
}

// Sweep begins one now.
func (r Rules) Sweep(now int64) Sweep {
	return Sweep{r, now, now + min(r.first, r.keepAlive, int64(LingerTime))}
}

// Over reports whether the time of a connection is up, and otherwise notes when it
// will be.
func (s *Sweep) Over(state uint32, since int64) bool {
	at := s.rules.At(state, since)
	if at > s.now {
		s.next = min(s.next, at)
	}
	return at <= s.now
}

// Next returns when to go through the connections again: when the first of those
// that were left has its time up, or the first that comes from now on could.
func (s *Sweep) Next() int64 { return max(s.next, s.now+int64(sweepGap)) }
