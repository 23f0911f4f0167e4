package host

import "time"

// CPUTimes are the counters of a machine's CPUs, by number.
type CPUTimes map[int]CPUTime

// A CPUTime is how one CPU spent its time, to the clock tick of 10 ms.
type CPUTime struct {
	Busy  time.Duration // running something, interrupts included
	Idle  time.Duration
	Steal time.Duration // the hypervisor ran something else
}

// A CPUShare is how a CPU spent a stretch of time: shares of it, from 0 to 1,
// that add up to 1 with the idle share. All are 0 if no tick has passed.
type CPUShare struct{ Busy, Steal float64 }

// Since returns each CPU's shares of the time since earlier. CPUs that were not
// there then are left out. Over less than a second the ticks show.
func (t CPUTimes) Since(earlier CPUTimes) map[int]CPUShare {
	shares := map[int]CPUShare{}
	for cpu, now := range t {
		was, ok := earlier[cpu]
		if !ok {
			continue
		}
		// The kernel's idle counters can step back by a tick or two.
		busy, idle, steal := max(0, now.Busy-was.Busy), max(0, now.Idle-was.Idle), max(0, now.Steal-was.Steal)
		var s CPUShare
		if total := float64(busy + idle + steal); total > 0 {
			s = CPUShare{Busy: float64(busy) / total, Steal: float64(steal) / total}
		}
		shares[cpu] = s
	}
	return shares
}
