package account

import (
	"math"
	"time"

	"golang.org/x/sys/unix"
)

// offset is what the Go clock, counted from start, has to be moved by to read
// as CLOCK_MONOTONIC, so that times of several processes of one machine can
// be put side by side. Both are the same clock, read one after the other; the
// closest of a few readings is off by well under a microsecond.
var offset = func() int64 {
	best, width := int64(0), int64(math.MaxInt64)
	for range 8 {
		var ts unix.Timespec
		before := int64(time.Since(start))
		if unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts) != nil {
			return 0
		}
		if w := int64(time.Since(start)) - before; w < width {
			best, width = ts.Nano()-before-w/2, w
		}
	}
	return best
}()
