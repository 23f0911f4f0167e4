// Package plan answers how much a service needs for a rate: how many instances
// of an engine, and of which size its pools, so that the objective holds.
//
// [Make] searches the smallest sizes over trials: it asks a [Trier] what becomes
// of one [Candidate], and never how the answer came about. A [Simulator] has them
// simulated by whoever knows how to, in parallel, and keeps of each candidate the one
// that decided about it; its rows are the record of a plan. A
// [Replay] has them from such a record, so that the plan follows from the record
// alone, by the same code. All candidates are given the same requests (common
// random numbers), so that neighbours compare; every size is searched under
// several seeds, and the interval says how much they differ.
//
// From outside in: plan.go is the order of the questions, and each of sizing.go,
// line.go, walls.go, whatif.go, vary.go and rules.go answers one.
package plan
