package calibration

import (
	_ "embed"
	"time"

	"github.com/plimsoll-dev/plimsoll/model"
	"github.com/plimsoll-dev/plimsoll/workload"
)

//go:embed workload.yaml
var source []byte

// Document returns the workload that engines are put under.
func Document() *workload.Document {
	w, _, err := workload.Parse("calibration", source)
	if err != nil {
		panic(err) // embedded
	}
	return &workload.Document{Name: "calibration", Source: source, Workload: w}
}

// The routes of the document.
const (
	Plain   = "plain"
	Asking  = "asking"  // waits for two answers
	Waiting = "waiting" // waits for long
)

// A Cell is a load on an engine whose CPU time is measured: of one route, at a
// rate that uses about this share of one CPU.
type Cell struct {
	Engine, Route string
	Use           float64
}

// The engines that are measured: one that switches threads for whatever a request
// waits for, and one that never does. The others are made of the same parts.
const (
	Threads = "thread:max=200"
	Loop    = "loop"
)

// Cells are what is measured in every round. Costs are fitted near saturation,
// where they decide about a load line, and below it, where servers keep falling
// asleep.
func Cells() []Cell {
	var cells []Cell
	for _, c := range []struct {
		route string
		use   float64
	}{{Plain, busy}, {Asking, busy}, {Asking, calm}} {
		for _, e := range []string{Threads, Loop} {
			cells = append(cells, Cell{e, c.route, c.use})
		}
	}
	return cells
}

const (
	busy = 1.15
	calm = 0.35
)

// Rounds are how often each cell is measured, so that a calibration takes forty
// seconds.
const Rounds = 3

// Lead and Window are how long a cell is loaded before it is looked at, and how
// long it is.
const (
	Lead   = 250 * time.Millisecond
	Window = time.Second
)

// Latest is the CPU time of a request in each cell that was observed, in the last
// round that had it.
func Latest(rounds [][]Observation) map[Cell]time.Duration {
	latest := map[Cell]time.Duration{}
	for _, round := range rounds {
		for _, o := range round {
			latest[o.Cell] = o.CPU
		}
	}
	return latest
}

// Rate is what to load a cell with, given the CPU time of a request that was
// measured last, or 0.
func (c Cell) Rate(last time.Duration) float64 {
	if last <= 0 {
		last = c.compute() + usual // a first guess, which the next round corrects
	}
	return min(c.Use/last.Seconds(), most)
}

const (
	// usual is about what engines add to a request's own work.
	usual = 80 * time.Microsecond
	// most is a rate that one CPU's generator and upstream keep up with.
	most = 8000
)

// compute is what a request of the cell's route computes.
func (c Cell) compute() (sum time.Duration) {
	for _, s := range Document().Workload.Route(c.Route).Steps {
		if s.Verb == model.Compute {
			sum += s.Time.Mean()
		}
	}
	return sum
}

// An Observation is what a cell was seen to need.
type Observation struct {
	Cell
	Rate     float64       // requests per second that were sent: of what a busy server answers, others decide, too
	CPU      time.Duration // of the server, for one
	Switches float64       // context switches, for one
	Disturbed
}

// Disturbed says what else ran on the server's CPU meanwhile, as shares of it.
type Disturbed struct{ Others, Steal float64 }

// clear is the share of a CPU that may be taken away without an observation being
// doubted.
const clear = 0.05

func (d Disturbed) doubtful() bool { return d.Others+d.Steal > clear }
