// Package trace records what the threads, loops and carriers of a process did
// in a short stretch of time, and which requests they did it for. It is off
// until [Start]; what may be recorded asks [On] first, which is one atomic
// load:
//
//	if trace.On() {
//		trace.Add(trace.Event{What: trace.Step, …})
//	}
//
// [Take] ends the recording. What is recorded are events that have ended, with
// the time at which they began: so each is whole, also one that began before
// the stretch, and what is dropped for want of room leaves no loose ends.
//
// The recorder is the process's, as the threads are.
package trace
