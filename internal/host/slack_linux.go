package host

import (
	"fmt"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// WithTimerSlack runs f on a thread whose timers may be that late, and which
// is then as it was. A process that f starts inherits the slack, for all its
// threads (prctl(2), PR_SET_TIMERSLACK). 0 leaves it as it is.
func WithTimerSlack(slack time.Duration, f func() error) error {
	if slack <= 0 {
		return f()
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before, err := unix.PrctlRetInt(unix.PR_GET_TIMERSLACK, 0, 0, 0, 0)
	if err != nil {
		return fmt.Errorf("host: read timer slack: %w", err)
	}
	if err := unix.Prctl(unix.PR_SET_TIMERSLACK, uintptr(slack), 0, 0, 0); err != nil {
		return fmt.Errorf("host: set timer slack: %w", err)
	}
	defer unix.Prctl(unix.PR_SET_TIMERSLACK, uintptr(before), 0, 0, 0)
	return f()
}
