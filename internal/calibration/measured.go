package calibration

import (
	"time"

	"github.com/plimsoll-dev/plimsoll/internal/host"
	"github.com/plimsoll-dev/plimsoll/internal/work"
	"github.com/plimsoll-dev/plimsoll/sim"
)

// Measured is all that was measured of a machine.
type Measured struct {
	Host   host.Description
	When   time.Time
	Speed  work.Speed
	Rounds [][]Observation
	Memory Memory
	Bare   Bare
}

// Memory is what servers had resident that had done hardly anything, held idle
// connections, held requests, and held requests on a thread each.
type Memory struct{ Little, Connections, Requests, Threads Resident }

// A Resident is a process's memory and what it was used for.
type Resident struct {
	Bytes       int64
	Threads     int
	Connections int
	InFlight    float64 // requests, mean
}

// What servers are put under for it.
const (
	LittleRate      = 200
	ManyConnections = 1500
	WaitingRate     = 2000 // of [Waiting], 600 at a time
	ManyThreads     = "thread:max=800"
)

// costs separates the four: what one server has more than another is for what it
// holds more of. None is negative.
func (m *Memory) costs() sim.Memory {
	share := func(bytes int64, n float64) int64 { return max(0, int64(float64(bytes)/max(1, n))) }
	var c sim.Memory
	c.Process = m.Little.Bytes
	c.Connection = share(m.Connections.Bytes-c.Process, float64(m.Connections.Connections))
	c.Request = share(m.Requests.Bytes-c.Process-int64(m.Requests.Connections)*c.Connection, m.Requests.InFlight)
	held := c.Process + int64(m.Threads.Connections)*c.Connection + int64(m.Threads.InFlight)*c.Request
	c.Thread = share(m.Threads.Bytes-held, float64(m.Threads.Threads))
	return c
}

// Bare is what was measured without an engine: medians, with the range of half of
// the repetitions.
type Bare struct {
	Fiber  Timed // a coroutine is resumed and yields
	Start  Timed // a thread is made
	Switch Timed // a thread wakes another by a pipe and waits for it, on one CPU
	Slice  Timed // a goroutine runs while another waits for its processor

	Quantum     time.Duration // a thread runs on although another waits for its CPU
	QuantumFrom string        // where that is from, in words
}

// A Timed is a time that was measured several times: the quartiles.
type Timed struct {
	Low, Median, High time.Duration
	Times             int
}
