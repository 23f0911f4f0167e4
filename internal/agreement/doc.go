// Package agreement has `plimsoll probe` and `plimsoll compare` look at the same
// services: our own engines, whose walls are known from their configuration.
// What one sees from outside and the other from inside has to be the same wall,
// by the mapping of [github.com/plimsoll-dev/plimsoll/probe.Outside].
//
// It consists of tests. Every run draws its sizes from a seed, which it prints.
package agreement
