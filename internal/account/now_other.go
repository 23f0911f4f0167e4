//go:build !linux

package account

import "time"

var start = time.Now()

// Now returns the nanoseconds since the start of the process.
func Now() int64 { return int64(time.Since(start)) }
