// Package event is the core of a discrete-event simulation: a queue of events on
// integer time, first-in-first-out queues, levels that keep account of
// themselves, processor sharing, streams of random numbers, and intervals for
// what a run estimates.
//
// A model owns a [Queue], takes the earliest event, acts on it, and schedules
// others. Time is int64 nanoseconds, so that runs are the same on every machine,
// and 292 years long at most. Nothing here allocates once its buffers have grown
// to what the model needs, and nothing is safe for concurrent use.
package event
