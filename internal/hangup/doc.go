// Package hangup tells when a client hangs up, whatever the thread is doing
// that serves it: in a system call, or stalled by the very handler that waits
// to be told.
package hangup
