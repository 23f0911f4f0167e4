// Package model is the vocabulary that everything shares: the verbs a request
// is made of, the workload they form, the engine configurations it runs under,
// and the walls it hits. It holds data, its defaults and its text forms, and
// imports nothing of this module: documents become a [Workload] in package
// workload, engines and the simulator read it, reports print its names.
package model

import "fmt"

// A Verb is what a step of a request does. The engine decides who pays for it.
type Verb uint8

// The verbs. Parallel and Choice structure a request; the others spend time.
const (
	Await    Verb = iota + 1 // wait for I/O by an explicit suspension
	Call                     // wait for I/O synchronously, on the runtime's own sockets
	Compute                  // use the CPU: a calibrated amount of work
	Block                    // wait inside something opaque that no runtime can suspend
	Hold                     // have one of N of something while inner steps run
	Parallel                 // start several branches now, collect them later
	Choice                   // run one of several branches, by probability
)

var verbNames = [...]string{Await: "await", Call: "call", Compute: "compute", Block: "block", Hold: "hold", Parallel: "parallel", Choice: "choice"}

// String returns the verb's key in a workload document.
func (v Verb) String() string {
	if int(v) < len(verbNames) && verbNames[v] != "" {
		return verbNames[v]
	}
	return fmt.Sprintf("verb(%d)", uint8(v))
}

// A State is where a request spends its residence time. At any moment a
// request is in exactly one state.
type State uint8

// The states of a request between its first byte read and its last byte written.
const (
	Queued   State = iota // received, and nobody works on it yet
	Holding               // waiting for a slot of a resource
	Runnable              // could run, but has no CPU (or carrier, or loop)
	OnCPU                 // running
	Awaiting              // inside await
	Calling               // inside call
	Blocked               // inside block
	NumStates
)

var stateNames = [NumStates]string{"queued", "holding", "runnable", "cpu", "await", "call", "block"}

// String returns the state's key in records and verdicts.
func (s State) String() string {
	if s < NumStates {
		return stateNames[s]
	}
	return fmt.Sprintf("state(%d)", uint8(s))
}
