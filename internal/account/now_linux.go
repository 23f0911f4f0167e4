package account

import "github.com/plimsoll-dev/plimsoll/internal/reactor"

// Now reads CLOCK_MONOTONIC, in nanoseconds. It is the reactor's clock: who
// sleeps until a time on it and looks at the other would wake too early.
func Now() int64 { return reactor.Clock() }
