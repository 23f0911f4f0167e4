// Package engine is the contract between a handler and what runs it. An
// [Engine] decides what waiting costs; a handler says what it waits for
// through its [Task], and is otherwise an ordinary http.Handler:
//
//	func checkout(w http.ResponseWriter, r *http.Request) {
//		t := engine.TaskOf(r.Context())
//		err := t.Await("payment", func(t engine.Task) error { … t.Dial … })
//		t.Compute("receipt", func() { … })
//	}
//
// Outside an engine [TaskOf] gives a task that waits as Go waits, so that a
// handler is never tied to Plimsoll. The engines are the packages below this
// one; package enginetest holds them to the contract.
package engine

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"
)

// A Task is a running request (or a branch of one) as its engine knows it.
//
// A task belongs to the goroutine that the engine gave it to. Used from
// another one, the methods that return an error return [ErrForeignGoroutine];
// Compute and Sleep then run as plain Go, outside the engine's accounts.
//
// The function given to a verb gets the task to use inside it: a connection
// from that task's Dial waits as the verb says. op names the step in reports.
type Task interface {
	// Await runs f, whose I/O suspends the task.
	Await(op string, f func(Task) error) error
	// Call runs f, whose I/O is synchronous.
	Call(op string, f func(Task) error) error
	// Compute runs f, which uses the CPU.
	Compute(op string, f func())
	// Block runs f, which may wait in ways that no runtime can suspend.
	Block(op string, f func() error) error
	// Hold waits for one of r's slots the engine's way, runs f, and gives the
	// slot back, also if f panics. [HoldContext] gives up waiting.
	Hold(r *Resource, f func(Task) error) error
	// All runs every f concurrently the engine's way and returns when all have
	// returned: the errors joined, in the order of f.
	All(op string, f ...func(Task) error) error
	// Dial connects. The connection waits as the verb around it says; outside
	// any verb, as in Call.
	Dial(ctx context.Context, network, address string) (net.Conn, error)
	// Sleep suspends the task, as an Await of d would.
	Sleep(d time.Duration)
}

// ErrForeignGoroutine is returned by a task's methods when they are called on
// another goroutine than the one the task belongs to. In a goroutine that a
// handler starts, take the task from [TaskOf]: it waits as Go waits.
var ErrForeignGoroutine = errors.New("engine: task used from a goroutine it does not belong to")

// An Engine serves HTTP in one particular way of handling concurrency.
type Engine interface {
	// Serve serves connections from ln until ctx ends. Then it takes no more
	// connections, answers every request that was received, closes what is
	// idle, and returns nil. It owns ln and closes it. An engine serves once.
	Serve(ctx context.Context, ln net.Listener, h http.Handler) error
	// Stats returns a snapshot. It may be called at any time, on any
	// goroutine.
	Stats() Stats
}
