package future

import "fmt"

// An Executor runs functions: on a pool of threads, on an event loop. Execute
// may be called concurrently.
type Executor interface {
	// Execute has f run, once, on any goroutine, before it returns or later. An
	// error says that f will not run (the queue is full, the pool is stopped);
	// the future that f was to produce then fails with a [*RejectedError].
	Execute(f func()) error
}

// An ExecutorFunc is a function that is an [Executor].
type ExecutorFunc func(f func()) error

// Execute calls x.
func (x ExecutorFunc) Execute(f func()) error { return x(f) }

// Direct runs a function where it is handed over, see [Future].
var Direct Executor = direct{}

type direct struct{}

func (direct) Execute(f func()) error {
	f()
	return nil
}

// A RejectedError is the error of a future whose function an executor would
// not run.
type RejectedError struct{ Err error }

func (e *RejectedError) Error() string {
	return fmt.Sprintf("future: rejected by the executor: %v", e.Err)
}

// Unwrap returns the executor's error.
func (e *RejectedError) Unwrap() error { return e.Err }

// A PanicError is the error of a future whose function panicked.
type PanicError struct {
	Value any    // what it panicked with
	Stack []byte // where
}

func (e *PanicError) Error() string { return fmt.Sprintf("future: panic: %v\n\n%s", e.Value, e.Stack) }

// Unwrap returns the value if it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}
