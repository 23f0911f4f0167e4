// Package engines makes an engine of its configuration. It is the one place
// that knows them all: a new engine adds a case here, and its options in
// package model.
package engines
