package host

import "time"

// CPUTimes are the counters of a machine's CPUs, by number.
type CPUTimes map[int]CPUTime

// A CPUTime is how one CPU spent its time, to the clock tick of 10 ms. The rest
// it was idle.
type CPUTime struct {
	Busy  time.Duration // running something, interrupts included
	Steal time.Duration // the hypervisor ran something else
}
