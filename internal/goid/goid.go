// Package goid tells goroutines apart. An engine stores the identity of the
// goroutine that owns a task and compares it with that of whoever uses the
// task; nothing else may be done with an identity.
package goid

// Owner is the identity of at most one goroutine at a time: what [Current]
// returned on it. It is valid while that goroutine lives; the runtime gives
// the identity of a dead one to the next, so an owner must be forgotten before
// its goroutine ends. 0 is nobody.
type Owner = uintptr
