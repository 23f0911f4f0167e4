//go:build amd64 || arm64

package goid

// Current returns the identity of the calling goroutine: the address of the
// runtime's g, which the platform keeps in a register or in thread-local
// storage. A coroutine of iter.Pull is a goroutine of its own.
func Current() Owner
