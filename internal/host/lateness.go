package host

import "time"

// Timers says how late timers were: the time between the moment that a sleep
// was to end and the moment that the sleeper ran again.
type Timers struct {
	Ticks         int64
	P50, P99, Max time.Duration
}
