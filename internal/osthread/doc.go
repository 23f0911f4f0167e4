// Package osthread is what engines ask of the operating system's threads: a
// name, a sleep, the CPU time they used, and a [Parker] that makes one wait for
// another. Each function is about the calling thread; lock the goroutine to it
// (runtime.LockOSThread) where that is to mean something.
package osthread
