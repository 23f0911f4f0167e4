package future

import "context"

// A Promise is the side of a future that produces its result. All methods may
// be called concurrently.
type Promise[T any] struct{ f Future[T] }

// NewPromise returns a promise whose future's continuations run on x; nil is
// [Direct].
func NewPromise[T any](x Executor) *Promise[T] {
	if x == nil {
		x = Direct
	}
	return &Promise[T]{Future[T]{x: x}}
}

// Future returns the promise's future, always the same one.
func (p *Promise[T]) Future() *Future[T] { return &p.f }

// Complete completes the future, with v, or with err if that is not nil. It
// reports whether it was the one that did.
func (p *Promise[T]) Complete(v T, err error) bool { return p.f.settle(v, err) }

// OnCancel has f called once when the future completes with [ErrCanceled], on
// the goroutine that completes it; at once if it has. A panic of f is that
// goroutine's, as a *PanicError, after all that follows from the cancellation
// is done.
func (p *Promise[T]) OnCancel(f func()) {
	p.f.subscribe(func(q *run) {
		if p.f.err == ErrCanceled {
			q.notify(f)
		}
	})
}

// Completed returns a future that is complete with v.
func Completed[T any](v T) *Future[T] {
	return &Future[T]{x: Direct, phase: settled, value: v}
}

// Failed returns a future that has failed with err, which must not be nil.
func Failed[T any](err error) *Future[T] {
	if err == nil {
		panic("future: Failed with a nil error")
	}
	return &Future[T]{x: Direct, phase: settled, err: err}
}

// Supply has f run on x and returns the future of its result, whose
// continuations run on x as well. The context given to f is ctx, ended when the
// future is complete: f is to return when it was cancelled. If it was cancelled
// before x came to it, f does not run.
func Supply[T any](ctx context.Context, x Executor, f func(context.Context) (T, error)) *Future[T] {
	u := NewPromise[T](x).Future()
	ctx, cancel := context.WithCancel(ctx)
	u.subscribe(func(*run) { cancel() })
	var q run
	u.apply(u.x, &q, func(q *run) {
		v, err := f(ctx)
		u.complete(v, err, q)
	})
	q.flush()
	return u
}
