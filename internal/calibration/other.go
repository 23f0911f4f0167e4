//go:build !linux

package calibration

import (
	"fmt"
	"runtime"
)

// Bench needs the clocks and threads of Linux.
func Bench() (Bare, error) {
	return Bare{}, fmt.Errorf("calibration: costs are measured on Linux only, and this is %s", runtime.GOOS)
}
