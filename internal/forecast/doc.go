// Package forecast is to the simulator what package lab is to real engines: it
// takes every engine through warm-up, the workload's rates, search, overload and
// confirmation, in virtual time, and writes the same record. From there on nothing
// knows the difference but by the record's source: package analysis derives the
// same verdict by the same rules.
//
// [Run] does it all; a trial drives one sim.Simulation, sampled as a server would
// be. It builds on every system.
package forecast
