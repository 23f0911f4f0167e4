//go:build !linux

package work

import (
	"errors"
	"fmt"
	"runtime"
	"time"
)

// threadCPU returns an error: work can be done here, but not measured.
func threadCPU() (time.Duration, error) {
	return 0, fmt.Errorf("a thread's CPU time: not on %s, only on Linux: %w", runtime.GOOS, errors.ErrUnsupported)
}
