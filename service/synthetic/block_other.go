//go:build !linux

package synthetic

import "time"

// block waits. Engines, which decide what that costs, run on Linux only.
func block(d time.Duration) error {
	time.Sleep(d)
	return nil
}
