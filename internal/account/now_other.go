//go:build !linux

package account

// offset: elsewhere times count from the start of the process.
const offset = 0
