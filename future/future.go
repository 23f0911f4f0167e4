package future

import (
	"context"
	"errors"
	"sync"
)

// A Future is a value of type T, or the error in its place, that is there
// once it is complete. All methods, and the functions that take futures, may be
// called concurrently.
//
// # Completion
//
// A future completes once: with a value, with an error, or by being cancelled,
// which is an error, too ([ErrCanceled]). Whoever comes second changes nothing
// and is told so. The value of a future that failed is the zero value.
//
// # Who runs a function, and when
//
// The functions given to Map, Then, Recover and Finally (the continuations of a
// future) are handed to the future's [Executor] once it is complete, each
// exactly once, in the order in which they were registered. A future has the
// executor of its promise, a derived one that of the future it derives from;
// [Future.On] names another.
//
// On [Direct], the usual one, a continuation runs on the goroutine that
// completes the future, before Complete returns there; if the future was
// complete already, on the goroutine that registers it, before that returns.
// (If the former still runs earlier continuations, it runs the late one as
// well, after those: one after the other, in order.) So a continuation that
// takes its time keeps whoever completed the promise from its work, say an
// event loop. Futures that complete as a consequence come after all
// continuations of the one that caused them, breadth first, and take no stack:
// a chain may have any length.
//
// A result that needs no function of the caller's is passed on directly: the
// error of a future through Map and Then, a value through Recover.
//
// # Panics
//
// A panic in a continuation is the error of the future that it was to produce,
// a [*PanicError] with the stack of the panic. The goroutine that it ran on, and
// the other continuations, go on. One that ends its goroutine
// (runtime.Goexit, testing.T.FailNow) fails its future with [ErrGoexit]; other
// continuations run all the same.
//
// # Cancellation
//
// Downstream, cancelling is failing: what was derived from a cancelled future
// fails with ErrCanceled, unless it recovers. Upstream, it is letting go: a
// future that completes lets go of those that it still waited for (the sources
// of one that was cancelled or timed out, the others of an All that failed or an
// Any that succeeded), and a future that was let go by all who wanted its
// result is cancelled itself, up to the promise, whose [Promise.OnCancel]
// tells the producer. So nothing goes on for a result that nobody wants, and
// nothing that somebody else wants ends. Who waits with Done or Get wants the
// result for good.
//
// A continuation of a future that was cancelled before it began does not run.
type Future[T any] struct {
	x Executor

	mu      sync.Mutex // guards what follows; held for a few assignments, never while a function runs
	phase   phase
	value   T
	err     error
	done    chan struct{} // made for the first who asks
	next    []func(*run)  // what is to be done when it is complete, in order
	wanted  int           // those who want the result and have not let go
	sources releaser      // what it waits for; nil if that is its promise, or over
}

type phase uint8

const (
	pending  phase = iota
	settling       // complete; somebody works next off
	settled        // complete, and next is empty
)

// Errors of futures. Compare with errors.Is.
var (
	// ErrPending is returned by [Future.TryGet] while there is no result.
	ErrPending = errors.New("future: not complete yet")
	// ErrCanceled is the error of a future that was cancelled. It wraps
	// [context.Canceled].
	ErrCanceled error = &wrapped{"future: canceled", context.Canceled}
	// ErrTimeout is the error of a future whose time was up. It wraps
	// [context.DeadlineExceeded].
	ErrTimeout error = &wrapped{"future: timed out", context.DeadlineExceeded}
	// ErrGoexit is the error of a future whose function ended its goroutine.
	ErrGoexit = errors.New("future: a function ended its goroutine (runtime.Goexit)")
	// ErrNone is the error of [Any] of no futures.
	ErrNone = errors.New("future: Any of no futures")
	// ErrNilFuture is the error of [Then] if its function returns nil.
	ErrNilFuture = errors.New("future: the function given to Then returned a nil future")
)

type wrapped struct {
	text string
	err  error
}

func (w *wrapped) Error() string { return w.text }
func (w *wrapped) Unwrap() error { return w.err }

// TryGet returns the result if it is there, and otherwise ErrPending.
func (f *Future[T]) TryGet() (T, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.phase == pending {
		var none T
		return none, ErrPending
	}
	return f.value, f.err
}

// Done returns a channel that is closed when the future is complete, before
// its continuations run.
func (f *Future[T]) Done() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.wanted++ // for good
	if f.done == nil {
		f.done = make(chan struct{})
		if f.phase != pending {
			close(f.done)
		}
	}
	return f.done
}

// Get waits for the result, or for ctx to end, and returns its error then. It
// blocks the calling goroutine: what Map and Then are there to avoid.
func (f *Future[T]) Get(ctx context.Context) (T, error) {
	select {
	case <-f.Done():
		return f.TryGet()
	case <-ctx.Done():
	}
	if v, err := f.TryGet(); err != ErrPending {
		return v, err
	}
	var none T
	return none, ctx.Err()
}

// Cancel completes the future with ErrCanceled and lets go of what it waits
// for. It reports whether it was the one that completed it.
func (f *Future[T]) Cancel() bool {
	var none T
	return f.settle(none, ErrCanceled)
}
