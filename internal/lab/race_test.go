//go:build race

package lab

// raced reports that the race detector makes long arithmetic several times as long.
const raced = true
