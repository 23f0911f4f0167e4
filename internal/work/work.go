// Package work is what `compute` does: an amount of work, and not a spin until
// a deadline. Two hundred threads that each spin for 20 ms are all done after
// 20 ms, however few CPUs there are; work waits for a CPU like any other.
//
// [Calibrate] finds out once how fast this machine is, [Speed.Units] turns a
// time on one CPU into work, and [Do] does it. The work of a run is then the
// same for every engine.
package work

import (
	"math"
	"time"
)

// A unit is unitSteps steps of the mixing function: about 0.1 µs. Changing it,
// or the function, makes calibrations of different versions incomparable.
const unitSteps = 32

// table is 1 kB, which stays in the first-level cache: the work depends neither
// on memory nor on what other threads do to it.
var table = func() (t [128]uint64) {
	var x uint64
	for i := range t { // splitmix64 (Steele, Lea, Flood 2014)
		x += 0x9e3779b97f4a7c15
		z := x
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		t[i] = z ^ z>>31
	}
	return t
}()

// Do does the given number of units of work and returns a number that cannot be
// had without doing it. It shares nothing, allocates nothing, and Go's scheduler
// can interrupt it. The race detector leaves it alone, which would make every
// load of the table cost more the more threads compute.
//
//go:noinline
//go:norace
func Do(units uint64) uint64 {
	x := uint64(0x243f6a8885a308d3) // any odd number; this is π
	for range units {
		for range unitSteps {
			// Each step needs the one before: a load, a multiplication, a shift. A CPU
			// cannot overlap them, so the time does not depend on how wide it is.
			x = (x ^ table[x>>57]) * 0xd1342543de82ef95
			x ^= x >> 32
		}
	}
	return x
}

// A Speed is how fast a CPU works.
type Speed struct {
	UnitsPerMicrosecond float64 // of CPU time
	// Spread is how much that varied: the width of the narrowest range that holds
	// half of the repetitions, relative to it.
	Spread      float64
	Repetitions int
}

// Units returns the work that takes d on one CPU that runs nothing else, to the
// nearest unit, and none for d below zero.
func (s Speed) Units(d time.Duration) uint64 {
	units := math.Round(float64(d) / float64(time.Microsecond) * s.UnitsPerMicrosecond)
	switch {
	case !(units > 0):
		return 0
	case units >= math.MaxUint64:
		return math.MaxUint64
	}
	return uint64(units)
}
