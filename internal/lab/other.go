//go:build !linux

package lab

import (
	"context"
	"fmt"
	"runtime"

	"github.com/plimsoll-dev/plimsoll/internal/calibration"
)

// ChildMain returns: there are no children here.
func ChildMain(NewEngine) {}

// Compare needs the engines, which run on Linux.
func Compare(context.Context, Options) error {
	return fmt.Errorf("lab: engines run on Linux only, and this is %s; `plimsoll report` reads records made there", runtime.GOOS)
}

// Serve needs the engines, which run on Linux.
func Serve(context.Context, ServeOptions) error {
	return fmt.Errorf("lab: engines run on Linux only, and this is %s", runtime.GOOS)
}

// Calibrate needs the engines, which run on Linux.
func Calibrate(context.Context, CalibrateOptions) (*calibration.Measured, error) {
	return nil, fmt.Errorf("lab: engines run on Linux only, and this is %s", runtime.GOOS)
}
